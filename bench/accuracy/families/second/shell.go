package second

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// line is a command line with the place into which the value gets.
type line struct {
	name, about string
	line        string   // of sh, with %s
	args        []string // what the twin runs instead, without a shell: program and arguments, %s among them
	before      func(string) string
	sample      string // "" is an article's name
	exploit     string
	shows       string // in the answer to the exploit
	yes, no     string // instead: answered like the sample, and otherwise
	slow        string // instead: takes a while
	exit        bool   // only the exit code shows
	silent      bool   // nothing shows
	places      []trial.Place
	grades      []trial.Grade
}

// quote is escapeshellarg.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var noBlank = strings.NewReplacer(" ", "", "\t", "", "　", "")
var noSigns = strings.NewReplacer(";", "", "|", "", "&", "", "$", "", "`", "", "<", "", ">", "", "(", "", ")", "")

var lines = []line{
	{name: "label", about: "a name in single quotes, printed in capitals", line: "echo '宛名 %s 様' | tr a-z A-Z", args: []string{"printf", "宛名 %s 様\n"}, exploit: "x'$((41*271))'", shows: "11111"},
	{name: "no-blanks", about: "blanks are taken out of an argument without quotes", line: "grep -h -i %s range.txt", args: []string{"grep", "-h", "-i", "--", "%s", "range.txt"}, before: noBlank.Replace, exploit: "$((41*271));echo$IFS$((41*271))", shows: "11111"},
	{name: "line-break", about: "signs of the shell are taken out, line breaks are not", line: "grep -h -c %s range.txt", args: []string{"grep", "-h", "-c", "--", "%s", "range.txt"}, before: noSigns.Replace, exploit: "zz range.txt\nexpr 11000 + 111\n", shows: "11111", places: trial.Except(trial.Header, trial.Name)},
	{name: "stock", about: "grep -q says whether there is stock, and nothing else shows", line: "grep -q '^%s ' range.txt", args: []string{"grep", "-q", "^%s ", "range.txt"}, yes: "%v ' range.txt; true '", no: "%v ' range.txt; false '", exit: true},
	{name: "notice", about: "a note is written away, and nothing shows", line: `echo "restock %s" > /dev/null`, args: []string{"true"}, slow: "x$(sleep 2)", silent: true, grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow}, places: []trial.Place{trial.Query, trial.Form, trial.Cookie, trial.JSON, trial.Path, trial.Header, trial.Base64}},
	{name: "twice", about: "quoted once, for a line that two shells read", line: `sh -c "grep -h -i -- %s range.txt"`, args: []string{"grep", "-h", "-i", "--", "%s", "range.txt"}, before: quote, exploit: `x$(echo $((41*271)) >&2)`, shows: "11111"},
	{name: "prefix-check", about: "a test of the first signs only", line: "ls img/%s.svg", args: []string{"ls", "img/%s.svg"}, before: func(s string) string {
		if m, _ := regexp.MatchString(`^[a-z]+`, s); !m {
			return "none"
		}
		return s
	}, exploit: "x;echo $((41*271));echo ", shows: "11111"},
	{name: "listing", about: "part of a file's name, with a joker behind it", line: "ls img/%s*", args: []string{"ls", "img/%s.svg"}, exploit: "x$((41*271))", shows: "x11111"},
	{name: "checksum", about: "the sum of a file, in double quotes", line: `md5sum "img/%s.svg"`, args: []string{"md5sum", "img/%s.svg"}, exploit: "x`expr 11000 + 111`", shows: "x11111"},
	{name: "reverse", about: "a pipe into rev, double quotes taken out", line: `echo "%s" | rev`, args: []string{"echo", "%s"}, before: func(s string) string { return strings.ReplaceAll(s, `"`, "") }, exploit: "$(expr 22000 + 345)", shows: "54322"},
	{name: "option", about: "a number of lines without quotes", line: "head -n %s range.txt", args: []string{"head", "-n", "%s", "range.txt"}, sample: "3", yes: "$((1+2))", no: "$((1+1))"},
	{name: "sort-key", about: "a column's number for sort", line: "sort -k%s range.txt 2>&1 | head -n 4", args: []string{"sort", "-k%s", "range.txt"}, sample: "2", exploit: "2 range.txt;expr 11000 + 111;echo ", shows: "11111"},
	{name: "words", about: "each word of the value an argument, semicolons taken out", line: "echo 検索: %s", args: []string{"echo", "検索:", "%s"}, before: func(s string) string { return strings.ReplaceAll(s, ";", "") }, exploit: "x & expr 11000 + 111 ", shows: "11111"},
	{name: "here-document", about: "a letter's text in a here-document", line: "cat <<END\nお客様 %s\nEND\n", args: []string{"echo", "お客様", "%s"}, exploit: "x $(expr 11000 + 111)", shows: "11111"},
	{name: "assigned", about: "a variable in front of the command", line: "NAME=%s; echo \"order $NAME\" | wc -c", args: []string{"printf", "%s"}, sample: "geta", yes: "geta;expr 0 > /dev/null", no: "geta;echo 12345"},
	{name: "date", about: "the format of a date behind a plus", line: "date -u -d 2026-11-03 '+%s'", args: []string{"date", "-u", "-d", "2026-11-03", "+%s"}, sample: "%Y/%m/%d", exploit: "%Y' ; expr 11000 + 111 ; echo '", shows: "11111"},
}

var commandFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range lines {
		out = append(out, lineFamily(&lines[i]))
	}
	return append(out, perlOpen, shellTalk)
}()

var plainWord = regexp.MustCompile(`^[\w.%/-]{1,40}$`)

func lineFamily(l *line) *trial.Family {
	places := l.places
	if places == nil {
		places = trial.Everywhere
	}
	return &trial.Family{Name: "held-sh-" + l.name, Class: "os-command", About: l.about, Places: places, Grades: l.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		files := map[string]string{}
		var text strings.Builder
		for _, x := range r {
			fmt.Fprintf(&text, "%s %d %s\n", x.Name, x.Price, x.Slug)
			files["img/"+x.Name+".svg"] = "<svg/>" + x.Name
		}
		files["range.txt"] = text.String()
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		style, lure := b.Rand.IntN(3), b.Rand.IntN(5)
		hd := &trial.Handler{Sample: l.sample, Param: b.Pick("", "name", "file", "host")}
		if hd.Sample == "" {
			hd.Sample, hd.Others = r[0].Name, []string{r[1].Name, r[2].Name}
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ReplaceAll(a.Value, "\x00", "")
			var out backend.Output
			var err error
			if b.Vulnerable {
				if l.before != nil {
					v = l.before(v)
				}
				out, err = b.Set.Shell(ctx, dir, strings.ReplaceAll(l.line, "%s", v))
			} else {
				switch lure {
				case 1:
					if !plainWord.MatchString(v) {
						return trial.Text("<h2>エラー</h2><p>sh: 1: Syntax error: 「" + h(v) + "」は処理できません。</p>"), nil
					}
				case 3:
					v = noSigns.Replace(strings.Map(func(r rune) rune {
						if r < ' ' || r == '\'' || r == '"' || r == '\\' {
							return -1
						}
						return r
					}, v))
				}
				args := make([]string, len(l.args))
				for i, x := range l.args {
					args[i] = strings.ReplaceAll(x, "%s", v)
				}
				if l.name == "label" || l.name == "assigned" {
					args = []string{"echo", v}
				}
				out, err = b.Set.Run(ctx, dir, "", args[0], args[1:]...)
			}
			if err != nil {
				return nil, err
			}
			head := "<h2>店舗ツール</h2>"
			if lure == 2 && l.yes == "" {
				head += "<p>入力：" + h(a.Value) + "</p>"
			}
			switch {
			case l.silent:
				return trial.Text("<h2>再入荷のお知らせ</h2><p>登録を受け付けました。</p>"), nil
			case l.exit && out.Code == 0:
				return trial.Text("<h2>在庫</h2><p>○ 在庫あり</p>"), nil
			case l.exit:
				return trial.Text("<h2>在庫</h2><p>× 入荷待ち</p>"), nil
			case out.Code != 0 && style == 1 && out.Text == "":
				return trial.Text(head + "<p>該当なし</p>"), nil
			}
			if style == 2 {
				return trial.Text(head + "<p>" + strings.ReplaceAll(h(strings.TrimSpace(out.Text)), "\n", "<br>") + "</p>"), nil
			}
			return trial.Text(head + "<pre>" + h(out.Text) + "</pre>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			with := func(t string) string { return strings.ReplaceAll(t, "%v", hd.Sample) }
			switch {
			case l.slow != "":
				return proof.Waits(ctx, send, l.slow, hd.Sample, 1800e6)
			case l.yes != "":
				return follows(ctx, send, hd.Sample, with(l.yes), with(l.no))
			}
			return proof.Shows(ctx, send, l.exploit, l.shows)
		}
		return hd, nil
	}}
}

// perlOpen is open with two arguments, as CGI scripts of the nineties have it.
var perlOpen = &trial.Family{Name: "held-sh-perl-open", Class: "os-command", About: "Perl's open with two arguments: a bar at the end runs a command", Places: trial.Everywhere, Needs: []string{"perl"}, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	files := map[string]string{
		"two.pl":   `my $f = $ARGV[0]; open(F, "data/$f") or do { print "ファイルが開けません: $!"; exit 0 }; print while <F>; close F;`,
		"three.pl": `my $f = $ARGV[0]; $f =~ s/[^A-Za-z0-9._|; ]//g; open(F, '<', "data/$f") or do { print "ファイルが開けません: $!"; exit 0 }; print while <F>; close F;`,
	}
	for _, x := range r[:4] {
		files["data/"+x.Name+".log"] = x.Name + "\n" + x.Memo + "\n"
	}
	dir, err := b.Dir(files)
	if err != nil {
		return nil, err
	}
	hd := &trial.Handler{Sample: r[0].Name + ".log", Others: []string{r[1].Name + ".log", r[2].Name + ".log"}, Param: b.Pick("log", "bbs", "no")}
	hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
		script := "three.pl"
		if b.Vulnerable {
			script = "two.pl"
		}
		v := strings.ReplaceAll(a.Value, "..", "")
		out, err := b.Set.Run(ctx, dir, "", "perl", script, strings.ReplaceAll(v, "\x00", ""))
		if err != nil {
			return nil, err
		}
		return trial.Text("<h2>掲示板</h2><pre>" + h(out.Text) + "</pre>"), nil
	}
	hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
		return proof.Shows(ctx, send, r[0].Name+".log; expr 11000 + 111 |", "11111")
	}
	return hd, nil
}}

var sums = regexp.MustCompile(`\d{1,6}\s*[-+*]\s*\d{1,6}`)

// shellTalk is a forum about shells: sums in a search are worked out as a
// search engine does, and what looks like a shell's complaint is an article.
var shellTalk = &trial.Family{Name: "held-sh-forum", Class: "os-command", About: "a search that works sums out and shows articles about the shell", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	hd := &trial.Handler{Sample: r[0].Name, Others: []string{"12*30"}}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		body := "<h2>「" + h(a.Value) + "」の検索結果</h2>"
		if m := sums.FindString(a.Value); m != "" {
			if n, ok := reckon(m); ok {
				body += fmt.Sprintf("<p class=sum>計算結果：%d</p>", n)
			}
		}
		if strings.ContainsAny(a.Value, ";|&`$") {
			body += "<article>sh: 1: command not found と表示されたら（お客様サポート）</article>"
		}
		return trial.Text(body + "<p>uid=33(www-data) gid=33(www-data) の意味</p>"), nil
	}
	return hd, nil
}}
