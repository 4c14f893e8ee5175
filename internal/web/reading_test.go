package web

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
)

var reading = flag.String("reading", "", "write what a screen reader says of each page into this folder")

// worked are the roles that somebody operates: each needs a name.
var worked = []string{"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "spinbutton", "slider", "switch", "tab", "menuitem", "DisclosureTriangle", "Date", "InputTime", "DateTime"}

// spoken is what the accessibility tree of a page says, a line each, in the
// order in which a screen reader reads it, and what is wrong with it.
type spoken struct {
	nodes map[accessibility.NodeID]*accessibility.Node
	lines []string
	wrong []string
	level int // of the last heading
	marks map[string]int
}

func text(v *accessibility.Value) string {
	if v == nil || v.Value == nil {
		return ""
	}
	var s any
	if json.Unmarshal([]byte(v.Value), &s) != nil || s == nil {
		return ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(s)), " ")
}

func (s *spoken) say(n *accessibility.Node, depth int, within []string) {
	role, name := text(n.Role), text(n.Name)
	if !n.Ignored {
		more := ""
		for _, p := range n.Properties {
			switch v := text(p.Value); p.Name {
			case "level", "invalid", "required", "checked", "expanded", "disabled":
				if v != "false" {
					more += " " + string(p.Name) + "=" + v
				}
				if p.Name == "level" && role == "heading" {
					s.heading(v, name, within)
				}
			}
		}
		for what, v := range map[string]string{"value": text(n.Value), "description": text(n.Description)} {
			if v != "" && v != name {
				more += fmt.Sprintf(" %s=%q", what, v)
			}
		}
		switch role {
		case "banner", "main", "contentinfo":
			s.marks[role]++
		case "navigation", "region", "form":
			key := role + " " + name
			if s.marks[key]++; s.marks[key] > 1 && role != "form" {
				s.wrong = append(s.wrong, "two places are called "+key)
			}
		case "table":
			if name == "" {
				name = "（" + s.before() + "）"
			}
		}
		if slices.Contains(worked, role) && name == "" {
			s.wrong = append(s.wrong, fmt.Sprintf("a %s without a name after %q", role, s.before()))
		}
		if role != "none" && role != "generic" && role != "InlineTextBox" && role != "LineBreak" && (role != "StaticText" || !slices.Contains(within, name)) {
			s.lines = append(s.lines, strings.Repeat("  ", depth)+strings.TrimSpace(role+" "+name+more))
			depth++
		}
		within = append(slices.Clone(within), name, role)
	}
	for _, id := range n.ChildIDs {
		if c := s.nodes[id]; c != nil {
			s.say(c, depth, within)
		}
	}
}

func (s *spoken) heading(level, name string, within []string) {
	n := int(level[0] - '0')
	switch {
	case !slices.Contains(within, "main"):
	case s.level == 0 && n != 1:
		s.wrong = append(s.wrong, fmt.Sprintf("the first heading of the page is %q, of level %d", name, n))
	case n > s.level+1:
		s.wrong = append(s.wrong, fmt.Sprintf("%q is a heading of level %d below one of level %d", name, n, s.level))
	}
	if slices.Contains(within, "main") {
		s.level = n
	}
}

func (s *spoken) before() string {
	if len(s.lines) == 0 {
		return ""
	}
	return strings.TrimSpace(s.lines[len(s.lines)-1])
}

// read reads the page as a screen reader does: landmarks, headings without a
// gap, a name for whatever can be operated, and an order of focus that is the
// order of the text.
func (b *browser) read(name string) {
	b.t.Helper()
	// Without the DOM the tree of some pages is that of the page before.
	if _, err := chromedp.Call(b.ctx, dom.GetDocument, dom.GetDocumentParams{}); err != nil {
		b.t.Fatal(err)
	}
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	s := &spoken{nodes: map[accessibility.NodeID]*accessibility.Node{}, marks: map[string]int{}}
	for _, n := range tree.Nodes {
		s.nodes[n.NodeID] = n
	}
	if len(tree.Nodes) == 0 {
		b.t.Errorf("%s: nothing is read", name)
		return
	}
	s.say(tree.Nodes[0], 0, nil)
	for _, mark := range []string{"banner", "main", "contentinfo"} {
		if s.marks[mark] != 1 {
			s.wrong = append(s.wrong, fmt.Sprintf("%d places are the %s", s.marks[mark], mark))
		}
	}
	if s.level == 0 {
		s.wrong = append(s.wrong, "there is no heading")
	}
	s.wrong = append(s.wrong, b.strings(`[...document.querySelectorAll("[tabindex]")].filter(e => e.tabIndex > 0).map(e => "is reached before the text before it: " + e.outerHTML.slice(0, 80))`)...)
	s.wrong = append(s.wrong, b.strings(`[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) < i).map(id => "two parts have the id " + id)`)...)
	for _, w := range s.wrong {
		b.t.Errorf("%s: %s", name, w)
	}
	if *reading == "" {
		return
	}
	if err := os.MkdirAll(*reading, 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*reading, strings.NewReplacer("/", "-", "{", "", "}", "", " ", "").Replace(name)+".txt"), []byte(strings.Join(s.lines, "\n")+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
}
