package form

import (
	"context"
	"fmt"
	"net/http"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// MethodOverride asks whether a form that must be posted also works as a mere
// address, by itself or with a field that names another method: then a link or
// a picture on any site sends it. It changes the test account's own profile and
// puts it back.
var MethodOverride = &check.Check{
	Name: "method-override", Level: wire.Full, Severity: check.Low, CWE: 650, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		// What was typed in is masked in the record, so that the outcome is kept as such.
		o, err := check.Observe(ctx, p, wire.KindHTTP, "forms by GET", func(ctx context.Context) (o forged, err error) {
			err = p.As(ctx, p.Customers()[0], func(v *check.Visit) error {
				o = forged{}
				return byAddress(ctx, p, v, &o)
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
			p.Unsure("正しく送信しても登録内容が変わらなかったため、ほかの送り方を確かめられませんでした。", nil)
		case o.How != "":
			f := p.Report(nil, o.Where, i18n.Args{"field": o.Field})
			f.Case, f.Evidence = o.How, o.Evidence
			saw := i18n.Text{JA: "保存された", EN: "stored"}
			f.Proof = &check.Proof{
				Words: i18n.Text{
					JA: "テスト用アカウントの登録内容を変更するフォームを、POST ではなく GET（アドレスを開くだけの送り方）で送ったところ、変更が保存されました。変更は元に戻しました。",
					EN: "The form that changes the test account's data was sent by GET, as opening an address does, and the change was stored. It was put back.",
				},
				Steps:  []check.ProofStep{{Called: i18n.Text{JA: "（POST）", EN: "(POST)"}, Saw: saw, Evidence: o.Evidence[0]}, {Called: addressWays[o.How], Saw: saw, Evidence: o.Evidence[len(o.Evidence)-1]}},
				Agreed: 1, Tried: 1,
			}
		}
		for _, id := range o.Evidence {
			p.ExaminedThing(string(id))
		}
		if o.Left {
			p.Note(check.Note{Kind: "left", Where: o.Where, Args: i18n.Args{"field": o.Field}})
		}
		return nil
	},
}

var addressWays = map[string]i18n.Text{
	"get":      {JA: "（GET）", EN: "(GET)"},
	"override": {JA: "（GET に _method=POST を付けたもの）", EN: "(GET with _method=POST)"},
}

// byAddress saves the profile as it should be and then as an address.
func byAddress(ctx context.Context, p *check.Pass, v *check.Visit, o *forged) error {
	e, err := v.Editable(ctx)
	if err != nil || e == nil {
		return err
	}
	o.Form, o.Where, o.Field = true, handler(e.Form.Action), e.Field.Name
	tag := func(i int) string { return fmt.Sprintf("%s %s%d", e.Original, p.Derive("tag")[:4], i) }
	right, control, err := v.Save(ctx, e, tag(0), nil)
	if err != nil {
		return err
	}
	o.Works, o.Evidence = right && e.Form != nil, []wire.ExchangeID{control.ID}
	for i, how := range []string{"get", "override"} {
		if !o.Works || e.Form == nil || o.How != "" {
			break
		}
		value := tag(i + 1)
		r := signin.Sending(e.Form, map[string]string{e.Field.Name: value})
		u := *r.URL
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += string(r.Body)
		r.Method, r.URL, r.Body = http.MethodGet, &u, nil
		r.Header.Del("Content-Type")
		if how == "override" {
			u.RawQuery += "&_method=POST"
			r.Header.Set("X-HTTP-Method-Override", http.MethodPost)
		}
		r.Level, r.Again, r.Origin.Why = wire.Full, true, "a change of the test account's own data, as an address"
		pg, err := v.Do(ctx, r)
		if err != nil {
			return err
		}
		o.Evidence = append(o.Evidence, pg.Ex.ID)
		if err := v.Reread(ctx, e); err != nil {
			return err
		}
		if e.Form != nil && (e.Field.Value == value || e.Field.Value == p.Masker().Text(value)) {
			o.How = how
		}
	}
	return o.putBack(ctx, v, e)
}
