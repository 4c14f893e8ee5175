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
		return p.As(ctx, p.Customers()[0], func(v *check.Visit) error {
			e, err := v.Editable(ctx)
			if err != nil {
				return err
			}
			if e == nil {
				p.NotExamined("テスト用アカウントの登録内容を変更するフォームが見つからないため、確認していません。", nil)
				return nil
			}
			look := func() (*page.Page, error) {
				return v.Do(ctx, &wire.Request{Method: http.MethodGet, URL: v.Session().Proved(), Again: true, Origin: wire.Origin{Why: "what the account sees after a change"}})
			}
			before, err := look()
			if err != nil {
				return err
			}
			stored, control, err := v.Save(ctx, e, e.Original, extra(e, map[string]string{"m" + p.Derive("nothing")[:8]: "1"}))
			if err != nil {
				return err
			}
			p.Examined(control)
			plain, err := look()
			if err != nil {
				return err
			}
			if !stored || e.Form == nil || opens(before, plain) {
				p.Unsure("登録内容の変更が受け付けられない、または画面が落ち着かないため、判断できませんでした。", nil)
				return nil
			}
			for _, try := range added(before) {
				if _, _, err := v.Save(ctx, e, e.Original, extra(e, try.give)); err != nil {
					return err
				}
				after, err := look()
				if err != nil {
					return err
				}
				took := try.took(before, after)
				if e.Form == nil {
					return nil
				}
				if _, _, err := v.Save(ctx, e, e.Original, extra(e, try.back)); err != nil {
					return err
				}
				if !took {
					continue
				}
				back, err := look()
				if err != nil {
					return err
				}
				if try.took(before, back) {
					p.Note(check.Note{Kind: "left", Where: control.URL.Path, Args: i18n.Args{"field": try.name}})
				}
				f := p.Report(after.Ex, control.URL.Path, i18n.Args{"name": try.name, "page": after.URL.Path})
				f.Case, f.Parameter = try.kind, try.name
				f.Evidence = append(f.Evidence, before.Ex.ID, control.ID)
				f.Proof = &check.Proof{
					Words: i18n.Text{
						JA: "フォームにない項目 " + try.name + " を足して登録内容を保存すると、会員のページの表示が変わりました。意味のない項目では変わりません。元に戻しました。",
						EN: "With " + try.name + ", for which the form has no field, added to what is saved, the member's page changed. A meaningless field changed nothing. It was put back.",
					},
					Steps: []check.ProofStep{
						{Saw: i18n.Text{JA: "変更前", EN: "before"}, Evidence: before.Ex.ID},
						{Value: try.name, Saw: i18n.Text{JA: "表示が変わった", EN: "changed"}, Evidence: after.Ex.ID},
					},
					Agreed: 1, Tried: 1,
				}
				return nil
			}
			return nil
		})
	},
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
		took: opens,
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
