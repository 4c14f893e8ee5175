package page

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const twoForms = `<!doctype html><title>茶</title><nav><form id="search" action="/search"><input name="q" checked></form></nav>
<main><p>説明</p><form id="cart" method="post" action="/cart" autocomplete="off"><input name="n"><button formmethod="post">カートに入れる</button></form></main>
<noscript><form id="plain" method="post" action="/plain"><input name="m"></form></noscript>`

// TestTree: a page lets go of its tree, and its forms find their elements again.
func TestTree(t *testing.T) {
	t.Parallel()
	p := Parse(answer(t, "https://shop.test/", "text/html; charset=utf-8", twoForms))
	if !p.HTML() || len(p.Forms) != 3 {
		t.Fatalf("HTML %v, %d forms", p.HTML(), len(p.Forms))
	}
	for range 3 {
		runtime.GC()
	}
	if p.tree.root.Value() != nil {
		t.Error("the tree is still held when nobody looks at it")
	}
	root := p.Tree()
	if p.Tree() != root {
		t.Error("two calls give two trees")
	}
	forms := map[string]*Form{}
	for _, f := range p.Forms {
		forms[f.ID] = f
		n := f.Node()
		if n == nil || attr(n, "id") != f.ID || n.Data != "form" || f.Tag != "form" {
			t.Errorf("form %s: %+v", f.ID, n)
			continue
		}
		top := n
		for top.Parent != nil {
			top = top.Parent
		}
		if within := top == root; within != (f.ID != "plain") {
			t.Errorf("form %s is in the page's tree: %v", f.ID, within)
		}
	}
	if !forms["search"].Fields[0].Has("checked") || !forms["cart"].Has("autocomplete") || forms["search"].Has("autocomplete") {
		t.Error("attributes of the elements are lost")
	}
	runtime.KeepAlive(root)

	if p := Parse(answer(t, "https://shop.test/a.json", "application/json", `{"a":1}`)); p.HTML() || p.Tree() != nil {
		t.Error("JSON has a tree")
	}
}

// TestTreeAnew: what is parsed a second time is what was parsed at first, also
// when the document is too deep for the parser.
func TestTreeAnew(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"plain": twoForms, "deep": strings.Repeat("<div>", 600) + `<form action="/x"><input name="a"></form>`} {
		p := Parse(answer(t, "https://shop.test/", "text/html; charset=utf-8", body))
		shape := func() string {
			var b strings.Builder
			if err := html.Render(&b, p.Tree()); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		first := shape()
		for range 3 {
			runtime.GC()
		}
		if again := shape(); again != first {
			t.Errorf("%s: %q, then %q", name, first, again)
		}
		if n := p.Forms[0].Node(); n == nil || n.Data != "form" {
			t.Errorf("%s: the form's element is %+v", name, n)
		}
	}
}

// TestSharing: pages with the same menu share its links, and no other.
func TestSharing(t *testing.T) {
	t.Parallel()
	menu := `<a href="/list">一覧</a><a href="/cart" rel="nofollow">カート</a>`
	var s Sharing
	one := Parse(answer(t, "https://shop.test/", "text/html; charset=utf-8", menu+`<a href="?p=1">次へ</a>`))
	two := Parse(answer(t, "https://shop.test/item", "text/html; charset=utf-8", menu+`<a href="?p=1">次へ</a><a href="/list#x">一覧</a>`))
	before := make([]Link, len(two.Links))
	for i, l := range two.Links {
		before[i] = *l
	}
	s.Fold(one)
	s.Fold(two)
	for i, shared := range []bool{true, true, false} {
		if (one.Links[i] == two.Links[i]) != shared {
			t.Errorf("link %s is shared: %v", two.Links[i].URL, !shared)
		}
	}
	for i, l := range two.Links {
		if l.URL.String() != before[i].URL.String() || l.Text != before[i].Text || l.Effect != before[i].Effect {
			t.Errorf("link %d became %+v", i, *l)
		}
	}
}
