package inject

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// XXE asks whether documents of visitors may declare entities.
var XXE = &check.Check{
	Name: "xxe", Level: wire.Active, Severity: check.High, CWE: 611,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, func(t *probe.Target) bool { return xmlOf(t) != "" }, func(ctx context.Context, t *probe.Target) error { return xxeAt(ctx, p, t) })
	},
}

// xmlOf is the document that t's own value makes, "" when there is none.
func xmlOf(t *probe.Target) string {
	if before, after, ok := t.XML(); ok {
		return before + t.Sample + after
	}
	if s := strings.TrimSpace(t.Sample); strings.HasPrefix(s, "<") && xmlText.MatchString(s) {
		return s
	}
	return ""
}

var (
	xmlText = regexp.MustCompile(`<([A-Za-z_][\w.-]*)[^<>]*>([^<>&]+)</`)
	xmlRoot = regexp.MustCompile(`<([A-Za-z_][\w.:-]*)[\s>/]`)
	xmlDecl = regexp.MustCompile(`^\s*<\?xml[^>]*\?>\s*`)
)

// declared is doc with the end of its first text taken from an entity. what is
// the entity's text, given that end.
func declared(what func(end string, r *probe.Rand) string) func(string, *probe.Rand) string {
	return func(doc string, r *probe.Rand) string {
		body := xmlDecl.ReplaceAllString(doc, "")
		m, root := xmlText.FindStringSubmatchIndex(body), xmlRoot.FindStringSubmatch(body)
		if m == nil || root == nil {
			return ""
		}
		start, end := r.Split(body[m[4]:m[5]])
		if end == "" {
			start, end = "", start
		}
		name := r.Letters(5)
		return `<?xml version="1.0"?><!DOCTYPE ` + root[1] + ` [<!ENTITY ` + name + ` "` + what(end, r) + `">]>` + body[:m[4]] + start + "&" + name + ";" + body[m[5]:]
	}
}

// typed is doc with a declaration of its type; its text stays as it is.
func typed(doc, with string) string {
	body := xmlDecl.ReplaceAllString(doc, "")
	root := xmlRoot.FindStringSubmatch(body)
	if root == nil {
		return ""
	}
	return `<?xml version="1.0"?><!DOCTYPE ` + root[1] + with + `>` + body
}

var (
	xxeSame = probe.Ship("xxe-same", declared(func(end string, _ *probe.Rand) string { return end }))
	xxeCall = probe.Ship("xxe-called", declared(func(string, *probe.Rand) string { return "" }))
	// An entity that only the declaration uses, and a declaration that lies elsewhere.
	xxePart = probe.Ship("xxe-parameter", func(doc string, r *probe.Rand) string {
		name := r.Letters(5)
		return typed(doc, ` [<!ENTITY % `+name+` ""> %`+name+`;]`)
	})
	xxeWhole = probe.Ship("xxe-subset", func(doc string, _ *probe.Rand) string { return typed(doc, ` ""`) })
	xxeOther = probe.Ship("xxe-other", declared(func(_ string, r *probe.Rand) string { return r.Letters(6) }))
)

func xxeAt(ctx context.Context, p *check.Pass, t *probe.Target) error {
	doc := xmlOf(t)
	pair := &probe.Pair{Name: "xxe internal entity", Same: list(xxeSame), Other: list(xxeOther), Sample: doc, Carry: carrier(t)}
	o, err := t.Differ(ctx, p, pair)
	if err != nil || o != nil {
		if o != nil {
			report(p, t, o)
		}
		return err
	}
	return xxeCalled(ctx, p, t, doc)
}

// carrier sends a whole document in the way of t.
func carrier(t *probe.Target) func(string) []probe.Option {
	if t.Via != probe.ViaXML {
		return nil
	}
	return func(v string) []probe.Option { return []probe.Option{probe.Body([]byte(v))} }
}

// xxeCalled declares entities that lie at the operator's own listener, in each
// of the ways that parsers follow: one that the text calls, by its address and
// by a public name, one that the declaration itself calls, and the declaration
// as a whole. A filter knows seldom all of them.
func xxeCalled(ctx context.Context, p *check.Pass, t *probe.Target, doc string) error {
	l := p.Listener()
	if l == nil {
		return nil
	}
	var forms []lure
	for i, v := range []*probe.Value{xxeCall, xxeCall, xxePart, xxeWhole} {
		made := v.Make(doc, probe.NewRand(p.Derive(fmt.Sprintf("xxe called %d %s", i, t.ID))))
		if made == "" {
			continue
		}
		forms = append(forms, func(address string) (string, []probe.Option) {
			to := `SYSTEM "` + address + `"`
			if i == 1 {
				to = `PUBLIC "a" "` + address + `"`
			}
			value := strings.Replace(made, `""`, to, 1)
			if c := carrier(t); c != nil {
				return value, c(value)
			}
			return value, nil
		})
	}
	_, err := calledBack(ctx, p, t, l, "xxe "+t.ID, forms)
	return err
}

const patience = 3 * time.Second
