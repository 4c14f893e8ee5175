package form

import (
	"context"
	"fmt"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// CSRFVerified asks whether the shop refuses a form whose token is missing,
// altered or another customer's. It changes the test account's own profile, sees
// whether the change was stored, and puts everything back.
var CSRFVerified = &check.Check{
	Name: "csrf-verified", Level: wire.Full, Severity: check.Medium, CWE: 352, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		names := p.Customers()
		foreign := ""
		if len(names) > 1 {
			if err := p.As(ctx, names[1], func(v *check.Visit) error {
				e, err := v.Editable(ctx)
				if err == nil && e != nil && e.Token != nil {
					foreign = e.Token.Value
				}
				return err
			}); err != nil {
				return err
			}
		}
		return p.As(ctx, names[0], func(v *check.Visit) error { return forge(ctx, p, v, foreign) })
	},
}

// forge saves the profile with each kind of wrong token.
func forge(ctx context.Context, p *check.Pass, v *check.Visit, foreign string) error {
	e, err := v.Editable(ctx)
	if err != nil {
		return err
	}
	if e == nil {
		p.NotExamined("テスト用アカウントの登録内容を変更するフォームが見つからないため、確認していません。", nil)
		return nil
	}
	tag := func(i int) string { return fmt.Sprintf("%s %s%d", e.Original, p.Derive("tag")[:4], i) }
	right, control, err := v.Save(ctx, e, tag(0), nil)
	if err != nil {
		return err
	}
	p.Examined(control)
	if !right || e.Form == nil {
		p.Unsure("正しく送信しても登録内容が変わらなかったため、トークンの照合を確かめられませんでした。", nil)
		return putBack(ctx, p, v, e)
	}
	type way struct {
		name  string
		over  map[string]string
		leave []string
	}
	var ways []way
	if e.Token != nil {
		name := e.Token.Name
		ways = []way{{"removed", nil, []string{name}}, {"altered", map[string]string{name: reversed(e.Token.Value)}, nil}}
		if foreign != "" {
			ways = append(ways, way{"foreign", map[string]string{name: foreign}, nil})
		}
	}
	if e.Token == nil && !sessionsStayHome(p.Site) { // nothing that another site could not send, and it was stored
		tell(p, e, "none", control, control)
	}
	for i, w := range ways {
		stored, ex, err := v.Save(ctx, e, tag(i+1), w.over, w.leave...)
		if err != nil {
			return err
		}
		p.Examined(ex)
		if stored {
			tell(p, e, w.name, control, ex)
			break
		}
		if e.Form == nil {
			if err := v.Reread(ctx, e); err != nil || e.Form == nil {
				return err
			}
		}
	}
	return putBack(ctx, p, v, e)
}

// putBack stores what was there before.
func putBack(ctx context.Context, p *check.Pass, v *check.Visit, e *check.Edit) error {
	if e.Form == nil {
		if err := v.Reread(ctx, e); err != nil || e.Form == nil {
			return err
		}
	}
	done, _, err := v.Save(ctx, e, e.Original, nil)
	if err == nil && !done {
		p.Note(check.Note{Kind: "left", Where: e.Form.Action.Path, Args: i18n.Args{"field": e.Field.Name}})
	}
	return err
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	if string(b) == s {
		return s[:len(s)-1] + "x"
	}
	return string(b)
}

func tell(p *check.Pass, e *check.Edit, how string, control, ex *wire.Exchange) {
	f := p.Report(ex, handler(ex.URL), i18n.Args{"field": e.Field.Name})
	f.Case = how
	if sessionsStayHome(p.Site) { // browsers keep the cookie at home; old ones and sub-domains do not
		f.Severity = check.Low
		f.CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N"
		f.CVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N"
	}
	f.Evidence = append(f.Evidence, control.ID)
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "テスト用アカウントの登録内容を変更するフォームを、トークンを正しく付けずに送ったところ、変更が保存されました。変更は元に戻しました。",
			EN: "The form that changes the test account's data was sent without a right token, and the change was stored. It was put back.",
		},
		Steps: []check.ProofStep{
			{Value: "(正しいトークン)", Saw: i18n.Text{JA: "保存された", EN: "stored"}, Evidence: control.ID},
			{Value: "(" + how + ")", Saw: i18n.Text{JA: "保存された", EN: "stored"}, Evidence: ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}
