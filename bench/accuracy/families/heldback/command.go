package heldback

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// tool is a page that runs a program with a visitor's value.
type tool struct {
	name, about string
	path, param string
	places      []trial.Place
	grades      []trial.Grade
	sample      func(s *shop) (string, []string)
	before      func(string) string // what the vulnerable program does with the value first
	line        string              // of sh, with VALUE
	perl        string              // instead: Perl's source, the value in $ARGV[0]
	args        func(v string) []string
	take        *regexp.Regexp // the only values that a careful twin takes
	yes, no     string
	show        string // instead: the exploit's answer holds 52316
	silent      bool   // instead: nothing shows, and the exploit waits
}

var (
	strictName = regexp.MustCompile(`^[\w.-]{1,40}$`)
	strictNum  = regexp.MustCompile(`^\d{1,4}$`)
)

func en(i int) func(*shop) (string, []string) {
	return func(s *shop) (string, []string) { return s.items[i].En, []string{s.items[i+1].En, s.items[i+3].En} }
}

var wide = append([]trial.Place{trial.JSON, trial.Cookie, trial.Path, trial.List, trial.Base64}, webPlaces...)

var tools = []tool{
	{name: "thumbnail-size", about: "a width without quotes, as for convert -resize", path: "/img/resize.php", param: "w", places: append([]trial.Place{trial.Cookie, trial.JSON}, webPlaces...), sample: values("20", "12", "8"), line: "head -c VALUE img/list.txt | md5sum", args: func(v string) []string {
		return []string{"head", "-c", strconv.Itoa(max(0, number(v))), "img/list.txt"}
	}, take: strictNum, yes: "$((10+10))", no: "$((10+11))"},
	{name: "invoice-sed", about: "a name goes into the expression of sed by which an invoice is filled in", path: "/mypage/invoice.cgi", param: "atena", places: append([]trial.Place{trial.Cookie}, mailForm...), sample: values("株式会社みどり", "青葉商事"), line: "sed 's/@ATENA@/VALUE/' invoice.txt", args: func(v string) []string { return []string{"printf", "%s 御中\nご請求書\n", v} }, show: "x/'; expr 52300 + 16; echo '"},
	{name: "mail-list", about: "Perl's backticks look whether an address is on the list of the mail magazine", path: "/cgi-bin/mailmag/check.cgi", param: "email", places: []trial.Place{trial.Form, trial.Form, trial.Query, trial.JSON}, sample: values("hanako@example.jp", "nobody@example.jp"), perl: "my $m = $ARGV[0]; $m =~ s/[<>]//g; my $n = `grep -c -i $m list.txt`; print $n > 0 ? '登録済みです' : '未登録です';", args: func(v string) []string { return []string{"grep", "-q", "-i", "--", v, "list.txt"} }, yes: "%v list.txt;:", no: "%v list.txt|false;:"},
	{name: "mx-lookup", about: "the domain of an address is looked up; only its beginning is checked", path: "/entry/mailcheck.php", param: "domain", places: wide, sample: values("example.jp", "example.com"), before: func(v string) string {
		if !regexp.MustCompile(`(?m)^[a-z0-9.-]+`).MatchString(v) {
			return "example.jp"
		}
		return v
	}, line: "grep -w -h VALUE hosts.txt", args: func(v string) []string { return []string{"grep", "-w", "-h", "-F", "--", v, "hosts.txt"} }, take: strictName, show: "example.jp hosts.txt; expr 52300 + 16 #"},
	{name: "ken-all", about: "a postcode in double quotes for grep over a table; quotes are taken out, backticks and $ are not", path: "/cgi-bin/zip/zip.cgi", param: "zip", places: append([]trial.Place{trial.JSON, trial.XML}, webPlaces...), sample: func(s *shop) (string, []string) { return s.items[0].Zip, []string{s.items[2].Zip} }, before: func(v string) string { return strings.NewReplacer(`"`, "", "'", "").Replace(v) }, line: `grep "^VALUE" zip.csv | cut -d, -f2`, args: func(v string) []string { return []string{"grep", "-F", "--", v, "zip.csv"} }, take: regexp.MustCompile(`^\d{3}-?\d{0,4}$`), yes: "%v$(true)", no: "%v$(echo 9)"},
	{name: "awk-price", about: "a highest price inside awk's program, in the single quotes of a command line", path: "/tools/pricelist.php", param: "under", places: append([]trial.Place{trial.Cookie, trial.Path}, webPlaces...), sample: values("2500", "1500"), line: "awk -F, '$2 <= VALUE {print $1}' price.csv", args: func(v string) []string {
		return []string{"awk", "-F,", "-v", "m=" + strconv.Itoa(number(v)), "$2 <= m {print $1}", "price.csv"}
	}, take: strictNum, show: "0 {print $1}' price.csv; expr 52300 + 16; echo '"},
	{name: "disk-usage", about: "exec of du for a folder of pictures, as Node's child_process does", path: "/api/albums/size", param: "album", places: append([]trial.Place{trial.JSON, trial.JSON, trial.CookieObj}, webPlaces...), sample: values("img", "logo"), line: "ls ./VALUE | wc -l", args: func(v string) []string { return []string{"ls", "./" + v} }, take: strictName, show: "img; expr 52300 + 16; echo img"},
	{name: "qr-code", about: "a text in double quotes becomes a picture, of which only the sum of its bytes shows", path: "/qr/make.php", param: "text", places: wide, sample: values("MK-2100", "MK-2126"), line: `printf '%s' "VALUE" | md5sum`, args: func(v string) []string { return []string{"printf", "%s", v} }, yes: "%v$(true)", no: "%v$(echo 1)"},
	{name: "language-env", about: "a language is put in front of a command as a variable", path: "/calendar/today.cgi", param: "lang", places: []trial.Place{trial.Cookie, trial.Cookie, trial.Query, trial.CookieObj}, sample: values("ja_JP", "en_US"), line: "LANG=VALUE.UTF-8 date -u -d 2026-11-22 +%F", args: func(string) []string { return []string{"date", "-u", "-d", "2026-11-22", "+%F"} }, take: regexp.MustCompile(`^[a-z]{2}_[A-Z]{2}$`), show: "x;expr 52300 + 16;echo x"},
	{name: "queue-job", about: "a word is handed to a job in the background, and nothing shows", path: "/api/reindex", param: "keyword", places: []trial.Place{trial.Query, trial.Form, trial.JSON, trial.Path, trial.Cookie}, grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow}, sample: en(0), line: "grep -c 'VALUE' price.csv > /dev/null 2>&1", args: func(v string) []string { return []string{"grep", "-c", "-F", "--", v, "price.csv"} }, silent: true, show: "x' price.csv; sleep 2; echo '"},
	{name: "perl-pipe", about: "Perl opens a pipe whose command holds the value; the line's end is chopped off", path: "/cgi-bin/counter/dayx.cgi", param: "id", places: wide, sample: values("top", "shop"), perl: `my $id = $ARGV[0]; chomp $id; open(IN, "cat log/$id.dat 2>/dev/null |"); my $c = <IN>; close(IN); $c = '' unless defined $c; print "count=$c"; print while <IN>;`, args: func(v string) []string { return []string{"head", "-n", "1", "log/" + v + ".dat"} }, take: strictName, show: "none.dat; expr 52300 + 16; echo "},
}

var commandFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range tools {
		out = append(out, tools[i].family())
	}
	return append(out, commandTraps...)
}()

func (t *tool) family() *trial.Family {
	f := &trial.Family{Name: "shop-sh-" + t.name, Class: "os-command", About: t.about, Places: t.places, Grades: t.grades}
	if t.perl != "" {
		f.Needs = []string{"perl"}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(4)
		files := map[string]string{"img/list.txt": strings.Repeat("0123456789abcdef", 40), "img/a.svg": "<svg/>", "logo/l.svg": "<svg/>", "invoice.txt": "@ATENA@ 御中\nご請求書\n", "list.txt": "hanako@example.jp\ntaro@example.jp\n", "hosts.txt": "example.jp MX 10 mail.example.jp\nexample.com MX 0 .\n", "log/top.dat": "28113\n", "log/shop.dat": "914\n", "tool.pl": t.perl}
		for _, x := range s.items {
			files["zip.csv"] += x.Zip + "," + x.Pref + "\n"
			files["price.csv"] += x.En + "," + strconv.Itoa(x.Price) + "\n"
		}
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		sample, others := t.sample(s)
		hd := s.named(t.path, t.param, sample, others...)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := noZero(a.Value)
			var out backend.Output
			var err error
			if b.Vulnerable {
				if t.before != nil {
					v = t.before(v)
				}
				if t.perl != "" {
					out, err = b.Set.Run(ctx, dir, "", "perl", "tool.pl", v)
				} else {
					out, err = b.Set.Shell(ctx, dir, strings.ReplaceAll(t.line, "VALUE", v))
				}
			} else {
				if t.take != nil && (lure < 3 || strings.Contains(v, "/")) && !t.take.MatchString(v) {
					return s.decline(v), nil
				}
				if lure == 3 && strings.ContainsAny(v, "|;&`$\n") { // a shop that writes such visitors down
					return s.decline(v), nil
				}
				args := t.args(v)
				out, err = b.Set.Run(ctx, dir, "", args[0], args[1:]...)
				if t.name == "mail-list" {
					out.Text = map[bool]string{true: "登録済みです", false: "未登録です"}[out.Code == 0]
				}
			}
			switch {
			case err != nil:
				return nil, err
			case t.silent:
				return asJSON(202, map[string]string{"status": "accepted"}), nil
			case out.Text == "":
				return s.show("", "<p>該当するデータはありません。</p>"), nil
			}
			return s.show("", "<pre>"+e(out.Text)+"</pre>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			switch {
			case t.silent:
				return proof.Waits(ctx, send, t.show, sample, 1800*time.Millisecond)
			case t.show != "":
				return proof.Shows(ctx, send, t.show, "52316")
			}
			return splits(ctx, send, sample, t.yes, t.no)
		}
		return hd, nil
	}
	return f
}

var commandTraps = []*trial.Family{
	trap("os-command", "sh-console-page", "a page on the use of a server: it shows the output of commands that stand in what was typed, from a list", append([]trial.Place{trial.Path}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
		said := [][2]string{{"id", "uid=48(apache) gid=48(apache) groups=48(apache)"}, {"uname", "Linux www 5.14.0 x86_64 GNU/Linux"}, {"whoami", "apache"}, {"sleep", "sleep: missing operand"}, {"cat", "cat: ファイルがありません"}}
		return s.named("/vps/manual.php", "cmd", "ls", "df"), func(_ context.Context, v string) (*trial.Answer, error) {
			body := "<h2>コマンドの使い方：" + e(v) + "</h2>"
			for _, x := range said {
				if strings.Contains(v, x[0]) {
					body += "<h3>" + x[0] + "</h3><pre>$ " + x[0] + "\n" + x[1] + "</pre>"
				}
			}
			return s.show("", body), nil
		}, nil
	}),
	trap("os-command", "sh-tarpit", "who sends signs of a shell is kept waiting, longer each time, and answered as ever", onlySearch, nil, func(s *shop) (*trial.Handler, answer, error) {
		rows, bodies := s.texts()
		signs := regexp.MustCompile("[;|`$&]")
		return s.named("/products/find.php", "keyword", s.items[0].Kind, s.items[1].Kind), func(ctx context.Context, v string) (*trial.Answer, error) {
			if n := len(signs.FindAllString(v, 6)); n > 0 {
				select {
				case <-time.After(time.Duration(n) * 220 * time.Millisecond):
				case <-ctx.Done():
				}
			}
			var out [][]string
			for i, t := range bodies {
				if strings.Contains(t, v) {
					out = append(out, rows[i])
				}
			}
			return s.list("", out), nil
		}, nil
	}),
	trap("os-command", "sh-unit-converter", "a converter of sizes that understands sums in $(( )) and ordinary ones", []trial.Place{trial.Query, trial.Form, trial.JSON}, nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/tools/size", "cm", "30*2", "45+12"), func(_ context.Context, v string) (*trial.Answer, error) {
			n, err := calculate(strings.NewReplacer("$((", "(", "))", ")", "expr", "").Replace(v))
			if err != nil {
				return s.decline(v), nil
			}
			return s.show("", fmt.Sprintf("<p>%s cm は約 %s 寸です。</p>", n, n)), nil
		}, nil
	}),
}
