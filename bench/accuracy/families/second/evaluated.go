package second

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// snippet is a program that makes a program of a visitor's value.
type snippet struct {
	name, about string
	bin, file   string
	bad, good   string // the programs; the value is their argument, and what the page says comes from them
	sample      string
	others      []string
	exploit     string
	shows       string
	yes, no     string // instead: like the sample, and otherwise
}

const phpHead = "<?php ini_set('display_errors','0'); $v = $argv[1]; $items = [['name'=>'geta','price'=>980],['name'=>'obi','price'=>450],['name'=>'kasa','price'=>1200]]; try { "
const phpTail = " } catch (\\Throwable $e) { echo 'ERR ' . get_class($e); exit(1); }"
const jsHead = "const v = process.argv[2]; const items = [{name:'geta',price:980},{name:'obi',price:450},{name:'kasa',price:1200}]; try { "
const jsTail = " } catch (e) { process.stdout.write('ERR ' + e.name); process.exit(1); }"

var snippets = []snippet{
	{name: "php-total", about: "PHP's eval of a sum with the quantity", bin: "php", file: "a.php", bad: phpHead + "eval('$t = 120 * ' . $v . ';'); echo \"合計 $t 円\";" + phpTail, good: phpHead + "$t = 120 * (int)$v; echo \"合計 $t 円\";" + phpTail, sample: "3", others: []string{"5"}, exploit: "1+(271*41)-120", shows: "11111"},
	{name: "php-quoted", about: "PHP's eval of a text in double quotes, quotes escaped", bin: "php", file: "a.php", bad: phpHead + "eval('$t = \"' . addslashes($v) . '\";'); echo \"<p>$t 様</p>\";" + phpTail, good: phpHead + "echo '<p>' . htmlspecialchars($v) . ' 様</p>';" + phpTail, sample: "obi", exploit: "${print(271*41)}", shows: "11111"},
	{name: "php-sort", about: "the key to sort by inside a made function", bin: "php", file: "a.php", bad: phpHead + "$f = eval('return function($a,$b){ return $a[\"' . $v . '\"] <=> $b[\"' . $v . '\"]; };'); usort($items, $f); foreach ($items as $i) echo '<li>' . $i['name'] . '</li>';" + phpTail, good: phpHead + "$k = in_array($v, ['price','name'], true) ? $v : 'price'; usort($items, fn($a,$b) => $a[$k] <=> $b[$k]); foreach ($items as $i) echo '<li>' . $i['name'] . '</li>';" + phpTail, sample: "price", others: []string{"name"}, yes: `price"] <=> $b["price"]; }; //`, no: `name"] <=> $b["name"]; }; //`},
	{name: "php-call", about: "the visitor names the function that shows the list", bin: "php", file: "a.php", bad: "<?php function show_grid($i){return 'grid: ' . count($i);} function show_list($i){return 'list: ' . count($i);} ?>" + phpHead + "eval('$n = show_' . $v . '($items);'); echo $n;" + phpTail, good: phpHead + "echo ($v === 'list' ? 'list: ' : 'grid: ') . count($items);" + phpTail, sample: "grid", others: []string{"list"}, exploit: "grid([1]);echo 271*41;show_grid", shows: "11111"},
	{name: "perl-sum", about: "Perl's eval of a field for numbers", bin: "perl", file: "a.pl", bad: `my $v = $ARGV[0]; my $t = eval("250 * ($v)"); print defined $t ? "小計 $t 円" : "計算できません";`, good: `my $v = $ARGV[0]; my ($n) = $v =~ /^(\d{1,4})/; $n = 0 unless defined $n; print "小計 ", 250 * $n, " 円";`, sample: "2", others: []string{"4"}, exploit: "0)+(271*41", shows: "11111"},
	{name: "perl-replace", about: "Perl's s///ee with a variable's name in the text", bin: "perl", file: "a.pl", bad: `our $shop = 'みどり園'; my $t = "<p>$ARGV[0] へようこそ \$shop</p>"; $t =~ s/(\$\{?[^\s<]+)/$1/ee; print $t;`, good: `my $v = $ARGV[0]; $v =~ s/&/&amp;/g; $v =~ s/</&lt;/g; $v =~ s/>/&gt;/g; print "<p>$v へようこそ みどり園</p>";`, sample: "obi", exploit: "${\\(271*41)}", shows: "11111"},
	{name: "node-function", about: "a filter made with new Function", bin: "node", file: "a.js", bad: jsHead + "const f = new Function('item', 'return item.name === \"' + v + '\"'); process.stdout.write('<p>' + items.filter(f).length + ' 件</p>');" + jsTail, good: jsHead + "process.stdout.write('<p>' + items.filter(i => i.name === v).length + ' 件</p>');" + jsTail, sample: "geta", others: []string{"obi"}, yes: `geta" && "e" === "e`, no: `geta" && "e" === "f`},
	{name: "node-json", about: "eval in place of JSON.parse", bin: "node", file: "a.js", bad: jsHead + "const o = eval('(' + v + ')'); process.stdout.write('<p>頁 ' + String(Number(o.page)) + '</p>');" + jsTail, good: jsHead + "const o = JSON.parse(v); process.stdout.write('<p>頁 ' + String(Number(o.page)) + '</p>');" + jsTail, sample: `{"page":2}`, others: []string{`{"page":3}`}, exploit: `{"page":271*41}`, shows: "頁 11111"},
	{name: "node-key", about: "a path of keys is evaluated", bin: "node", file: "a.js", bad: jsHead + "process.stdout.write('<p>' + Number(eval('items[0].' + v)) + '</p>');" + jsTail, good: jsHead + "process.stdout.write('<p>' + Number(Object.hasOwn(items[0], v) ? items[0][v] : 0) + '</p>');" + jsTail, sample: "price", exploit: "price*0+271*41", shows: "11111"},
}

var evaluatedFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range snippets {
		out = append(out, snippetFamily(&snippets[i]))
	}
	for i := range includes {
		out = append(out, includeFamily(&includes[i]))
	}
	return out
}()

func snippetFamily(s *snippet) *trial.Family {
	return &trial.Family{Name: "held-code-" + s.name, Class: "code-injection", About: s.about, Accept: []string{"template-injection"}, Places: trial.Everywhere, Needs: []string{s.bin}, Make: func(b *trial.Build) (*trial.Handler, error) {
		text := s.good
		if b.Vulnerable {
			text = s.bad
		}
		dir, err := b.Dir(map[string]string{s.file: text})
		if err != nil {
			return nil, err
		}
		style, lure := b.Rand.IntN(5), b.Rand.IntN(3)
		hd := &trial.Handler{Sample: s.sample, Others: s.others}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.NewReplacer("\x00", "", "<", "", ">", "").Replace(a.Value)
			if s.name == "php-sort" && b.Vulnerable {
				v = strings.ReplaceAll(a.Value, "\x00", "")
			}
			if !b.Vulnerable && lure == 1 && strings.ContainsAny(v, "()'\"$;") && !strings.HasPrefix(v, "{") {
				return mishap(style, errors.New("PHP Parse error: syntax error, unexpected token in condition")), nil
			}
			if !b.Vulnerable && lure == 2 {
				// Sums are worked out by the field itself, before anything else sees them.
				if n, ok := reckon(v); ok {
					v = fmt.Sprint(n)
				}
			}
			out, err := b.Set.Run(ctx, dir, "", s.bin, s.file, v)
			if err != nil {
				return nil, err
			}
			if out.Code != 0 {
				return mishap(style, errors.New(firstLine(out.Text))), nil
			}
			return trial.Text("<h2>お見積り</h2>" + out.Text), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if s.yes != "" {
				return follows(ctx, send, s.sample, s.yes, s.no)
			}
			return proof.Shows(ctx, send, s.exploit, s.shows)
		}
		return hd, nil
	}}
}

// include is a page that PHP puts together from files.
type include struct {
	name, about string
	bad, good   string
	flags       []string
	sample      string
	others      []string
	exploit     string
	shows       string
}

const includeTail = " if ($ok === false) { echo '<p>ページがありません。</p>'; }"

var includes = []include{
	{name: "module", about: "include of a folder, the value and .php", bad: `<?php $ok = @include 'modules/' . $argv[1] . '.php';` + includeTail, good: `<?php $ok = @include 'modules/' . basename($argv[1]) . '.php';` + includeTail, sample: "top", others: []string{"news", "cart"}, exploit: "../inner/about", shows: "inner 7731"},
	{name: "bare", about: "include of the value and .php, from anywhere", bad: `<?php $ok = @include $argv[1] . '.php';` + includeTail, good: `<?php $m = ['modules/top','modules/news']; $ok = in_array($argv[1], $m, true) ? @include $argv[1] . '.php' : false;` + includeTail, flags: []string{"-d", "allow_url_include=1"}, sample: "modules/top", others: []string{"modules/news"}, exploit: "data:text/plain,<?=271*41?>", shows: "11111"},
	{name: "whole-name", about: "include of a file by its whole name", bad: `<?php $ok = @include 'modules/' . $argv[1];` + includeTail, good: `<?php $p = realpath('modules/' . $argv[1]); $ok = $p && strpos($p, realpath('modules') . '/') === 0 && substr($p, -4) === '.php' ? @include $p : false;` + includeTail, sample: "top.php", others: []string{"news.php"}, exploit: "../readme.txt", shows: "readme 7731"},
	{name: "wrappers", about: "readfile-like include that follows php:// addresses; ../ is taken out", bad: `<?php $ok = @include str_replace('../', '', $argv[1]);` + includeTail, good: `<?php $ok = @include 'modules/' . basename($argv[1]);` + includeTail, sample: "modules/top.php", others: []string{"modules/news.php"}, exploit: "php://filter/read=string.rot13/resource=readme.txt", shows: "ernqzr 7731"},
	{name: "theme", about: "a theme's folder in the middle of the path", bad: `<?php $ok = @include 'themes/' . $argv[1] . '/head.php';` + includeTail, good: `<?php $t = preg_match('/^[a-z]+$/D', $argv[1]) && is_dir('themes/' . $argv[1]) ? $argv[1] : 'plain'; $ok = @include 'themes/' . $t . '/head.php';` + includeTail, sample: "plain", others: []string{"dark"}, exploit: "../admin", shows: "admin 7731"},
}

func includeFamily(i *include) *trial.Family {
	return &trial.Family{Name: "held-include-" + i.name, Class: "file-inclusion", About: i.about, Accept: []string{"path-traversal", "code-injection", "ssrf"}, Places: trial.Except(trial.Header), Needs: []string{"php"}, Grades: trial.AnyGrade, Make: func(b *trial.Build) (*trial.Handler, error) {
		text := i.good
		if b.Vulnerable {
			text = i.bad
		}
		dir, err := b.Dir(map[string]string{
			"index.php": text, "modules/top.php": "<h3>トップ</h3><?= '<p>本日のおすすめ</p>' ?>", "modules/news.php": "<h3>新着</h3><p>秋の新作</p>", "modules/cart.php": "<h3>かご</h3><p>0 点</p>",
			"inner/about.php": "<p>inner 7731</p>", "readme.txt": "readme 7731", "themes/plain/head.php": "<h3>通常表示</h3>", "themes/dark/head.php": "<h3>夜間表示</h3>", "admin/head.php": "<p>admin 7731</p>",
		})
		if err != nil {
			return nil, err
		}
		style, lure := b.Rand.IntN(3), b.Rand.IntN(3)
		hd := &trial.Handler{Sample: i.sample, Others: i.others, Param: b.Pick("page", "mode", "p", "view", "inc")}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ReplaceAll(a.Value, "\x00", "")
			if !b.Vulnerable && lure == 1 && (strings.Contains(v, "..") || strings.Contains(v, ":")) {
				return trial.Text("<b>Warning</b>: include(" + h(v) + "): failed to open stream: No such file or directory in <b>/home/shop/index.php</b> on line <b>12</b>"), nil
			}
			out, err := b.Set.Run(ctx, dir, "", "php", append(append([]string{}, i.flags...), "-d", "display_errors=0", "index.php", v)...)
			if err != nil {
				return nil, err
			}
			if strings.Contains(out.Text, "ページがありません") && style == 1 {
				return trial.Status(404, "<h2>404</h2>"), nil
			}
			return trial.Text("<h2>ご案内</h2>" + out.Text), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Shows(ctx, send, i.exploit, i.shows)
		}
		return hd, nil
	}}
}
