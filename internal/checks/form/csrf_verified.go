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
		// What was typed in is masked in the record, so that the outcome is kept as such.
		o, err := check.Observe(ctx, p, wire.KindHTTP, "forged forms", func(ctx context.Context) (forged, error) { return forge(ctx, p) })
		switch {
		case err != nil:
			return err
		case !o.Form:
			p.NotExamined("テスト用アカウントの登録内容を変更するフォームが見つからないため、確認していません。", nil)
			return nil
		case !o.Works:
			p.Unsure("正しく送信しても登録内容が変わらなかったため、トークンの照合を確かめられませんでした。", nil)
		case o.How != "":
			o.tell(p)
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

// forged is what became of the forms with wrong tokens.
type forged struct {
	Form, Works  bool
	Left         bool // the profile could not be put back
	Where, Field string
	How          string // the kind of token with which a change was stored; "" none
	Evidence     []wire.ExchangeID
}

func forge(ctx context.Context, p *check.Pass) (o forged, err error) {
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
			return o, err
		}
	}
	err = p.As(ctx, names[0], func(v *check.Visit) error {
		o = forged{}
		e, err := v.Editable(ctx)
		if err != nil || e == nil {
			return err
		}
		o.Form, o.Where, o.Field = true, handler(e.Form.Action), e.Field.Name
		if err = o.try(ctx, p, v, e, foreign); err != nil {
			return err
		}
		return o.putBack(ctx, v, e)
	})
	return o, err
}

// tokens are the kinds of token with which a change should not be stored.
var tokens = map[string]i18n.Text{
	"none":    {JA: "（トークンのないフォーム）", EN: "(a form without a token)"},
	"removed": {JA: "（トークンなし）", EN: "(no token)"},
	"altered": {JA: "（書き換えたトークン）", EN: "(an altered token)"},
	"foreign": {JA: "（別の人のトークン）", EN: "(somebody else's token)"},
}

// try saves the profile with the right token and then with each kind of wrong one.
func (o *forged) try(ctx context.Context, p *check.Pass, v *check.Visit, e *check.Edit, foreign string) error {
	tag := func(i int) string { return fmt.Sprintf("%s %s%d", e.Original, p.Derive("tag")[:4], i) }
	right, control, err := v.Save(ctx, e, tag(0), nil)
	if err != nil {
		return err
	}
	o.Works, o.Evidence = right && e.Form != nil, []wire.ExchangeID{control.ID}
	if !o.Works {
		return nil
	}
	if e.Token == nil {
		if !sessionsStayHome(p.Site) { // nothing that another site could not send, and it was stored
			o.How = "none"
		}
		return nil
	}
	name, value := e.Token.Name, e.Token.Value
	for i, w := range []struct {
		how   string
		over  map[string]string
		leave []string
	}{{"removed", nil, []string{name}}, {"altered", map[string]string{name: reversed(value)}, nil}, {"foreign", map[string]string{name: foreign}, nil}} {
		if w.how == "foreign" && foreign == "" {
			continue
		}
		stored, ex, err := v.Save(ctx, e, tag(i+1), w.over, w.leave...)
		if err != nil {
			return err
		}
		o.Evidence = append(o.Evidence, ex.ID)
		if stored {
			o.How = w.how
			return nil
		}
		if e.Form == nil {
			return nil
		}
	}
	return nil
}

// putBack stores what was there before.
func (o *forged) putBack(ctx context.Context, v *check.Visit, e *check.Edit) error {
	if e.Form == nil {
		if err := v.Reread(ctx, e); err != nil || e.Form == nil {
			o.Left = true
			return err
		}
	}
	done, _, err := v.Save(ctx, e, e.Original, nil)
	o.Left = err != nil || !done
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

func (o *forged) tell(p *check.Pass) {
	f := p.Report(nil, o.Where, i18n.Args{"field": o.Field})
	f.Case, f.Evidence = o.How, o.Evidence
	if sessionsStayHome(p.Site) { // browsers keep the cookie at home; old ones and sub-domains do not
		f.Severity = check.Low
		f.CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N"
		f.CVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N"
	}
	saw := i18n.Text{JA: "保存された", EN: "stored"}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "テスト用アカウントの登録内容を変更するフォームを、トークンを正しく付けずに送ったところ、変更が保存されました。変更は元に戻しました。",
			EN: "The form that changes the test account's data was sent without a right token, and the change was stored. It was put back.",
		},
		Steps:  []check.ProofStep{{Called: i18n.Text{JA: "（正しいトークン）", EN: "(the right token)"}, Saw: saw, Evidence: o.Evidence[0]}, {Called: tokens[o.How], Saw: saw, Evidence: o.Evidence[len(o.Evidence)-1]}},
		Agreed: 1, Tried: 1,
	}
}
