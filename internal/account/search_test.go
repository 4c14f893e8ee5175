package account

import (
	"slices"
	"testing"
)

// TestSearchWords: a word finds itself however it was typed and kept.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	for typed, kept := range map[string][]string{
		"かーど":      {"カード番号", "ｶｰﾄﾞ番号", "かーど"},
		"カード":      {"カード番号", "かーど番号"},
		"ｶｰﾄﾞ":     {"カード番号", "ｶｰﾄﾞ番号"},
		"ＥＣ－ＣＵＢＥ":  {"EC-CUBE 4.2", "ec-cube"},
		"ec":       {"ＥＣサイト", "ECサイト", "ｅｃ"},
		"茶":        {"山田茶舗"},
		"クッキー 属性":  {"クッキーの属性"},
		"お茶　お茶 オ茶": {"お茶"},
	} {
		words := SearchWords(typed)
		if len(words) == 0 || len(words) > 2 {
			t.Fatalf("%q: %d words", typed, len(words))
		}
		for _, k := range kept {
			for i := range words {
				if !words[i].In(Plain(k)) {
					t.Errorf("%q does not find %q", typed, k)
				}
			}
		}
	}
	for typed, kept := range map[string]string{"カード": "かーど", "かーど": "カード", "ec": "ＥＣ", "ＥＣ": "ec", "AB12": "ab12"} {
		if w := SearchWords(typed); len(w) != 1 || !slices.Contains(w[0].Forms, kept) {
			t.Errorf("%q is not looked for as %q: %q", typed, kept, w)
		}
	}
	for _, none := range []string{"", " 　 ", "\x00"} {
		if w := SearchWords(none); len(w) != 0 {
			t.Errorf("%q: %v", none, w)
		}
	}
	if w := SearchWords("a b c d e f g"); len(w) != MostSearchWords {
		t.Errorf("%d words", len(w))
	}
}

// TestWays: the ways before shops are those by which OnShop gives a role.
func TestWays(t *testing.T) {
	t.Parallel()
	for _, role := range Roles {
		for _, as := range []As{"", AsContractor, AsFirm, AsOffice} {
			a := &Actor{Members: []Membership{{Organisation: Organisation{ID: "o"}, Roles: []Role{role}}}}
			shop, grants := &Shop{ID: "s", Organisation: "other"}, []Grant(nil)
			if as == "" {
				shop.Organisation = "o"
			} else {
				grants = []Grant{{Shop: "s", Organisation: "o", As: as, Until: noon.AddDate(1, 0, 0)}}
			}
			got := a.OnShop(shop, grants, noon)
			for _, want := range Roles {
				if want == Operator {
					continue // stands before every shop without a way
				}
				if has, way := slices.Contains(got, want), slices.Contains(a.Ways(want), Way{"o", as}); has != way {
					t.Errorf("%s by %q: OnShop gives %v, Ways say %v", role, as, has, way)
				}
			}
		}
	}
}
