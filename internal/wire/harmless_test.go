package wire

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// Values as the checks send them pass.
func TestHarmlessPasses(t *testing.T) {
	t.Parallel()
	for _, v := range []string{
		"x'", "x''", `x"`, `x\'`, "x' and 'r'='r", "x' and 'r'='s", "x' AND 'r'='r", `x" and "r"="r`, "7 and 1=0", "7 and 1=1", "7-0", "8-1", "7) and (1=1",
		"x' and sleep(2) and 'r'='r", "7 and (select 1 from (select sleep(3)) z)", "7 and 5=(select 5 from pg_sleep(1))",
		"{{7*7}}", "${7*7}", "<%= 7*7 %>", "{{'a'~'b'}}", "../a", "./a", "..%2f..%2fetc%2fpasswd", "%2527", "%c0%ae", "x'%27",
		`'"><m3f a=b>`, `"/>`, `" onx="1`, `</script><m3f>`, "`m3f`", "${m3f}", "javascript:m3f", "m3f\r\nX-M3f: 1", "m3f%0d%0aX-M3f:%201",
		"$(expr 3 * 4)", "`expr 3 * 4`", "x&expr 3 * 4&", "sleep 2", `{"$eq":"x"}`, `{"$in":["x"]}`, "*)(uid=x", "x*", "' and '1'='1", "//evil.example", "https://evil.example/",
		`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "m3f">]><a>&x;</a>`, "__proto__[m3f]=1", "表'", "mir'\n'in", "ta''ro", "taro'collate'binary", "7' div null div '1", "tea' div (select null from (select sleep(3)) bcdf) div 'ghjk", "tea%' group by 1 having 'abcd' is not 'efghi", "ｘ＇", "orange", "sandor", "for", "forest_or_tree", "updated", "3dd4",
	} {
		if err := Harmless(v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
}

// dangerous are values that widen, cut off or write, in the plainest spelling.
var dangerous = []string{
	"1 or 1=1", "x' or 'a'='a", "1or 1", "1 xor 1", "1 || 1", "x'||'", "x'|'", "1;delete from t", "x'-- ", "x'#", "x'/*", "1 union select 2", "x' into outfile 'f",
	"x'+'", "x' in (''", "x'collate'nocase", "7'*null*'1 ", "x%' group by 1 having 'a' is not 0", "x' + '", "x'-'", "x'*'", "x'/'1", "x'%'1", "x'^'", "x'&'1", "x'=0", "x'=''", "x'!='", "x'<>'1", "x'<=>'1", "x' is not null", "x' like 0", "x' in (0)", "x' between 0 and 0", "x' div 1",
	"x' regexp '", "x' not in ('')", "benchmark(9,1)", "sleep(10)", "pg_sleep(30)", "waitfor delay '0:0:10'", "x' div (select null from (select sleep(9)) bcdf) div '1", "x' div (select 1 from (select sleep(1)) bcdf) div '1", "sleep(1e9)", "call p()", "exec xp_cmdshell", "setval('s',1)",
	"$(rm -f x)", "`kill 1`", "$(echo x > f)", "`echo x>f`", "unlink('x')", "system('x')", "eval(x)", `{"$ne":""}`, `{"$gt":""}`, "$where", "%", "%%", "_",
}

func TestHarmlessRefuses(t *testing.T) {
	t.Parallel()
	for _, v := range dangerous {
		for name, spell := range spellings {
			if s := spell(v); !errors.Is(Harmless(s), ErrDestructive) {
				t.Errorf("%s spelling of %q passes: %q", name, v, s)
			}
		}
	}
	for _, v := range []string{"1\u00a0or\u00a01", "1\u3000or\u30001", "1\x00or\x001", "1 o\x00r 1", "1 o\u200br 1", "1\u2028or\u20281", "1 ｏｒ 1", "1％２０or％２０1", "un/**/ion", "u\u00adnion", "x＇＋＇", "1\vor\f1",
		"%25%37%63%25%37%63", "%u007c%u007c", `\u007c\u007c`, `\x7c`, "&#124;&#124;", "&verbar;", "１；ｄｅｌｅｔｅ", "delete\xff", "\xffor\xff", "<?xml version='1.0'?><a>1;drop</a>", strings.Repeat("x", 70<<10)} {
		if !errors.Is(Harmless(v), ErrDestructive) {
			t.Errorf("passes: %q", v)
		}
	}
}

// spellings are ways in which a value may be written and still be read as what it is.
var spellings = map[string]func(string) string{
	"plain": func(s string) string { return s },
	"upper": strings.ToUpper,
	"mixed": func(s string) string {
		b := []byte(s)
		for i := range b {
			if b[i] >= 'a' && b[i] <= 'z' && i%2 == 0 {
				b[i] -= 'a' - 'A'
			}
		}
		return string(b)
	},
	"full-width": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r - '!' + '！'
			}
			return r
		}, s)
	},
	"escaped":       url.QueryEscape,
	"twice escaped": func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"tabs":          func(s string) string { return strings.ReplaceAll(s, " ", "\t") },
	"lines":         func(s string) string { return strings.ReplaceAll(s, " ", "\r\n") },
	"zero-width": func(s string) string {
		return strings.ReplaceAll(s, "e", "e\u200b")
	},
	"surrounded": func(s string) string {
		if strings.Trim(s, "%_") == "" {
			return s
		}
		return "m3f " + s + " m3f"
	},
}

// However a dangerous value is hidden among harmless text, it does not pass,
// and no value is too odd to be judged.
func FuzzHarmless(f *testing.F) {
	for i, v := range dangerous {
		f.Add("m3f", v, "tail", byte(i))
		f.Add("", "1 "+v, "", byte(i))
	}
	words := []string{" or ", " union ", " delete ", ";", "||", "--", "/*", "#", " into ", " drop "}
	names := []string{"plain", "upper", "mixed", "full-width", "escaped", "twice escaped", "tabs", "lines"}
	f.Fuzz(func(t *testing.T, before, value, after string, pick byte) {
		_ = Harmless(before + value + after)
		word := words[int(pick)%len(words)]
		clean := func(s string) string { // what changes the reading of what follows is no hiding place, it is another value
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' || r == ' ' || r == '\'' || r == '(' || r == '=' || r >= 'あ' && r <= 'ん' {
					return r
				}
				return -1
			}, s)
		}
		for _, n := range names {
			if s := spellings[n](clean(before) + word + clean(after)); len(s) < 32<<10 && !errors.Is(Harmless(s), ErrDestructive) {
				t.Errorf("%s: %q passes", n, s)
			}
		}
	})
}
