package page

import (
	"sync"
	"weak"

	"golang.org/x/net/html"
)

// A parsed tree weighs ten times its text, and a diagnosis keeps every page it
// has read. So a page holds its tree weakly: whoever looks at it keeps it for
// that long, the collector takes it afterwards, and the next one to look has the
// text parsed anew, with the same outcome.
type tree struct {
	mu   sync.Mutex
	root weak.Pointer[html.Node]
}

// HTML says that the answer was read as a document, so that there is a Tree.
func (p *Page) HTML() bool { return p.tree != nil }

// Tree is the parsed body as the server sent it; nil for answers that are not
// HTML. It must not be changed. Two calls give the same nodes as long as the
// outcome of the first is still held.
func (p *Page) Tree() *html.Node {
	if p.tree == nil {
		return nil
	}
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	if root := p.tree.root.Value(); root != nil {
		return root
	}
	root, _ := parseHTML(p.Text)
	p.tree.root = weak.Make(root)
	return root
}

// spot is where an element stands: in its page's tree, or in a piece of HTML
// that stood as text inside the page.
type spot struct {
	node *html.Node // while the page is read, and of such a piece
	nth  int        // from 1, in the order of the page's tree; 0: of a piece
}

// Node is the element behind the form: its form element, or the first control
// of those that stand without one. It is nil for a form that only the rendered
// page has. It is a node of Page.Tree: who compares the two holds the tree first.
func (f *Form) Node() *html.Node {
	if f.at.nth == 0 {
		return f.at.node
	}
	nth := 0
	for n := range f.Page.Tree().Descendants() {
		if nth++; nth == f.at.nth {
			return n
		}
	}
	return nil
}

// settle lets go of the tree that p was read from: forms remember their places in it.
func (p *Page) settle(root *html.Node) {
	if len(p.Forms) > 0 {
		at := map[*html.Node]*Form{}
		for _, f := range p.Forms {
			at[f.at.node] = f
		}
		nth := 0
		for n := range root.Descendants() {
			nth++
			if f := at[n]; f != nil {
				f.at = spot{nth: nth}
			}
		}
	}
	p.tree.mu.Lock()
	defer p.tree.mu.Unlock()
	p.tree.root = weak.Make(root)
}
