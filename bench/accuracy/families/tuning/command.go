package tuning

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// line is one way to put a value into a command line.
type line struct {
	name, about string
	command     string // with one %s
	clean       func(string) string
	exploit     string // added to the sample; prints 41307 by reckoning
	shows       bool   // the output is shown
	code        bool   // only whether the command succeeded is shown
}

var lines = []line{
	{name: "bare", about: "the word stands bare in grep's command line", command: "grep -i %s items.txt", clean: same, exploit: " items.txt; expr 41300 + 7 ; :", shows: true},
	{name: "double-quotes", about: "the word stands in double quotes", command: `grep -i "%s" items.txt`, clean: func(v string) string { return strings.ReplaceAll(v, `"`, "") }, exploit: "$(expr 41300 + 7 >&2)", shows: true},
	{name: "single-quotes", about: "the word stands in single quotes", command: "grep -i '%s' items.txt", clean: same, exploit: "' items.txt; expr 41300 + 7; : '", shows: true},
	{name: "backticks", about: "; | & < > $ are taken out, backticks are not", command: "grep -i %s items.txt", clean: without(";|&<>$"), exploit: " `expr 41300 + 7`", shows: true},
	{name: "newline", about: "all signs of the shell are taken out but the end of a line", command: "grep -i %s items.txt", clean: without(";|&<>$`()'\"\\"), exploit: "\nexpr 41300 + 7\n:", shows: true},
	{name: "no-space", about: "spaces are taken out", command: "cat docs/%s.txt", clean: without(" "), exploit: ".txt;expr${IFS}41300${IFS}+${IFS}7;:", shows: true},
	{name: "ampersand", about: "; and | are taken out", command: "cat docs/%s.txt", clean: without(";|`"), exploit: ".txt & expr 41300 + 7 & :", shows: true},
	{name: "argument", about: "the word is an argument in the middle", command: "echo 検索: %s >/dev/null; grep -ci %[1]s items.txt", clean: same, exploit: " ; expr 41300 + 7; :", shows: true},
	{name: "code", about: "only whether the command succeeded is shown", command: "grep -qi '%s' items.txt", clean: same, exploit: "", code: true},
	{name: "blind", about: "nothing of the command is shown", command: "logger -t shop \"%s\" 2>/dev/null; true", clean: same},
	{name: "blind-single", about: "nothing of the command is shown, the word stands in single quotes", command: "echo '%s' >/dev/null 2>&1", clean: same},
}

func without(signs string) func(string) string {
	return func(v string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(signs, r) {
				return -1
			}
			return r
		}, v)
	}
}

var commandFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range lines {
		out = append(out, commandFamily(&lines[i]))
	}
	return append(out, reckoner)
}()

func commandFamily(l *line) *trial.Family {
	f := &trial.Family{Name: "sh-" + l.name, Class: "os-command", About: l.about, Places: trial.Everywhere, Grades: trial.NoWAF}
	if !l.shows {
		f.Grades = []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow, trial.Jitter, trial.Lock}
	}
	if strings.Contains(l.exploit, "\n") {
		f.Places = trial.Except(trial.Header) // a header holds one line
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		lure := b.Rand.IntN(5)
		files := map[string]string{"items.txt": ""}
		for _, w := range c {
			files["items.txt"] += fmt.Sprintf("%s %s %d\n", w.Name, w.Category, w.Price)
			files["docs/"+w.Name+".txt"] = w.Name + " のご説明\n"
		}
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name, c[3].Name}}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := l.clean(a.Value)
			if strings.ContainsRune(v, 0) {
				return oops(), nil
			}
			var text string
			var code int
			if b.Vulnerable {
				out, err := b.Set.Shell(ctx, dir, fmt.Sprintf(l.command, v))
				if err != nil {
					return nil, err
				}
				text, code = out.Text, out.Code
			} else {
				if lure == 1 && regexp.MustCompile("[;|&`$()<>\n'\"]").MatchString(a.Value) {
					return trial.Status(500, "<h1>エラー</h1><p>sh: 1: Syntax error: 使用できない文字が含まれています。</p>"), nil
				}
				if lure == 2 && len(a.Value) > 24 {
					select {
					case <-time.After(time.Duration(min(len(a.Value), 80)) * 6 * time.Millisecond):
					case <-ctx.Done():
					}
				}
				var err error
				if text, code, err = carefulGrep(ctx, b, dir, lure, v); err != nil {
					return nil, err
				}
			}
			switch {
			case l.code && code == 0:
				return trial.Text("<h1>在庫</h1><p>お取り扱いがあります。</p>"), nil
			case l.code:
				return trial.Text("<h1>在庫</h1><p>お取り扱いがありません。</p>"), nil
			case l.shows:
				return trial.Text("<h1>検索結果</h1><pre>" + esc(text) + "</pre>"), nil
			}
			return trial.Text("<h1>受け付けました</h1><p>ありがとうございます。</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			switch {
			case l.shows:
				return proof.Shows(ctx, send, h.Sample+l.exploit, "41307")
			case l.code:
				return proof.Splits(ctx, send, h.Sample+"'$(true)'", h.Sample+"'$(expr 41300 + 7)'", "お取り扱いがあります")
			case l.name == "blind":
				return proof.Waits(ctx, send, h.Sample+"$(sleep 1.2)", h.Sample+"$(sleep 0)", time.Second)
			}
			return proof.Waits(ctx, send, h.Sample+"'$(sleep 1.2)'", h.Sample+"'$(sleep 0)'", time.Second)
		}
		return h, nil
	}
	return f
}

// carefulGrep looks the word up without giving it to a shell, or quoted for one.
func carefulGrep(ctx context.Context, b *trial.Build, dir string, lure int, v string) (string, int, error) {
	if lure == 3 {
		out, err := b.Set.Shell(ctx, dir, "grep -i -e '"+strings.ReplaceAll(v, "'", `'\''`)+"' items.txt")
		return out.Text, out.Code, err
	}
	out, err := b.Set.Run(ctx, dir, "", "grep", "-i", "-F", "-e", v, "items.txt")
	if out.Code != 0 && lure == 4 {
		// What was not found is told as a shell would.
		return "sh: 1: " + v + ": not found\n", out.Code, err
	}
	return out.Text, out.Code, err
}

// reckoner is a price calculator: it reckons for everybody, by itself.
var reckoner = &trial.Family{Name: "sh-reckoner", Class: "os-command", About: "a calculator of prices: sums and products are its business", SafeOnly: true, Places: []trial.Place{trial.Query, trial.Form, trial.JSON}, Make: func(b *trial.Build) (*trial.Handler, error) {
	h := &trial.Handler{Sample: "120*3", Others: []string{"2*80", "7+5"}, Param: "q"}
	sum := regexp.MustCompile(`(\d{1,9})\s*([*+-])\s*(\d{1,9})`)
	h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		shown := sum.ReplaceAllStringFunc(a.Value, func(s string) string {
			m := sum.FindStringSubmatch(s)
			x, z := leadingLong(m[1]), leadingLong(m[3])
			switch m[2] {
			case "*":
				return fmt.Sprint(x * z)
			case "+":
				return fmt.Sprint(x + z)
			}
			return fmt.Sprint(x - z)
		})
		return trial.Text("<h1>電卓</h1><p>" + esc(a.Value) + " = <b>" + esc(shown) + "</b> 円</p>"), nil
	}
	return h, nil
}}

func leadingLong(s string) int64 {
	var n int64
	for _, r := range s {
		n = n*10 + int64(r-'0')
	}
	return n
}
