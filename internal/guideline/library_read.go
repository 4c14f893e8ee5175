package guideline

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// What of a library is taken in at most.
const (
	MostLibrary      = 8 << 20 // bytes
	mostLibraryNodes = 5000
	mostLibraryText  = 20_000 // characters
	mostNesting      = 40
	mostTitle        = 120 // characters of a title that is made of a description
)

// ReadLibrary reads a framework out of a library of CISO Assistant as an
// edition of ours. Nothing in it counts as confirmed. What an edition needs and
// a library lacks is made: a text in a second language repeats the first, and a
// requirement without questions gets one. What is wrong is told with the line
// where it stands; see Faults.
func ReadLibrary(data []byte) (*Edition, error) {
	const file = "library"
	if len(data) > MostLibrary {
		return nil, &Fault{file, t("ファイルが大きすぎます（{n} MB まで）。", "n", strconv.Itoa(MostLibrary>>20))}
	}
	if !utf8.Valid(data) {
		return nil, &Fault{file, t("文字コードが UTF-8 ではありません。")}
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Fault{file + ":1", t("ファイルが空です。")}
		}
		return nil, placed(file, err)
	}
	if f := bounded(file, &doc, 0); f != nil {
		return nil, f
	}
	var lib library
	if err := doc.Decode(&lib); err != nil {
		return nil, placed(file, err)
	}
	fw := lib.Objects.Framework
	nodes := lines(file, child(child(child(doc.Content[0], "objects"), "framework"), "requirement_nodes"))
	switch {
	case fw == nil:
		return nil, &Fault{file + ":1", t("フレームワーク（objects の framework）がありません。CISO Assistant のライブラリで、フレームワークを含むものを選んでください。")}
	case len(fw.Nodes) == 0:
		return nil, &Fault{file + ":1", t("要件（requirement_nodes）がありません。")}
	case len(fw.Nodes) > mostLibraryNodes:
		return nil, &Fault{file, t("要件が多すぎます（{n} 件まで）。", "n", strconv.Itoa(mostLibraryNodes))}
	}
	r := &libraryReader{lib: &lib, fw: fw, place: nodes, at: map[string]int{}, used: map[string]bool{}}
	return r.edition()
}

// bounded refuses what a program would unfold or descend into without end.
func bounded(file string, n *yaml.Node, depth int) *Fault {
	place := file + ":" + strconv.Itoa(n.Line)
	switch {
	case n.Kind == yaml.AliasNode:
		return &Fault{place, t("YAML の参照（*）は使えません。")}
	case depth > mostNesting:
		return &Fault{place, t("入れ子が深すぎます。")}
	case utf8.RuneCountInString(n.Value) > mostLibraryText:
		return &Fault{place, t("文が長すぎます（{n} 文字まで）。", "n", strconv.Itoa(mostLibraryText))}
	}
	for _, c := range n.Content {
		if f := bounded(file, c, depth+1); f != nil {
			return f
		}
	}
	return nil
}

// plainID is an identifier of a requirement that is taken as it is.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9()._-]{0,79}$`)

type libraryReader struct {
	lib   *library
	fw    *framework
	place []string
	at    map[string]int // where each URN stands
	used  map[string]bool
	errs  []error
	e     *Edition
}

func (r *libraryReader) wrong(i int, says saying) {
	p := "library"
	if i < len(r.place) {
		p = r.place[i]
	}
	r.errs = append(r.errs, &Fault{p, says})
}

func (r *libraryReader) edition() (*Edition, error) {
	origin := Origin{Source: "library"}
	id := strings.Trim(idOf(cmp.Or(r.fw.RefID, r.lib.RefID, r.lib.Name)), "-")
	if !editionID.MatchString(id) {
		id = "imported"
	}
	day := r.lib.Published
	if i := strings.IndexAny(day, "T "); i > 0 {
		day = day[:i]
	}
	if !published.MatchString(day) {
		day = "1970"
	}
	title := r.text(cmp.Or(r.fw.Name, r.lib.Name, id), r.fw.Translations, func(t translation) string { return t.Name })
	note := i18n.Text{
		JA: i18n.T(i18n.JA, "CISO Assistant のライブラリ {urn} から取り込んだデータです。どの値も原文と照合していません。", i18n.Args{"urn": r.lib.URN}),
		EN: i18n.T(i18n.EN, "CISO Assistant のライブラリ {urn} から取り込んだデータです。どの値も原文と照合していません。", i18n.Args{"urn": r.lib.URN}),
	}
	r.e = &Edition{
		Format: FormatVersion, ID: id, Revision: max(1, r.lib.Version), Title: Sourced{title, origin}, Issuer: Sourced{same(cmp.Or(r.lib.Provider, r.lib.Packager, "–")), origin},
		Published: Stated[string]{day, origin}, Note: note, Numbering: origin,
		Sources: map[string]Source{"library": {Name: i18n.Text{JA: "CISO Assistant のライブラリ", EN: "Library of CISO Assistant"}, Ref: r.lib.URN}},
	}
	for i, n := range r.fw.Nodes {
		switch _, twice := r.at[n.URN]; {
		case n.URN == "":
			r.wrong(i, t("urn がありません。"))
		case twice:
			r.wrong(i, t("urn「{urn}」が重なっています。", "urn", n.URN))
		}
		r.at[n.URN] = i
	}
	for i := range r.fw.Nodes {
		if p := r.fw.Nodes[i].Parent; p != "" {
			if at, ok := r.at[p]; !ok || at >= i {
				r.wrong(i, t("parent_urn「{urn}」が、この行より前にありません。", "urn", p))
			}
		}
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	for i := range r.fw.Nodes {
		if r.fw.Nodes[i].Assessable {
			r.requirement(i)
		}
	}
	if len(r.e.Requirements) == 0 {
		return nil, &Fault{"library:1", t("評価する要件（assessable: true）がありません。")}
	}
	where := at{edition: "library:1", requirements: make([]string, len(r.e.Requirements)), questions: make([]string, len(r.e.Questions))}
	if err := validate(r.e, id, where); err != nil {
		return nil, err
	}
	return r.e, nil
}

// part is the part to which a node belongs: the uppermost node above it that
// is no requirement itself.
func (r *libraryReader) part(i int) string {
	top := -1
	for n := &r.fw.Nodes[i]; n.Parent != ""; n = &r.fw.Nodes[r.at[n.Parent]] {
		if k := r.at[n.Parent]; !r.fw.Nodes[k].Assessable {
			top = k
		}
	}
	p := Part{ID: "all", Title: r.e.Title, Text: r.e.Note}
	if top >= 0 {
		n := &r.fw.Nodes[top]
		p.Title = Sourced{r.name(n), Origin{Source: "library"}}
		p.Text = r.text(cmp.Or(n.Description, n.Name, n.RefID), n.Translations, func(t translation) string { return t.Description })
		p.ID = "part-" + strconv.Itoa(top+1)
	}
	if _, ok := r.e.Part(p.ID); !ok {
		r.e.Parts = append(r.e.Parts, p)
	}
	return p.ID
}

func (r *libraryReader) requirement(i int) {
	n := &r.fw.Nodes[i]
	origin := Origin{Source: "library"}
	id := n.RefID
	if !plainID.MatchString(id) {
		id = strings.Trim(idOf(cmp.Or(n.RefID, n.URN[strings.LastIndexByte(n.URN, ':')+1:])), "-")
	}
	if id == "" || r.used[id] {
		id = strings.Trim(id+"-"+strconv.Itoa(i+1), "-")
	}
	r.used[id] = true
	x := Requirement{ID: id, Part: r.part(i), Number: cmp.Or(n.RefID, strconv.Itoa(len(r.e.Requirements)+1)), Title: Sourced{r.name(n), origin}, Origin: origin}
	x.Text = r.text(cmp.Or(n.Description, n.Name, n.RefID, n.URN), n.Translations, func(t translation) string { return cmp.Or(t.Description, t.Name) })
	evidence := i18n.Text{JA: "満たしていることが分かる文書や記録", EN: "A document or record that shows it"}
	if n.Evidence != "" {
		evidence = r.text(n.Evidence, n.Translations, func(t translation) string { return t.Evidence })
	}
	ask := func(text i18n.Text) {
		q := Question{ID: id + "-" + strconv.Itoa(len(x.Questions)+1), Text: text, Explain: x.Text, Evidence: evidence, Who: Practitioner}
		x.Questions = append(x.Questions, q.ID)
		r.e.Questions = append(r.e.Questions, q)
	}
	for _, urn := range slices.Sorted(maps.Keys(n.Questions)) {
		if q := n.Questions[urn]; q.Text != "" {
			ask(r.text(q.Text, q.Translations, func(t translation) string { return t.Text }))
		}
	}
	if len(x.Questions) == 0 {
		args := func(l i18n.Lang) i18n.Args { return i18n.Args{"title": x.Title.In(l)} }
		ask(i18n.Text{JA: i18n.T(i18n.JA, "「{title}」を満たしていますか。", args(i18n.JA)), EN: i18n.T(i18n.EN, "「{title}」を満たしていますか。", args(i18n.EN))})
	}
	r.e.Requirements = append(r.e.Requirements, x)
}

func (r *libraryReader) name(n *libraryNode) i18n.Text {
	brief := func(name, description string) string {
		line, _, _ := strings.Cut(strings.TrimSpace(description), "\n")
		if c := []rune(line); len(c) > mostTitle {
			line = string(c[:mostTitle-1]) + "…"
		}
		return cmp.Or(name, line)
	}
	return r.text(cmp.Or(brief(n.Name, n.Description), n.RefID, n.URN), n.Translations, func(t translation) string { return brief(t.Name, t.Description) })
}

// text is a text in our two languages: the library's own and its translations,
// and where one of ours is missing what there is.
func (r *libraryReader) text(own string, more map[string]translation, of func(translation) string) i18n.Text {
	said := func(lang string) string {
		if base, _, _ := strings.Cut(r.lib.Locale, "-"); base == lang {
			return own
		}
		return of(more[lang])
	}
	en := strings.TrimSpace(cmp.Or(said("en"), own))
	ja := strings.TrimSpace(cmp.Or(said("ja"), en))
	return i18n.Text{JA: cmp.Or(ja, "–"), EN: cmp.Or(en, "–")}
}

// Difference is how an edition differs from another.
type Difference struct {
	More, Less []*Requirement // only in it, only in the other
	Other      []*Requirement // in both, with another text
}

// Compare says how e differs from old, requirement by requirement.
func Compare(old, e *Edition) Difference {
	var d Difference
	for i := range e.Requirements {
		r := &e.Requirements[i]
		if was, ok := old.Requirement(r.ID); !ok {
			d.More = append(d.More, r)
		} else if was.Text != r.Text {
			d.Other = append(d.Other, r)
		}
	}
	for i := range old.Requirements {
		if _, ok := e.Requirement(old.Requirements[i].ID); !ok {
			d.Less = append(d.Less, &old.Requirements[i])
		}
	}
	return d
}

func same(s string) i18n.Text { return i18n.Text{JA: s, EN: s} }

// idOf makes an identifier of ours: small letters, digits and single hyphens.
func idOf(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(s) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
		if b.Len() > 80 {
			break
		}
	}
	return b.String()
}
