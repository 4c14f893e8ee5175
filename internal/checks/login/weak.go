package login

import (
	"context"
	"errors"
	"net/http"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// weak are passwords that no shop should take: too short, and known to everybody.
var weak = []string{"1234567", "password"}

// tried is what became of the weak passwords.
type tried struct {
	Refused  int
	Accepted string
	Left     bool // the account's own password could not be put back
	Evidence []wire.ExchangeID
}

// weakTried sets weak passwords for the test account, at level full, and puts
// its own back. refused is true when the shop took none of them.
func weakTried(ctx context.Context, p *check.Pass) (refused bool, err error) {
	if p.Scope.Level != wire.Full && p.Scope.Level != wire.Offline || len(p.Customers()) == 0 {
		return false, nil
	}
	name := p.Customers()[0]
	at := passwordPage(p, name)
	if at == nil {
		return false, nil
	}
	r, err := check.Observe(ctx, p, wire.KindHTTP, "weak passwords", func(ctx context.Context) (tried, error) { return tryWeak(ctx, p, name, at) })
	if errors.Is(err, wire.ErrNotStored) {
		return false, nil // judged again: it was not tried then
	}
	if err != nil {
		return false, err
	}
	if r.Left {
		p.Note(check.Note{Kind: "left", Where: at.URL.Path, Args: i18n.Args{"account": name}})
	}
	if r.Accepted != "" {
		f := p.Report(nil, at.URL.Path, i18n.Args{"field": r.Accepted, "n": "8"})
		f.Case, f.Evidence = "accepted", r.Evidence
		f.Proof = &check.Proof{Words: i18n.Text{
			JA: "テスト用アカウントのパスワードを「" + r.Accepted + "」に変更できました。パスワードは元に戻しました。",
			EN: "The test account's password could be set to " + r.Accepted + ". It was put back.",
		}, Steps: []check.ProofStep{{Value: r.Accepted, Saw: i18n.Text{JA: "受け付けられた", EN: "accepted"}, Evidence: r.Evidence[len(r.Evidence)-1]}}}
		return false, nil
	}
	if r.Refused == len(weak) {
		p.ExaminedPage(at)
		return true, nil
	}
	return false, nil
}

func tryWeak(ctx context.Context, p *check.Pass, name string, at *page.Page) (r tried, err error) {
	s, err := p.Another(ctx, name, "weak")
	if err == nil {
		err = s.Live(ctx)
	}
	if err != nil {
		return r, err
	}
	for _, w := range weak {
		pg, err := s.ChangePassword(ctx, at.URL, "", w, wire.Origin{Check: p.CheckName(), Why: "is a weak password refused"})
		if err != nil {
			return r, err
		}
		r.Evidence = append(r.Evidence, pg.Ex.ID)
		if pg.Ex.Status >= 400 || !changeDone.MatchString(pg.Visible) {
			r.Refused++
			continue
		}
		r.Accepted = w
		back, err := s.ChangePassword(context.WithoutCancel(ctx), at.URL, w, "", wire.Origin{Check: p.CheckName(), Why: "the test account's password is put back"})
		r.Left = err != nil || back.Ex.Status != http.StatusOK || !changeDone.MatchString(back.Visible)
		return r, nil
	}
	return r, nil
}
