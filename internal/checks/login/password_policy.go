package login

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// leastLength is what every guide asks of passwords at least (ウェブ健康診断 J).
const leastLength = 8

// PasswordPolicy asks which passwords members may choose. A field that takes
// fewer than eight characters is certain; what the page says is a hint; and
// what the server refuses is not tried.
var PasswordPolicy = &check.Check{
	Name: "password-policy", Level: wire.Passive, Severity: check.Medium, CWE: 521,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		seen, told := false, false
		for _, pg := range p.Site.HTML() {
			for _, f := range pg.Forms {
				for _, x := range f.Fields {
					if x.Type == "hidden" || x.Means != page.MeansPassword && x.Means != page.MeansNewPassword {
						continue
					}
					seen = true
					choosing := x.Means == page.MeansNewPassword || f.Purpose == page.ForRegister || f.Purpose == page.ForPassword || f.Purpose == page.ForReset
					ok := judge(p, pg, f, x, choosing)
					if choosing {
						p.ExaminedPage(pg)
						told = told || ok
					}
				}
			}
		}
		if seen && !told {
			p.Unsure("画面の表示からは、会員が設定できるパスワードの条件（長さ・文字の種類）が分かりませんでした。実際に弱いパスワードが拒否されるかは、会員登録の操作をしないため確認していません。", nil)
		}
		return ctx.Err()
	},
}

// judge reports what is wrong with one password field; true when the page says
// that at least eight characters are asked for.
func judge(p *check.Pass, pg *page.Page, f *page.Form, x *page.Field, choosing bool) bool {
	report := func(c string, n int) *check.Finding {
		found := p.Report(pg.Ex, pg.Ex.Path(), i18n.Args{"field": x.Name, "n": fmt.Sprint(n)})
		found.Case, found.Parameter = c, x.Name
		return found
	}
	if x.MaxLength > 0 && x.MaxLength < leastLength {
		report("maxlength", x.MaxLength).Excerpt = fmt.Sprintf(`<input type="%s" name="%s" maxlength="%d">`, x.Type, x.Name, x.MaxLength)
		return false
	}
	if !choosing {
		return false
	}
	least, digitsOnly := told(pg, f, x)
	switch {
	case digitsOnly:
		report("digits", max(least, 0)).Confidence = check.Possible
	case least > 0 && least < leastLength:
		found := report("short", least)
		found.Severity, found.Confidence = check.Low, check.Possible
	case least >= leastLength:
		if x.MaxLength > 0 && x.MaxLength < 16 {
			report("maxlength-low", x.MaxLength).Severity = check.Info
		}
		return true
	}
	return false
}

var (
	// rule is "パスワード … 8文字以上", "(8〜32文字)", "8 characters or more", "at least 8 characters".
	ruleJA     = regexp.MustCompile(`(\d{1,2})\s*(?:文字|桁|字)?\s*(?:以上|から|〜|～|~|-|－|ー|‐)`)
	ruleExact  = regexp.MustCompile(`(\d{1,2})\s*(?:文字|桁)(?:の|で)`)
	ruleEN     = regexp.MustCompile(`(?i)(?:at least|minimum(?: of)?|min\.?)\s*(\d{1,2})\s*char|(\d{1,2})\s*(?:characters?|chars?)?\s*(?:or more|or longer|minimum|-|–|to)\s*(?:\d{1,3}\s*)?char`)
	onlyDigits = regexp.MustCompile(`数字(?:のみ|だけ|\s*\d+\s*桁)|\d+\s*桁の(?:半角)?数字|\d+\s*文字の(?:半角)?数字|暗証番号|(?i:digits only|\d+[- ]digit)`)
	digitRule  = regexp.MustCompile(`^\^?(?:\[0-9\]|\\d)[{*+]`)
	wide       = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")
)

// told is what field and page say about the least length (0: nothing) and about
// passwords of digits alone.
func told(pg *page.Page, f *page.Form, x *page.Field) (least int, digitsOnly bool) {
	near := wide.Replace(x.Label + " " + x.Placeholder + " " + around(pg.Visible))
	if x.MinLength > 0 {
		least = x.MinLength
	}
	if m := regexp.MustCompile(`\{(\d{1,2}),?`).FindStringSubmatch(x.Pattern); m != nil && least == 0 {
		least, _ = strconv.Atoi(m[1])
	}
	for _, re := range []*regexp.Regexp{ruleJA, ruleEN, ruleExact} {
		if m := re.FindStringSubmatch(near); m != nil && least == 0 {
			least, _ = strconv.Atoi(m[1] + strings.Join(m[2:], ""))
		}
	}
	return least, digitRule.MatchString(x.Pattern) || onlyDigits.MatchString(near)
}

// around cuts out what the page says right after each "パスワード" or "password".
func around(visible string) string {
	var b strings.Builder
	low := strings.ToLower(visible)
	for _, word := range []string{"パスワード", "password"} {
		for at, from := 0, 0; ; from = at + len(word) {
			i := strings.Index(low[from:], word)
			if i < 0 || len(low) != len(visible) {
				break
			}
			at = from + i
			r := []rune(visible[at:])
			b.WriteString(string(r[:min(len(r), 60)]) + "\n")
		}
	}
	return b.String()
}
