package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// ResponseHeader asks whether a value that comes back in a header of the answer
// can end its line and begin a header of its own. The proof is a header line
// with a random name, read from the answer as it came.
var ResponseHeader = &check.Check{
	Name: "response-header", Level: wire.Active, Severity: check.Medium, CWE: 113,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, onTheWire, func(ctx context.Context, t *probe.Target) error {
			return splits(ctx, p, t)
		})
	},
}

// lineEnds are the ways to write a line break: as it is, doubly encoded, and as
// characters whose lower byte is one.
var lineEnds = []struct{ name, sign string }{
	{"crlf", "\r\n"}, {"lf", "\n"}, {"crlf twice encoded", "%0d%0a"}, {"low bytes", "嘍嘊"}, {"low bytes, latin", "čĊ"},
}

var headerValues = func() []*probe.Value {
	var out []*probe.Value
	for _, l := range lineEnds {
		out = append(out, probe.Ship("header "+l.name, func(v string, r *probe.Rand) string {
			w := r.Letters(8)
			return v + l.sign + "X-" + w + ": " + w
		}))
	}
	return out
}()

func splits(ctx context.Context, p *check.Pass, t *probe.Target) error {
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return err
	}
	in := ""
	for _, pl := range r.Places {
		if pl.Kind == probe.InHeader {
			in = pl.Element
			break
		}
	}
	if in == "" {
		return nil
	}
	rnd := probe.NewRand(p.Derive("header " + t.ID))
	for i, v := range headerValues {
		value := v.Make(strings.TrimSpace(t.Sample), rnd)
		a, err := t.Send(ctx, p, value, probe.Because("a line break in a header of the answer"))
		if err != nil {
			if a != nil {
				continue
			}
			return err
		}
		word := value[strings.LastIndex(value, ": ")+2:]
		lines := probe.HeadLines(a.Ex)
		if a.Then != nil {
			lines = append(lines, probe.HeadLines(a.Then.Ex)...)
		}
		for _, l := range lines {
			if !strings.EqualFold(l.Name, "X-"+word) {
				continue
			}
			f := p.Report(a.Ex, t.Where(), i18n.Args{"parameter": t.Name, "header": in, "added": l.Name})
			f.Parameter = t.Name
			f.Words = map[string]i18n.Text{"way": t.Words()}
			f.Excerpt = l.Name + ": " + l.Value
			shown := strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(value)
			f.Proof = &check.Proof{
				Words: i18n.Text{
					JA: t.Words().JA + "に改行を含む「" + shown + "」を送ると、応答に " + l.Name + " という新しいヘッダが増えました（改行の書き方: " + lineEnds[i].name + "）。",
					EN: "With \"" + shown + "\", which holds a line break (" + lineEnds[i].name + "), in " + t.Words().EN + ", the answer got a new header " + l.Name + ".",
				},
				Steps: []check.ProofStep{
					{Value: r.Answer.Value, Saw: i18n.Text{JA: "送った値が応答ヘッダ " + in + " に出ました", EN: "what was sent came back in the header " + in}, Evidence: r.Answer.Ex.ID},
					{Value: shown, Saw: i18n.Text{JA: "応答ヘッダ " + l.Name + " が増えました", EN: "the header " + l.Name + " was added"}, Evidence: a.Ex.ID},
				},
				Curl: probe.Curl(a.Sent()), Agreed: 1, Tried: 1,
			}
			return nil
		}
	}
	return nil
}
