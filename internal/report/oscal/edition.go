// Package oscal writes editions and what was found out about a shop in OSCAL,
// the format in which programs exchange controls and assessments: catalog,
// profile, assessment results, plan of action and milestones.
package oscal

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/guideline"
	"miseban/internal/i18n"
)

// Version is the version of OSCAL that is written.
const Version = "1.1.2"

// ns marks the properties and parts that are ours.
const ns = "urn:miseban:oscal"

// CatalogName is the file name of an edition's catalog, to which its profile refers.
func CatalogName(e *guideline.Edition) string { return "miseban-" + e.ID + "-catalog.json" }

// Catalog writes an edition in language l; made is when it is written.
func Catalog(w io.Writer, e *guideline.Edition, made time.Time, l i18n.Lang) error {
	c := catalog{UUID: uuid("catalog", e.ID, e.RevisionName(), string(l)), Metadata: editionHead(e, made, l, e.Title.In(l))}
	for i := range e.Parts {
		p := &e.Parts[i]
		g := group{ID: token("part-" + p.ID), Title: line(p.Number + " " + p.Title.In(l))}
		if !p.Text.IsZero() {
			g.Parts = []part{{ID: g.ID + "_ovw", Name: "overview", Prose: prose(p.Text.In(l))}}
		}
		for _, r := range e.RequirementsOf(p.ID) {
			g.Controls = append(g.Controls, controlOf(e, r, l))
		}
		c.Groups = append(c.Groups, g)
	}
	back := backMatter{}
	for _, k := range slices.Sorted(maps.Keys(e.Sources)) {
		s := e.Sources[k]
		x := resource{UUID: sourceUUID(e, k), Title: line(s.Name.In(l))}
		switch {
		case strings.HasPrefix(s.Ref, "https://"):
			x.RLinks = []rlink{{Href: s.Ref}}
		case s.Ref != "":
			x.Description = prose(s.Ref)
		}
		back.Resources = append(back.Resources, x)
	}
	c.Back = &back
	return write(w, "catalog", c)
}

func sourceUUID(e *guideline.Edition, source string) string {
	return uuid("source", e.ID, source)
}

func editionHead(e *guideline.Edition, made time.Time, l i18n.Lang, title string) metadata {
	m := metadata{Title: line(title), LastModified: moment(made), Version: e.RevisionName(), OSCAL: Version, Remarks: prose(e.Note.In(l)), Props: []prop{
		{Name: "edition", NS: ns, Value: e.ID}, {Name: "language", NS: ns, Value: string(l)}, {Name: "issuer", NS: ns, Value: line(e.Issuer.In(l))}, {Name: "published", NS: ns, Value: line(e.Published.Value)},
	}}
	if e.Contact.Value != "" {
		m.Props = append(m.Props, prop{Name: "contact", NS: ns, Value: line(e.Contact.Value)})
	}
	if e.URL.Value != "" {
		m.Links = []link{{Href: e.URL.Value, Rel: "reference"}}
	}
	return m
}

// unconfirmed stands in place of what nobody compared with the original.
const unconfirmed = "unconfirmed"

func controlOf(e *guideline.Edition, r *guideline.Requirement, l i18n.Lang) control {
	id := token(r.ID)
	c := control{ID: id, Title: line(r.Title.In(l)), Props: []prop{{Name: "label", Value: line(r.Number)}, {Name: "requirement", NS: ns, Value: line(r.ID)}}}
	add := func(name, value string, verified bool) {
		if value == "" {
			return
		}
		p := prop{Name: name, NS: ns, Value: line(value)}
		if !verified {
			p.Value, p.Remarks = unconfirmed, unconfirmedValue(name, value)
		}
		c.Props = append(c.Props, p)
	}
	if !r.Title.Verified {
		c.Props = append(c.Props, prop{Name: "title-origin", NS: ns, Value: unconfirmed})
	}
	add("level", string(r.Level.Value), r.Level.Verified)
	add("nature", string(r.Nature.Value), r.Nature.Verified)
	add("where", words(r.Where.Value), r.Where.Verified)
	add("applies-to", words(r.AppliesTo.Value), r.AppliesTo.Verified)
	add("danger", words(r.Danger.Value), r.Danger.Verified)
	c.Links = []link{{Href: "#" + sourceUUID(e, r.Source), Rel: "reference"}}
	c.Parts = []part{{ID: id + "_smt", Name: "statement", Prose: prose(r.Text.In(l))}}
	for _, role := range guideline.Roles {
		if t := r.How.For(role); !t.IsZero() {
			c.Parts = append(c.Parts, part{ID: id + "_gdn-" + string(role), Name: "guidance", Title: role.Name(l), Prose: prose(t.In(l))})
		}
	}
	for i, q := range e.QuestionsFor(r.ID) {
		p := part{ID: id + "_obj-" + strconv.Itoa(i+1), Name: "assessment-objective", Props: []prop{{Name: "question", NS: ns, Value: q.ID}, {Name: "asked-of", NS: ns, Value: string(q.Who)}}, Prose: prose(q.Text.In(l) + "\n\n" + q.Explain.In(l))}
		for _, when := range q.When {
			p.Props = append(p.Props, prop{Name: "asked-when", NS: ns, Value: when.Question + " = " + words(when.Answer)})
		}
		c.Parts = append(c.Parts, p)
	}
	for _, k := range r.Checks {
		c.Parts = append(c.Parts, part{ID: id + "_chk-" + token(k.Check), Name: "assessment-method", Props: []prop{{Name: "method", Value: "TEST"}, {Name: "check", NS: ns, Value: k.Check}, {Name: "effect", NS: ns, Value: string(k.Effect)}}, Prose: prose(k.Check + " – " + k.Effect.Name(l))})
	}
	return c
}

// unconfirmedValue keeps what stands in the data apart from the value, where a
// program would take it for the original's; a level is not told at all.
func unconfirmedValue(name, value string) string {
	if name == "level" {
		return ""
	}
	return line(value)
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, " ")
}

// Profile writes the profile that takes all controls of an edition's catalog.
func Profile(w io.Writer, e *guideline.Edition, made time.Time, l i18n.Lang) error {
	ref := uuid("catalog file", e.ID, e.RevisionName(), string(l))
	p := profile{
		UUID: uuid("profile", e.ID, e.RevisionName(), string(l)), Metadata: editionHead(e, made, l, e.Title.In(l)), Merge: &merge{AsIs: true},
		Back: &backMatter{Resources: []resource{{UUID: ref, Title: line(e.Title.In(l)), RLinks: []rlink{{Href: CatalogName(e), Media: "application/json"}}}}},
	}
	x := imported{Href: "#" + ref}
	for i := range e.Parts {
		var ids []string
		for _, r := range e.RequirementsOf(e.Parts[i].ID) {
			ids = append(ids, token(r.ID))
		}
		x.Include = append(x.Include, selection{WithIDs: ids})
	}
	p.Imports = []imported{x}
	return write(w, "profile", p)
}
