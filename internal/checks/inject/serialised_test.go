package inject

import (
	"strings"
	"testing"
)

// FuzzSerialised: whatever a shop lets a browser keep, telling its form ends, and
// no altered seal makes a value of nobody.
func FuzzSerialised(f *testing.F) {
	for _, s := range []string{`O:8:"CartView":1:{s:5:"items";a:1:{i:0;i:7;}}`, `a:1:{s:1:"k";s:2:"ab";}`, `C:11:"ArrayObject":5:{x:i:0}`, "rO0ABXNyAARDYXJ0", "gASVBQAAAAAAAAB9lEsBLg==", "BAh7BjoGYWkG", "/wEPDwUKLTEyMzQ1Njc4OWRk", "a:1:{s:9999999999:\"k\";}", strings.Repeat("a:1:{i:0;", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		switch form := serialised(v); form {
		case "", "php", "java", "python", "ruby", "viewstate":
			if form != "" && serialised(v+"--"+strings.Repeat("0f", 20)) != "" {
				t.Errorf("%q with a seal is %s", v, form)
			}
		default:
			t.Errorf("%q: %q", v, form)
		}
	})
}
