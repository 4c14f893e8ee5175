package login

import (
	"context"
	"fmt"
	"regexp"
	"slices"
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
// fewer than eight characters is certain; what the page says is a hint. What
// the server refuses is tried at level full only, on the test account, whose
// password is put back: so it runs when all other checks are done.
var PasswordPolicy = &check.Check{
	Name: "password-policy", Level: wire.Passive, Severity: check.Medium, CWE: 521,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper, Last: true,
	Run: func(ctx context.Context, p *check.Pass) error {
		seen, told := false, false
		for _, pg := range slices.Concat(p.Site.HTML(), p.Site.Members()) {
			for _, f := range pg.Forms {
				wrong := map[string]bool{} // the second field of "type it again" is the same fault
				for _, x := range f.Fields {
					if x.Type == "hidden" || x.Means != page.MeansPassword && x.Means != page.MeansNewPassword {
						continue
					}
					seen = true
					choosing := x.Means == page.MeansNewPassword || f.Purpose == page.ForRegister || f.Purpose == page.ForPassword || f.Purpose == page.ForReset
					ok := judge(p, pg, x, choosing, wrong)
					if choosing {
						p.ExaminedPage(pg)
						told = told || ok
					}
				}
			}
		}
		refused, err := weakTried(ctx, p)
		if err != nil {
			return err
		}
		told = told || refused
		if seen && !told {
			p.Unsure("画面の表示からは、会員が設定できるパスワードの条件（長さ・文字の種類）が分かりませんでした。実際に弱いパスワードが拒否されるかは、会員登録の操作をしないため確認していません。", nil)
		}
		return ctx.Err()
	},
}

// judge reports what is wrong with one password field; true when the page says
// that at least eight characters are asked for.
func judge(p *check.Pass, pg *page.Page, x *page.Field, choosing bool, wrong map[string]bool) bool {
	report := func(c string, n int) *check.Finding {
		if wrong[c] {
			return &check.Finding{}
		}
		wrong[c] = true
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
	least, digitsOnly := told(pg, x)
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
	// The rules are "8文字以上", "8〜32文字", "at least 8 characters", "8 characters or more", "8-32 characters".
	// A number without its unit is a date or a price as often as a length.
	rules = []*regexp.Regexp{
		regexp.MustCompile(`(\d{1,2})\s*(?:文字|桁|字)\s*(?:以上|から|〜|～|~|-|－|ー|‐)`),
		regexp.MustCompile(`(\d{1,2})\s*(?:以上|から|〜|～|~|-|－|ー|‐)[^。\d]{0,6}\d{1,3}\s*(?:文字|桁|字)`),
		regexp.MustCompile(`(?i)(?:at least|minimum(?: of)?|min\.?)\s*(\d{1,2})\s*char`),
		regexp.MustCompile(`(?i)(\d{1,2})\s*(?:characters?|chars?)\s*(?:or more|or longer|minimum)`),
		regexp.MustCompile(`(?i)(\d{1,2})\s*(?:-|–|to)\s*\d{1,3}\s*char`),
		regexp.MustCompile(`(\d{1,2})\s*(?:文字|桁)(?:の|で)`),
	}
	onlyDigits = regexp.MustCompile(`(?i)数字(?:のみ|だけ|\s*\d+\s*桁)|\d+\s*(?:桁|文字)の(?:半角)?数字|暗証番号|digits only|\b[3-7][- ]digit (?:pin|number|code|password)`)
	others     = regexp.MustCompile(`(?i)英|アルファベット|記号|letter|alphabet|symbol`)
	digitRule  = regexp.MustCompile(`^\^?(?:\[0-9\]|\\d)[{*+]`)
	patternMin = regexp.MustCompile(`\{(\d{1,2}),?`)
	// nextField begins what a page says of the field after the password.
	nextField = regexp.MustCompile(`(?i)電話|郵便|メール|生年|住所|氏名|名前|カード|phone|postal|zip|e-?mail|your name|address|card`)
	wide      = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")
)

// told is what field and page say about the least length (0: nothing) and about
// passwords of digits alone.
func told(pg *page.Page, x *page.Field) (least int, digitsOnly bool) {
	least = max(x.MinLength, 0)
	if m := patternMin.FindStringSubmatch(x.Pattern); m != nil && least == 0 {
		least, _ = strconv.Atoi(m[1])
	}
	digitsOnly = digitRule.MatchString(x.Pattern)
	for _, said := range append([]string{x.Label + " " + x.Placeholder}, around(pg.Visible)...) {
		said = wide.Replace(said)
		digitsOnly = digitsOnly || onlyDigits.MatchString(said) && !others.MatchString(said)
		for _, re := range rules {
			if m := re.FindStringSubmatch(said); m != nil && least == 0 {
				least, _ = strconv.Atoi(m[1])
			}
		}
	}
	return least, digitsOnly
}

var passwordWord = regexp.MustCompile(`(?i)パスワード|password`)

// around cuts out what the page says right after each "パスワード" or "password".
func around(visible string) []string {
	var out []string
	for _, at := range passwordWord.FindAllStringIndex(visible, 20) {
		r := []rune(visible[at[1]:])
		said := string(r[:min(len(r), 60)])
		if next := nextField.FindStringIndex(said); next != nil {
			said = said[:next[0]]
		}
		out = append(out, said)
	}
	return out
}
