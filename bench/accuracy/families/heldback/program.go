package heldback

import (
	"context"
	"errors"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// script is a page in PHP, Perl or Node that makes a program of a value.
type script struct {
	name, about string
	path, param string
	bin         string // php, perl or node; the value is the first argument
	bad         string
	good        []string
	sample      string
	others      []string
	places      []trial.Place
	yes, no     string
	show, text  string // instead: the answer to show holds text
	accept      []string
	files       map[string]string
	flags       []string
}

const (
	phpOpen  = `<?php ini_set('display_errors', '0'); error_reporting(0); $v = $argv[1]; $items = [['code'=>'MK-1','price'=>1200,'stock'=>3],['code'=>'MK-2','price'=>480,'stock'=>0],['code'=>'MK-3','price'=>3600,'stock'=>8]]; try { `
	phpClose = ` } catch (\Throwable $e) { echo 'FAILED ' . $e->getMessage(); exit(3); }`
	jsOpen   = `const v = process.argv[2]; const vm = require('vm'); const items = [{code:'MK-1',price:1200,stock:3},{code:'MK-2',price:480,stock:0},{code:'MK-3',price:3600,stock:8}]; const esc = s => String(s).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';'); const say = s => process.stdout.write(s); try { `
	jsClose  = ` } catch (e) { say('FAILED ' + e.name + ': ' + e.message); process.exit(3); }`
	plOpen   = `use strict; no strict 'refs'; my $v = $ARGV[0]; my @items = ({code=>'MK-1',price=>1200},{code=>'MK-2',price=>480},{code=>'MK-3',price=>3600}); sub esc { my $s = shift; $s =~ s/&/&amp;/g; $s =~ s/</&lt;/g; $s =~ s/>/&gt;/g; $s =~ s/"/&quot;/g; return $s; } `
	// A parser of sums that knows no names, as the careful twins have it.
	phpSum   = `function level($t, &$i, $p) { $ops = [['+','-'],['*','/']]; if ($p == 2) { $x = $t[$i++] ?? ''; if ($x === '(') { $r = level($t, $i, 0); if (($t[$i++] ?? '') !== ')') throw new Exception('括弧が閉じていません'); return $r; } if ($x === '-') return -level($t, $i, 2); if (!is_numeric($x)) throw new Exception('式を確認してください'); return $x + 0; } $l = level($t, $i, $p + 1); while (in_array($t[$i] ?? '', $ops[$p], true)) { $o = $t[$i++]; $r = level($t, $i, $p + 1); if ($o === '/' && $r == 0) throw new Exception('0 で割れません'); $l = $o === '+' ? $l + $r : ($o === '-' ? $l - $r : ($o === '*' ? $l * $r : $l / $r)); } return $l; } `
	jsFilter = `const keep = items.filter(it => v.split(/\s*&&\s*|\s+and\s+/i).every(c => { const m = /^\s*(price|stock|code)\s*(<=|>=|<|>|==|=)\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*$/.exec(c); if (!m) { throw new SyntaxError('Unexpected token in filter'); } const a = it[m[1]], b = m[5] !== undefined ? Number(m[5]) : (m[3] ?? m[4]); return m[2] === '<' ? a < b : m[2] === '>' ? a > b : m[2] === '<=' ? a <= b : m[2] === '>=' ? a >= b : a == b; })); `
)

var scripts = []script{
	{name: "estimate", about: "a customer's formula (縦*横) is worked out by eval; the twin works it out too, by a parser of its own", path: "/estimate/calc.php", param: "formula", bin: "php", places: append([]trial.Place{trial.JSON}, webPlaces...), sample: "30*40", others: []string{"(25+5)*2"}, bad: phpOpen + `if (!preg_match('/^[\d(]/', $v)) throw new Exception('式を確認してください'); $r = eval('return ' . $v . ';'); echo '<p>面積 ' . (is_numeric($r) ? $r : 0) . '</p>';` + phpClose, good: []string{strings.Replace(phpOpen, "try {", phpSum+"try {", 1) + `preg_match_all('/\d+(?:\.\d+)?|\S/', $v, $m); $i = 0; $r = level($m[0], $i, 0); if ($i < count($m[0])) throw new Exception('式を確認してください'); echo '<p>面積 ' . $r . '</p>';` + phpClose}, show: "30*strlen(str_repeat('ab',50))+49316+strlen('')*0", text: "面積 52316"},
	{name: "heredoc", about: "the text of a letter is evaluated in a heredoc, so that its variables are filled in", path: "/mypage/letter.php", param: "greeting", bin: "php", places: append([]trial.Place{trial.Cookie, trial.Base64}, mailForm...), sample: "いつもありがとうございます", bad: phpOpen + `$shop = 'みどり園'; $g = htmlspecialchars($v, ENT_NOQUOTES); eval("\$t = <<<EOT\n$g\nEOT;\n"); echo "<p>$t</p>";` + phpClose, good: []string{phpOpen + `$shop = 'みどり園'; echo '<p>' . str_replace('{$shop}', $shop, htmlspecialchars($v)) . '</p>';` + phpClose, phpOpen + `echo '<p>' . nl2br(htmlspecialchars(strtr($v, ['{' => '｛', '}' => '｝']))) . '</p>';` + phpClose}, show: "{$v[strlen(print(52300+16))]}", text: "52316"},
	{name: "date-format", about: "a format of dates between single quotes inside eval", path: "/widget/clock.php", param: "format", bin: "php", places: append([]trial.Place{trial.Cookie, trial.CookieObj, trial.List}, webPlaces...), sample: "Y/m/d", others: []string{"Y.m.d"}, bad: phpOpen + `$d = eval("return date('$v', 1795305600);"); echo '<p>' . htmlspecialchars($d) . '</p>';` + phpClose, good: []string{phpOpen + `echo '<p>' . htmlspecialchars(date($v, 1795305600)) . '</p>';` + phpClose, phpOpen + `$f = preg_match('#^[YmdHi/. :-]+$#D', $v) ? $v : 'Y/m/d'; echo '<p>' . date($f, 1795305600) . '</p>';` + phpClose}, show: "Y').(52300+16).date('", text: "52316"},
	{name: "and-search", about: "Perl makes a condition of the words of a search and evaluates it, to be quick", path: "/cgi-bin/bbs/search.cgi", param: "word", bin: "perl", places: append([]trial.Place{trial.Path, trial.JSON}, webPlaces...), sample: "towel gift", others: []string{"towel"}, bad: plOpen + `my @lines = ('towel gift sale', 'cup gift', 'towel new', 'bowl'); my $cond = join(' && ', map { "/$_/i" } split(/[\s\x{3000}]+/, $v)); my $n = eval "my \$n = 0; for (\@lines) { \$n++ if ($cond); } \$n"; if (!defined $n) { print "FAILED $@"; exit 3; } print "<p>$n 件見つかりました</p>";`, good: []string{plOpen + `my @lines = ('towel gift sale', 'cup gift', 'towel new', 'bowl'); my $n = 0; L: for my $l (@lines) { for my $w (split(/[\s\x{3000}]+/, $v)) { next L if index(lc $l, lc $w) < 0; } $n++; } print "<p>$n 件見つかりました</p>";`, plOpen + `my @lines = ('towel gift sale', 'cup gift', 'towel new', 'bowl'); my $n = 0; my $ok = eval { for my $l (@lines) { $n++ if !grep { $l !~ /$_/i } split(/[\s\x{3000}]+/, $v); } 1 }; if (!$ok) { print "FAILED $@"; exit 3; } print "<p>$n 件見つかりました</p>";`}, yes: "towel gift/&&3>2&&/towel", no: "towel gift/&&3>4&&/towel"},
	{name: "perl-sort", about: "the key of a sort stands in a comparison that Perl evaluates", path: "/cgi-bin/shop/list.cgi", param: "sort", bin: "perl", places: append([]trial.Place{trial.Cookie, trial.List}, webPlaces...), sample: "price", others: []string{"code"}, bad: plOpen + `my @s = eval "sort { \$a->{$v} cmp \$b->{$v} } \@items"; if ($@) { print "FAILED $@"; exit 3; } print map { "<li>$_->{code}</li>" } @s;`, good: []string{plOpen + `my %k = map { $_ => 1 } qw(price code); my $k = $k{$v} ? $v : 'price'; print map { "<li>$_->{code}</li>" } sort { $a->{$k} cmp $b->{$k} } @items;`, plOpen + `my $k = $v; print map { "<li>$_->{code}</li>" } sort { ($a->{$k} || '') cmp ($b->{$k} || '') } @items;`}, yes: "price}.$b->{none", no: "price} x 0 .$b->{none"},
	{name: "node-field", about: "the name of a field is evaluated behind the item's name", path: "/api/export", param: "field", bin: "node", places: []trial.Place{trial.Query, trial.JSON, trial.JSON, trial.CookieObj, trial.Form}, sample: "price", others: []string{"stock", "code"}, bad: jsOpen + `say('<ul>' + items.map(it => '<li>' + esc(eval('it.' + v)) + '</li>').join('') + '</ul>');` + jsClose, good: []string{jsOpen + `say('<ul>' + items.map(it => '<li>' + esc(it[v]) + '</li>').join('') + '</ul>');` + jsClose, jsOpen + `const f = ['price','stock','code'].includes(v) ? v : 'code'; say('<ul>' + items.map(it => '<li>' + esc(it[f]) + '</li>').join('') + '</ul>');` + jsClose}, show: "price*0+52300+16", text: "52316"},
	{name: "node-filter", about: "a filter (price<1000 && stock>0) runs in a context of Node's; the twin reads the same language itself", path: "/api/catalog", param: "filter", bin: "node", places: []trial.Place{trial.Query, trial.Query, trial.JSON, trial.JSON, trial.Form, trial.Base64}, sample: "price<2000", others: []string{"stock>0", "price>500 && stock>0"}, bad: jsOpen + `const keep = items.filter(it => vm.runInNewContext(v, {...it}, {timeout: 500})); say('<p>' + keep.length + ' 件</p>' + keep.map(k => '<li>' + k.code + '</li>').join(''));` + jsClose, good: []string{jsOpen + jsFilter + `say('<p>' + keep.length + ' 件</p>' + keep.map(k => '<li>' + k.code + '</li>').join(''));` + jsClose}, yes: "%v*(3-2)", no: "%v*(3-3)"},
	{name: "php-callback", about: "the name of a formatting function is evaluated with the price", path: "/products/price.php", param: "fmt", bin: "php", places: append([]trial.Place{trial.Cookie}, webPlaces...), sample: "number_format", others: []string{"intval"}, bad: phpOpen + `foreach ($items as $i) echo '<li>' . htmlspecialchars((string)eval("return $v({$i['price']});")) . '円</li>';` + phpClose, good: []string{phpOpen + `$f = in_array($v, ['number_format', 'intval'], true) ? $v : 'intval'; foreach ($items as $i) echo '<li>' . $f($i['price']) . '円</li>';` + phpClose, phpOpen + `if (!function_exists($v) || !in_array($v, ['number_format', 'intval'], true)) throw new Exception("Call to undefined function $v()"); foreach ($items as $i) echo '<li>' . $v($i['price']) . '円</li>';` + phpClose}, show: "52300+16+0*intval", text: "52316"},
}

var programFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range scripts {
		out = append(out, scripts[i].family("code-injection", "shop-code-"))
	}
	return append(out,
		trap("code-injection", "code-sum-in-search", "a search that shows the result of sums as search engines do, and looks for the words besides", append([]trial.Place{trial.JSON}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
			rows, bodies := s.texts()
			return s.named("/search.html", "q", s.items[0].En, "1200*3"), func(_ context.Context, v string) (*trial.Answer, error) {
				head := ""
				if n, err := calculate(v); err == nil {
					head = "<p class=\"calc\">" + e(v) + " = <b>" + e(n) + "</b></p>"
				}
				var out [][]string
				for i, t := range bodies {
					if strings.Contains(t, v) {
						out = append(out, rows[i])
					}
				}
				a := s.list("", out)
				a.Body = head + a.Body
				return a, nil
			}, nil
		}),
		trap("code-injection", "code-parse-error", "a page of an old shop whose error for odd signs reads like PHP's own", append([]trial.Place{trial.Path, trial.Cookie}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/goods/detail.php", "gid", "2100", "2113"), func(_ context.Context, v string) (*trial.Answer, error) {
				if strings.ContainsAny(v, "'\"$;(){}`\\") {
					return trial.Text("<br><b>Parse error</b>: syntax error, unexpected '" + e(clip(v, 12)) + "', expecting ')' in <b>/home/shop/goods/detail.php(41) : eval()'d code</b> on line <b>1</b><br>"), nil
				}
				return s.show("", "<h2>"+s.items[number(v)%len(s.items)&7].Name+"</h2>"), nil
			}, nil
		}))
}()

// family is the pair of a script, of the class that it shows.
func (x *script) family(class, prefix string) *trial.Family {
	return &trial.Family{Name: prefix + x.name, Class: class, About: x.about, Accept: append([]string{"template-injection"}, x.accept...), Places: x.places, Needs: []string{x.bin}, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		text, ext := x.bad, map[string]string{"php": "index.php", "perl": "index.cgi", "node": "index.js"}[x.bin]
		if good := x.good[b.Rand.IntN(len(x.good))]; !b.Vulnerable {
			text = good
		}
		files := map[string]string{ext: text}
		for k, v := range x.files {
			files[k] = v
		}
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		hd := s.named(x.path, x.param, x.sample, x.others...)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			args := append(append([]string{}, x.flags...), ext, noZero(a.Value))
			if x.bin == "php" {
				args = append([]string{"-n", "-d", "zend.assertions=-1"}, args...)
			}
			out, err := b.Set.Run(ctx, dir, "", x.bin, args...)
			if err != nil {
				return nil, err
			}
			if out.Code == 4 {
				return s.decline(a.Value), nil
			}
			if out.Code != 0 {
				line, _, _ := strings.Cut(out.Text, "\n")
				return s.broken(errors.New(line)), nil
			}
			return s.show("", out.Text), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if x.show == "" {
				return splits(ctx, send, x.sample, x.yes, x.no)
			}
			return proof.Shows(ctx, send, x.show, x.text)
		}
		return hd, nil
	}}
}

const missing = ` if ($ok === false) { http_response_code(404); echo '<p>お探しのページはありません。</p>'; }`

var pageFiles = map[string]string{
	"mode/top.php": "<h3>トップ</h3>", "mode/cart.php": "<h3>カート</h3><p>カートは空です。</p>", "mode/help.php": "<h3>ヘルプ</h3>", "data/memo.php": "<p>memo 52316</p>", "data/memo.txt": "memo 52316", "skin/default/main.html": "<h3>標準</h3>", "skin/wa/main.html": "<h3>和風</h3>", "data/main.html": "<p>data 52316</p>",
	"lang/ja.php": "<?php echo '<h3>ようこそ</h3>';", "lang/en.php": "<?php echo '<h3>Welcome</h3>';", "lang/ja.pl": `print "<h3>ようこそ</h3>"; 1;`, "lang/en.pl": `print "<h3>Welcome</h3>"; 1;`, "data/conf.pl": `print "<p>conf 52316</p>"; 1;`, "parts/news.inc": "<ul><li>年末年始の休業</li></ul>", "parts/faq.inc": "<p>よくあるご質問</p>",
	"views/home.js": "module.exports = '<h3>home</h3>';", "views/about.js": "module.exports = '<h3>about</h3>';", "config.js": "module.exports = '<p>config 52316</p>';",
}

var includes = []script{
	{name: "mode", about: "include of mode/ and the value, as hand-written carts do", path: "/cart/index.php", param: "mode", bin: "php", sample: "top", others: []string{"cart", "help"}, places: webPlaces, bad: `<?php $ok = @include './mode/' . $argv[1] . '.php';` + missing, good: []string{`<?php $m = ['top', 'cart', 'help']; $ok = in_array($argv[1], $m, true) ? @include './mode/' . $argv[1] . '.php' : false;` + missing, `<?php switch ($argv[1]) { case 'cart': include 'mode/cart.php'; break; case 'help': include 'mode/help.php'; break; default: include 'mode/top.php'; }`, `<?php $f = preg_replace('/[^a-z]/', '', $argv[1]); $ok = @include "./mode/$f.php";` + missing}, show: "../data/memo", text: "memo 52316"},
	{name: "parts", about: "a part of a page by its whole name; the page looks whether there is such a file first", path: "/info.php", param: "p", bin: "php", sample: "parts/news.inc", others: []string{"parts/faq.inc"}, places: append([]trial.Place{trial.Base64, trial.Double}, webPlaces...), bad: `<?php $ok = file_exists($argv[1]) ? include $argv[1] : false;` + missing, good: []string{`<?php $p = 'parts/' . basename($argv[1]); $ok = is_file($p) ? @include $p : false;` + missing, `<?php $r = realpath($argv[1]); $ok = $r !== false && strpos($r, realpath('parts') . '/') === 0 ? @include $r : false;` + missing}, show: "data/memo.txt", text: "memo 52316"},
	{name: "language", about: "the language of a cookie chooses the file of texts; .. is taken out once", path: "/index.php", param: "lang", bin: "php", sample: "ja", others: []string{"en"}, places: []trial.Place{trial.Cookie, trial.Cookie, trial.CookieObj, trial.Query, trial.Header, trial.JSON}, bad: `<?php $ok = @include 'lang/' . str_replace('../', '', $argv[1]) . '.php';` + missing, good: []string{`<?php $l = substr(strtolower($argv[1]), 0, 2); if (!is_file("lang/$l.php")) { $l = 'ja'; } $ok = @include "lang/$l.php";` + missing, `<?php $ok = @include 'lang/' . (['ja' => 'ja', 'en' => 'en'][$argv[1]] ?? 'ja') . '.php';` + missing}, show: "....//data/memo", text: "memo 52316"},
	{name: "skin", about: "a skin's folder in the middle of the path", path: "/board/zboard.php", param: "skin", bin: "php", sample: "default", others: []string{"wa"}, places: append([]trial.Place{trial.Cookie}, webPlaces...), bad: `<?php $ok = @include 'skin/' . $argv[1] . '/main.html';` + missing, good: []string{`<?php $s = is_dir('skin/' . basename($argv[1])) && basename($argv[1]) !== '' ? basename($argv[1]) : 'default'; $ok = @include "skin/$s/main.html";` + missing, `<?php if (strpos($argv[1], '..') !== false || strpos($argv[1], '/') !== false) { exit(4); } $ok = @include "skin/{$argv[1]}/main.html";` + missing}, show: "../data", text: "data 52316"},
	{name: "wrapper", about: "what has .. in it is refused, addresses of PHP's own are not", path: "/page.php", param: "page", bin: "php", sample: "mode/top.php", others: []string{"mode/help.php"}, places: append([]trial.Place{trial.List}, webPlaces...), bad: `<?php if (strpos($argv[1], '..') !== false) { exit(4); } $ok = @include $argv[1];` + missing, good: []string{`<?php if (!preg_match('#^mode/[a-z]+\.php$#D', $argv[1])) { exit(4); } $ok = @include $argv[1];` + missing, `<?php $ok = is_file('mode/' . basename($argv[1])) ? @include 'mode/' . basename($argv[1]) : false;` + missing}, show: "php://filter/read=string.toupper/resource=data/memo.txt", text: "MEMO 52316"},
	{name: "perl-do", about: "Perl runs the file of a language", path: "/cgi-bin/guest/guest.cgi", param: "lang", bin: "perl", sample: "ja", others: []string{"en"}, places: append([]trial.Place{trial.Cookie}, webPlaces...), bad: `my $l = $ARGV[0]; defined(do "./lang/$l.pl") or print "<p>cannot open lang file</p>";`, good: []string{`my $l = $ARGV[0] eq 'en' ? 'en' : 'ja'; do "./lang/$l.pl";`, `my ($l) = $ARGV[0] =~ /\A([a-z]{2})\z/; $l = 'ja' unless $l; defined(do "./lang/$l.pl") or print "<p>cannot open lang file: " . ($l eq 'ja' ? '' : $l) . "</p>";`}, show: "../data/conf", text: "conf 52316"},
	{name: "node-require", about: "a view by its name, with require", path: "/view", param: "name", bin: "node", sample: "home", others: []string{"about"}, places: []trial.Place{trial.Query, trial.Path, trial.JSON, trial.Cookie, trial.Form}, bad: `let t; try { t = require('./views/' + process.argv[2]); } catch (e) { t = '<p>Cannot find module</p>'; } process.stdout.write(typeof t === 'string' ? t : '');`, good: []string{`const views = {home: './views/home', about: './views/about'}; const k = process.argv[2]; process.stdout.write(Object.hasOwn(views, k) ? require(views[k]) : '<p>Cannot find module</p>');`, `const p = require('path').basename(process.argv[2]); let t; try { t = require('./views/' + p); } catch (e) { t = '<p>Cannot find module ' + p.replace(/[^a-z]/g, '') + '</p>'; } process.stdout.write(String(t));`}, show: "../config", text: "config 52316"},
}

var includeFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range includes {
		x := &includes[i]
		x.files, x.accept = pageFiles, []string{"path-traversal", "code-injection", "ssrf"}
		out = append(out, x.family("file-inclusion", "shop-include-"))
	}
	return append(out, trap("file-inclusion", "include-warning", "names of pages are looked up in a list; what is not there is answered by the warning that an include would give", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
		pages := map[string]string{"company": "会社概要", "law": "特定商取引法に基づく表記", "privacy": "個人情報保護方針"}
		return s.named("/abouts.php", "page", "company", "law", "privacy"), func(_ context.Context, v string) (*trial.Answer, error) {
			if t, ok := pages[v]; ok {
				return s.show("", "<h2>"+t+"</h2>"), nil
			}
			return trial.Text("<b>Warning</b>: include(" + e(v) + ".php): failed to open stream: No such file or directory in <b>/var/www/abouts.php</b> on line <b>9</b><br><b>Warning</b>: include(): Failed opening '" + e(v) + ".php' for inclusion (include_path='.:/usr/share/pear')"), nil
		}, nil
	}))
}()
