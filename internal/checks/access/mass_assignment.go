package access

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// MassAssignment asks whether the form of a member's own data also stores what
// it has no field for: points, or the rights of an administrator. What was
// stored is put back.
var MassAssignment = &check.Check{
	Name: "mass-assignment", Level: wire.Full, Severity: check.High, CWE: 915, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		// What was typed in is masked in the record, so that the outcome is kept as such.
		o, err := check.Observe(ctx, p, wire.KindHTTP, "added fields", func(ctx context.Context) (o slipped, err error) {
			err = p.As(ctx, p.Customers()[0], func(v *check.Visit) error {
				o, err = slipIn(ctx, p, v)
				return err
			})
			return o, err
		})
		switch {
		case err != nil:
			return err
		case !o.Form:
			p.NotExamined("テスト用アカウントの登録内容を変更するフォームが見つからないため、確認していません。", nil)
			return nil
		case !o.Works:
			p.Unsure("登録内容の変更が受け付けられない、または画面が落ち着かないため、判断できませんでした。", nil)
			return nil
		}
		for _, id := range o.Evidence {
			p.ExaminedThing(string(id))
		}
		if o.Left {
			p.Note(check.Note{Kind: "left", Where: o.Where, Args: i18n.Args{"field": o.Name}})
		}
		if o.Name != "" {
			o.tell(p)
		}
		return nil
	},
}

// slipped is what became of the fields that were slipped in.
type slipped struct {
	Form, Works, Left bool
	Where, Page       string
	Name, Case        string // what was stored; "" nothing
	Evidence          []wire.ExchangeID
}

func slipIn(ctx context.Context, p *check.Pass, v *check.Visit) (o slipped, err error) {
	e, err := v.Editable(ctx)
	if err != nil || e == nil {
		return o, err
	}
	o.Form = true
	look := func() (*page.Page, error) {
		return v.Do(ctx, &wire.Request{Method: http.MethodGet, URL: v.Session().Proved(), Again: true, Origin: wire.Origin{Why: "what the account sees after a change"}})
	}
	before, err := look()
	if err != nil {
		return o, err
	}
	stored, control, err := v.Save(ctx, e, e.Original, extra(e, map[string]string{"m" + p.Derive("nothing")[:8]: "1"}))
	if err != nil {
		return o, err
	}
	o.Where, o.Page, o.Evidence = control.URL.Path, before.URL.Path, []wire.ExchangeID{before.Ex.ID, control.ID}
	plain, err := look()
	if err != nil {
		return o, err
	}
	if o.Works = stored && e.Form != nil && !opens(before, plain); !o.Works {
		return o, nil
	}
	for _, try := range added(before) {
		if e.Form == nil {
			return o, nil
		}
		if _, _, err := v.Save(ctx, e, e.Original, extra(e, try.give)); err != nil || e.Form == nil {
			return o, err
		}
		after, err := look()
		if err != nil {
			return o, err
		}
		took := try.took(before, after)
		if _, _, err := v.Save(ctx, e, e.Original, extra(e, try.back)); err != nil {
			return o, err
		}
		if !took {
			continue
		}
		back, err := look()
		if err != nil {
			return o, err
		}
		o.Left, o.Name, o.Case, o.Evidence = try.took(before, back), try.name, try.kind, append(o.Evidence, after.Ex.ID)
		return o, nil
	}
	return o, nil
}

func (o *slipped) tell(p *check.Pass) {
	f := p.Report(nil, o.Where, i18n.Args{"name": o.Name, "page": o.Page})
	f.Case, f.Parameter, f.Evidence = o.Case, o.Name, o.Evidence
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "フォームにない項目 " + o.Name + " を足して登録内容を保存すると、会員のページの表示が変わりました。意味のない項目では変わりません。元に戻しました。",
			EN: "With " + o.Name + ", for which the form has no field, added to what is saved, the member's page changed. A meaningless field changed nothing. It was put back.",
		},
		Steps: []check.ProofStep{
			{Saw: i18n.Text{JA: "変更前", EN: "before"}, Evidence: o.Evidence[0]},
			{Value: o.Name, Saw: i18n.Text{JA: "表示が変わった", EN: "changed"}, Evidence: o.Evidence[len(o.Evidence)-1]},
		},
		Agreed: 1, Tried: 1,
	}
}

// addition is what is slipped in, how it would show, and how it is undone.
type addition struct {
	name, kind string
	give, back map[string]string
	took       func(before, after *page.Page) bool
}

var pointsShown = regexp.MustCompile(`(?i)(?:ポイント|points?|pt)[^\d\n]{0,12}([\d,]{1,9})|([\d,]{1,9})\s*(?:ポイント|pt\b|points?\b)`)

func points(pg *page.Page) (int, bool) {
	m := pointsShown.FindStringSubmatch(pg.Visible)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.ReplaceAll(m[1]+m[2], ",", ""))
	return n, err == nil
}

func added(before *page.Page) []addition {
	var out []addition
	if n, ok := points(before); ok {
		out = append(out, addition{
			name: "point", kind: "points",
			give: map[string]string{"point": strconv.Itoa(n + 7), "points": strconv.Itoa(n + 7)},
			back: map[string]string{"point": strconv.Itoa(n), "points": strconv.Itoa(n)},
			took: func(_, after *page.Page) bool { m, ok := points(after); return ok && m == n+7 },
		})
	}
	return append(out, addition{
		name: "role", kind: "",
		give: map[string]string{"role": "admin", "is_admin": "1", "admin": "1"},
		back: map[string]string{"role": "customer", "is_admin": "0", "admin": "0"},
		took: func(before, after *page.Page) bool { return opens(before, after) },
	})
}

// extra names the additions as the form names its own fields: customer[point].
func extra(e *check.Edit, add map[string]string) map[string]string {
	prefix, _, nested := strings.Cut(e.Field.Name, "[")
	out := map[string]string{}
	for k, v := range add {
		if nested {
			k = prefix + "[" + k + "]"
		}
		out[k] = v
	}
	return out
}
