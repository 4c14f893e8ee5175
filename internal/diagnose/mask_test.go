package diagnose

import (
	"encoding/json"
	"strings"
	"testing"

	"miseban/internal/wire"
)

// What the report lists of the shop's pages holds no session and no customer.
func TestSeenIsMasked(t *testing.T) {
	t.Parallel()
	const sid = "abcdef0123456789abcdef"
	u := "https://shop.example/x?PHPSESSID=" + sid
	s := Seen{
		Pages: []SeenPage{{URL: u, Title: "taro.yamada@example.co.jp"}}, Templates: []SeenTemplate{{Example: u}},
		Forms: []SeenForm{{Page: u, Action: u}}, Skipped: []SeenSkip{{URL: u}},
	}
	s.mask(wire.NewMasker(nil))
	data, err := json.Marshal(s)
	if err != nil || strings.Contains(string(data), sid) || strings.Contains(string(data), "taro") || !strings.Contains(string(data), "https://shop.example/x?PHPSESSID=") {
		t.Errorf("%s %v", data, err)
	}
}
