package login

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// UserEnumeration asks whether a failed sign-in tells who is a member: a name
// that nobody has and the test account's name, both with a wrong password,
// twice each. What differs must differ both times; what was typed does not count.
var UserEnumeration = &check.Check{
	Name: "user-enumeration", Level: wire.Active, Severity: check.Medium, CWE: 204, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s := p.Session(p.Customers()[0])
		user := s.Account().User
		var unknown, known [2]*answer
		for i := range 2 {
			n := string(rune('1' + i))
			var err error
			if unknown[i], err = wrongly(ctx, p, s, "unknown"+n, stranger(user, p.Derive("stranger"+n)), noPassword(p.Derive("password"+n)), wire.Guess); err == nil {
				known[i], err = wrongly(ctx, p, s, "known"+n, user, noPassword(p.Derive("password"+n)), wire.Guess)
			}
			if errors.Is(err, signin.ErrNoTry) {
				p.NotExamined("ログインの方式（HTTP 認証、記録された手順など）の都合で、ログインの失敗を試していません。", nil)
				return nil
			}
			if err != nil {
				return err
			}
		}
		for _, a := range []*answer{unknown[0], known[0], unknown[1], known[1]} {
			p.Examined(a.page.Ex)
			if a.status == 429 || a.page.Challenge != "" {
				p.Unsure("ログインの失敗が続いたために遮られ、比べられませんでした。", nil)
				return nil
			}
		}
		door := s.Door().Path
		switch {
		case unknown[0].status == unknown[1].status && known[0].status == known[1].status && unknown[0].status != known[0].status:
			tellApart(p, door, "status", unknown, known, itoa(unknown[0].status), itoa(known[0].status))
		case unknown[0].redirect == unknown[1].redirect && known[0].redirect == known[1].redirect && unknown[0].redirect != known[0].redirect:
			tellApart(p, door, "redirect", unknown, known, orNone(unknown[0].redirect), orNone(known[0].redirect))
		default:
			onlyUnknown := notIn(both(unknown[0].lines, unknown[1].lines), known[0].lines, known[1].lines)
			onlyKnown := notIn(both(known[0].lines, known[1].lines), unknown[0].lines, unknown[1].lines)
			if len(onlyUnknown)+len(onlyKnown) > 0 {
				f := tellApart(p, door, "text", unknown, known, orNone(strings.Join(onlyUnknown, " / ")), orNone(strings.Join(onlyKnown, " / ")))
				if !slices.ContainsFunc(slices.Concat(onlyUnknown, onlyKnown), aboutAccounts.MatchString) {
					f.Confidence = check.Possible // what is recommended or counted may differ by chance
				}
			} else if slower(unknown, known) {
				f := tellApart(p, door, "time", unknown, known, ms(unknown), ms(known))
				f.Confidence, f.Severity = check.Possible, check.Low
			}
		}
		return ctx.Err()
	},
}

var aboutAccounts = regexp.MustCompile(`(?i)登録|会員|存在|見つか|アカウント|メールアドレス|パスワード|ID|ログイン|account|e-?mail|user|member|password|exist|found|register|sign|log ?in`)

// slower says that one kind of answer takes much longer than the other, by far
// more than answers of one kind differ among themselves.
func slower(a, b [2]*answer) bool {
	lo, hi := min(a[0].took, a[1].took), max(a[0].took, a[1].took)
	lo2, hi2 := min(b[0].took, b[1].took), max(b[0].took, b[1].took)
	if lo > lo2 {
		lo, hi, lo2, hi2 = lo2, hi2, lo, hi
	}
	gap := lo2 - hi
	return gap > 200*time.Millisecond && lo2 > 3*hi && gap > 4*max(hi-lo, hi2-lo2)
}

func tellApart(p *check.Pass, where, how string, unknown, known [2]*answer, u, k string) *check.Finding {
	f := p.Report(nil, where, i18n.Args{"unknown": clip(u), "known": clip(k)})
	f.Case = how
	saw := func(s string) i18n.Text { return i18n.Text{JA: clip(s), EN: clip(s)} }
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "登録のない名前と、テスト用アカウントの名前で、どちらも誤ったパスワードを送ると、応答が 2 回とも同じように違いました。",
			EN: "A name that nobody has and the test account's name, both with a wrong password, were answered differently, both times alike.",
		},
		Agreed: 2, Tried: 2,
	}
	for i := range 2 {
		f.Evidence = append(f.Evidence, unknown[i].ex, known[i].ex)
		f.Proof.Steps = append(f.Proof.Steps, check.ProofStep{Called: i18n.Text{JA: "（登録のない名前）", EN: "(a name that nobody has)"}, Saw: saw(u), Evidence: unknown[i].ex}, check.ProofStep{Called: i18n.Text{JA: "（テスト用アカウントの名前）", EN: "(the test account's name)"}, Saw: saw(k), Evidence: known[i].ex})
	}
	return f
}
