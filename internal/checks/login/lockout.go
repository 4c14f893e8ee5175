package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// mostTries is how many wrong passwords are sent; the tenth try is the right one.
const mostTries = 9

// Lockout asks whether wrong passwords have an end. It sends wrong ones for a
// test account until the shop answers otherwise, and then, if it never did, the
// right one: some shops lock without a word. The account may be locked
// afterwards, so that the consent must name the act and it runs last.
var Lockout = &check.Check{
	Name: "lockout", Level: wire.Active, Severity: check.Medium, CWE: 307, Needs: check.Account, Last: true,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		if !slices.Contains(p.Scope.Consent.Acts, wire.ActLockout) {
			p.NotExamined("誤ったパスワードを続けて送る確認には、テスト用アカウントがロックされることへの同意（consent の acts に lockout）が必要です。同意がないため、確認していません。", nil)
			return nil
		}
		names := p.Customers()
		name := names[len(names)-1]
		s := p.Session(name)
		var first, last *answer
		for i := range mostTries {
			n := strconv.Itoa(i + 1)
			a, err := wrongly(ctx, p, s, n, s.Account().User, noPassword(p.Derive("lockout"+n)), wire.Lockout)
			if errors.Is(err, signin.ErrNoTry) {
				p.NotExamined("ログインの方式（HTTP 認証、記録された手順など）の都合で、ログインの失敗を試していません。", nil)
				return nil
			}
			if err != nil {
				return err
			}
			p.Examined(a.page.Ex)
			if last = a; first == nil {
				first = a
			}
			if limits(first, a) {
				p.Note(check.Note{Kind: "sign-in", Where: s.Door().Path, Args: i18n.Args{"tries": n}})
				return nil
			}
		}
		right, err := p.Another(ctx, name, "right")
		var why *signin.Reason
		switch {
		case errors.As(err, &why) && (why.Kind == signin.Refused || why.Kind == signin.Locked || why.Kind == signin.Captcha || why.Kind == signin.TwoFactor):
			p.Note(check.Note{Kind: "sign-in", Where: s.Door().Path, Args: i18n.Args{"tries": strconv.Itoa(mostTries)}})
			return nil // it was locked without a word
		case err != nil:
			return err
		}
		f := p.Report(nil, s.Door().Path, i18n.Args{"n": strconv.Itoa(mostTries), "account": name})
		f.Evidence = append([]wire.ExchangeID{first.ex, last.ex}, right.Evidence()...)
		f.Proof = &check.Proof{
			Words: i18n.Text{
				JA: fmt.Sprintf("誤ったパスワードを %d 回続けて送っても応答は変わらず、その直後に正しいパスワードでログインできました。", mostTries),
				EN: fmt.Sprintf("%d wrong passwords in a row were answered alike, and right afterwards the right one signed in.", mostTries),
			},
			Steps: []check.ProofStep{
				{Value: "1", Saw: i18n.Text{JA: "失敗", EN: "refused"}, Evidence: first.ex},
				{Value: strconv.Itoa(mostTries), Saw: i18n.Text{JA: "1 回目と同じ失敗", EN: "refused as the first time"}, Evidence: last.ex},
			},
			Agreed: mostTries, Tried: mostTries,
		}
		return nil
	},
}

// limits says that a is more than a plain refusal: a lock, a CAPTCHA, a wait.
func limits(first, a *answer) bool {
	if a.status == 429 || a.status == 423 {
		return true
	}
	if a == first {
		return false
	}
	return a.status != first.status || a.redirect != first.redirect || a.captcha && !first.captcha ||
		slices.ContainsFunc(notIn(a.lines, first.lines), func(l line) bool { return lockWord.MatchString(l.text) }) || a.took > 2*time.Second && a.took > 4*first.took
}

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func clip(s string) string {
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}

func ms(a [2]*answer) string {
	return fmt.Sprintf("%d ms, %d ms", a[0].took.Milliseconds(), a[1].took.Milliseconds())
}
