package page

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func formMethod(m string) string {
	switch m = strings.ToUpper(strings.TrimSpace(m)); m {
	case "POST", "PUT", "DELETE", "PATCH", "DIALOG":
		return m
	}
	return "GET"
}

// forms reads the forms below doc. Controls outside of any form that scripts
// send (card fields, search boxes) are gathered into one scripted form.
func (c *collector) forms(doc *html.Node) {
	r := &formReader{c: c, byID: map[string]*Form{}, byNode: map[*html.Node]*Form{}, labels: map[string]string{}, means: map[[6]string]Meaning{}}
	var loose []*html.Node
	var controls []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Form:
			r.form(n)
		case atom.Label:
			if f := attr(n, "for"); f != "" && r.labels[f] == "" {
				r.labels[f] = fold(textOf(n, 300))
			}
		case atom.Input, atom.Select, atom.Textarea, atom.Button:
			if len(controls) < maxFields {
				controls = append(controls, n)
			} else {
				c.p.Cut = true
			}
		}
	}
	for _, n := range controls {
		f := r.owner(n)
		if f == nil {
			loose = append(loose, n)
			continue
		}
		r.control(f, n)
	}
	r.loose(loose)
	for _, f := range r.byNode {
		nameIsQuery(f)
	}
}

// nameIsQuery sees that "name" beside a search button asks for the name of an
// item (EC-CUBE), not of a person.
func nameIsQuery(f *Form) {
	var typed *Field
	for _, d := range f.Fields {
		switch d.Type {
		case "hidden", "button", "select", "checkbox", "radio":
		default:
			if typed != nil {
				return
			}
			typed = d
		}
	}
	if f.Method == "GET" && typed != nil && typed.Name == "name" && hasAny(strings.ToLower(strings.Join(f.Buttons, " ")), "検索", "search") {
		typed.Means = MeansQuery
	}
}

type formReader struct {
	c      *collector
	byID   map[string]*Form
	byNode map[*html.Node]*Form
	labels map[string]string
	means  map[[6]string]Meaning
}

func (r *formReader) form(n *html.Node) {
	p := r.c.p
	if len(p.Forms) >= maxForms {
		p.Cut = true
		return
	}
	f := &Form{Page: p, Raw: attr(n, "action"), Method: formMethod(attr(n, "method")), Enctype: strings.ToLower(attr(n, "enctype")), ID: attr(n, "id"), Name: attr(n, "name"), Tag: n.Data, Attrs: n.Attr, at: spot{node: n}}
	if strings.TrimSpace(f.Raw) == "" || strings.HasPrefix(strings.TrimSpace(f.Raw), "#") {
		f.Action = p.Ex.URL // an empty action is the page itself, whatever <base> says
	} else if f.Action = resolve(r.c.base, f.Raw); f.Action == nil {
		f.Action, f.Scripted = p.Ex.URL, true
	}
	if f.Action != nil && f.Action.Fragment != "" {
		u := *f.Action
		u.Fragment, u.RawFragment = "", ""
		f.Action = &u
	}
	if on := strings.ToLower(attr(n, "onsubmit")); strings.Contains(on, "return false") || strings.Contains(on, "preventdefault") {
		f.Scripted = true
	}
	for i := range n.Attr {
		switch n.Attr[i].Key {
		case "@submit", "@submit.prevent", "v-on:submit", "v-on:submit.prevent", "ng-submit", "(ngsubmit)", "hx-post", "x-on:submit.prevent":
			f.Scripted = true
		}
	}
	p.Forms = append(p.Forms, f)
	r.byNode[n] = f
	if f.ID != "" && r.byID[f.ID] == nil {
		r.byID[f.ID] = f
	}
}

// owner is the form a control belongs to: by its form attribute, else the nearest around it.
func (r *formReader) owner(n *html.Node) *Form {
	if id := attr(n, "form"); id != "" {
		if f := r.byID[id]; f != nil {
			return f
		}
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Form {
			return r.byNode[p]
		}
	}
	return r.orphan(n)
}

// orphan finds the form of controls that the parser put outside because a
// table stood in the way: <table><form><tr>… leaves an empty form element.
func (r *formReader) orphan(n *html.Node) *Form {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom != atom.Table && p.DataAtom != atom.Tbody && p.DataAtom != atom.Tr {
			continue
		}
		var found *Form
		for ch := p.FirstChild; ch != nil; ch = ch.NextSibling {
			if ch.DataAtom == atom.Form && ch.FirstChild == nil && r.byNode[ch] != nil {
				if found == nil {
					found = r.byNode[ch]
				}
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

func (r *formReader) control(f *Form, n *html.Node) {
	typ := strings.ToLower(strings.TrimSpace(attr(n, "type")))
	switch n.DataAtom {
	case atom.Select, atom.Textarea:
		typ = nodeName(n)
	case atom.Button:
		if typ == "" {
			typ = "submit"
		}
	case atom.Input:
		if typ == "" {
			typ = "text"
		}
	}
	if typ == "submit" || typ == "image" || n.DataAtom == atom.Button || typ == "button" && n.DataAtom == atom.Input {
		if t := buttonText(n); t != "" {
			f.Buttons = append(f.Buttons, t)
		}
		if attr(n, "name") == "" || typ == "button" || typ == "reset" {
			return
		}
		f.Fields = append(f.Fields, &Field{Name: attr(n, "name"), Type: "button", Value: attr(n, "value"), Label: buttonText(n), MaxLength: -1, MinLength: -1, Means: MeansOther, Attrs: n.Attr})
		return
	}
	if typ == "reset" {
		return
	}
	d := &Field{Name: attr(n, "name"), Type: typ, Value: attr(n, "value"), Placeholder: attr(n, "placeholder"), Autocomplete: strings.ToLower(strings.TrimSpace(attr(n, "autocomplete"))),
		Pattern: attr(n, "pattern"), MaxLength: wholeNumber(attr(n, "maxlength")), MinLength: wholeNumber(attr(n, "minlength")),
		Required: hasAttr(n, "required") || strings.EqualFold(attr(n, "aria-required"), "true"), Attrs: n.Attr}
	if n.DataAtom == atom.Textarea {
		d.Value = strings.TrimPrefix(rawText(n), "\n")
	}
	if n.DataAtom == atom.Select {
		options(d, n)
	}
	if typ != "hidden" {
		d.Label = r.label(n)
	}
	// Lists repeat the same controls on every row.
	k := [6]string{d.Name, attr(n, "id"), d.Type, d.Label, d.Placeholder, d.Autocomplete}
	m, known := r.means[k]
	if !known || len(d.Value) == 1 {
		m = meaning(d, n)
		r.means[k] = m
	}
	d.Means = m
	f.Fields = append(f.Fields, d)
}

func rawText(n *html.Node) string {
	s := ""
	for ch := n.FirstChild; ch != nil; ch = ch.NextSibling {
		if ch.Type == html.TextNode {
			s += ch.Data
		}
	}
	return s
}

func options(d *Field, n *html.Node) {
	for o := range n.Descendants() {
		if o.DataAtom != atom.Option || len(d.Options) >= 500 {
			continue
		}
		v := attr(o, "value")
		if !hasAttr(o, "value") {
			v = fold(rawText(o))
		}
		d.Options = append(d.Options, v)
		if hasAttr(o, "selected") || len(d.Options) == 1 {
			d.Value = v
		}
	}
}

func wholeNumber(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func buttonText(n *html.Node) string {
	var t string
	if n.DataAtom == atom.Button {
		t = fold(textOf(n, 200))
		if t == "" {
			t = altOf(n)
		}
	} else {
		t = attr(n, "value")
		if strings.EqualFold(attr(n, "type"), "image") {
			t = attr(n, "alt")
		}
	}
	if t == "" {
		t = attrOr(n, "aria-label", "title", "alt", "value")
	}
	if t == "" && strings.EqualFold(attr(n, "type"), "submit") {
		t = attr(n, "id")
	}
	return fold(t)
}

// label is what a visitor reads beside a control: its <label>, aria names, or
// the heading cell that Japanese forms put before it.
func (r *formReader) label(n *html.Node) string {
	if id := attr(n, "id"); id != "" {
		if l := r.labels[id]; l != "" && n.DataAtom != atom.Input || l != "" && !isChoice(n) {
			return l
		}
	}
	own := ""
	if l := ancestor(n, atom.Label); l != nil {
		own = fold(textOf(l, 300))
		if own != "" && !isChoice(n) {
			return own
		}
	}
	if a := attrOr(n, "aria-label", "title"); a != "" && !isChoice(n) {
		return fold(a)
	}
	if h := heading(n); h != "" {
		return h
	}
	if own != "" {
		return own
	}
	if l := r.labels[attr(n, "id")]; l != "" {
		return l
	}
	return fold(attr(n, "aria-label"))
}

// isChoice marks radio buttons and check boxes, whose own label is the choice, not the question.
func isChoice(n *html.Node) bool {
	t := strings.ToLower(attr(n, "type"))
	return t == "radio" || t == "checkbox"
}

// heading looks for the th, dt or label that stands before n's cell.
func heading(n *html.Node) string {
	steps := 0
	for p := n; p != nil && p.DataAtom != atom.Form && p.DataAtom != atom.Body && steps < 8; p = p.Parent {
		steps++
		for s, near := p.PrevSibling, 0; s != nil && near < 12; s, near = s.PrevSibling, near+1 {
			if s.Type == html.TextNode && p == n {
				if t := fold(s.Data); len(t) > 1 && len(t) < 120 {
					return strings.TrimRight(t, ":： ")
				}
			}
			if s.Type != html.ElementNode {
				continue
			}
			switch s.DataAtom {
			case atom.Label:
				if attr(s, "for") != "" && attr(s, "for") != attr(n, "id") || holdsControl(s) {
					return "" // it speaks of another control
				}
				return fold(textOf(s, 300))
			case atom.Th, atom.Dt, atom.Legend:
				return fold(textOf(s, 300))
			case atom.Td, atom.Div, atom.P, atom.Span, atom.B, atom.Strong, atom.H3, atom.H4, atom.H5, atom.Font:
				if p.DataAtom == atom.Dd || s.DataAtom != atom.Td && p == n && (s.DataAtom == atom.Div || s.DataAtom == atom.P) {
					continue
				}
				if holdsControl(s) {
					if s.DataAtom == atom.Td {
						continue
					}
					return ""
				}
				if t := fold(textOf(s, 300)); t != "" && len(t) < 200 {
					return t
				}
			case atom.Input, atom.Select, atom.Textarea:
				if p == n {
					continue
				}
				return ""
			}
		}
	}
	return ""
}

func holdsControl(n *html.Node) bool {
	steps := 0
	for d := range n.Descendants() {
		if steps++; steps > 120 {
			return true
		}
		switch d.DataAtom {
		case atom.Input, atom.Select, atom.Textarea:
			return true
		}
	}
	return false
}

// loose gathers controls without a form into one form that only a script can send.
func (r *formReader) loose(ns []*html.Node) {
	p := r.c.p
	if len(ns) == 0 || p.Ex.URL == nil || len(p.Forms) >= maxForms || r.c.inside != "" {
		return
	}
	f := &Form{Page: p, Method: "POST", Action: p.Ex.URL, Scripted: true, Tag: ns[0].Data, Attrs: ns[0].Attr, at: spot{node: ns[0]}}
	for _, n := range ns {
		r.control(f, n)
	}
	for _, d := range f.Fields {
		// What can only be read or copied (the share dialog of an embedded post) is no form.
		if d.Type != "button" && d.Type != "hidden" && !d.Has("readonly") && !d.Has("disabled") {
			p.Forms = append(p.Forms, f)
			return
		}
	}
}
