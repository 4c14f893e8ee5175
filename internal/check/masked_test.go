package check

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// What a check copies out of an answer into a finding is kept masked.
func TestFindingsAreMasked(t *testing.T) {
	t.Parallel()
	client, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{"http://127.0.0.1"}, Level: wire.Passive}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	secrets := []string{"4111111111111111", "taro.yamada@example.co.jp", "03-1234-5678", "abcdef0123456789abcdef"}
	c := &Check{Name: "copies", Run: func(_ context.Context, p *Pass) error {
		f := p.Report(nil, "/error", i18n.Args{"text": strings.Join(secrets[:3], " "), "plain": "Apache/2.4.1"})
		for _, visit := range []string{"0", "1"} { // the place is the same in every visit
			p.Report(nil, "/cart?sid=abcdef012345678"+visit+"&mail="+secrets[1], nil)
		}
		p.Note(Note{Kind: "software", Where: "/" + secrets[1], Args: i18n.Args{"name": "mail of " + secrets[1], "version": "4.2.3"}, Words: map[string]i18n.Text{"note": {JA: secrets[1], EN: secrets[1]}}})
		f.Excerpt = "PDOException for " + strings.Join(secrets[:3], ", ") + " Authorization: Bearer " + secrets[3]
		return nil
	}}
	res := NewRunner(&Site{}, client, 0).Run(t.Context(), c)
	data, err := json.Marshal(res)
	if err != nil || len(res.Findings) != 2 {
		t.Fatalf("%+v %v", res, err)
	}
	for _, s := range secrets {
		if strings.Contains(string(data), s) {
			t.Errorf("%s is kept: %s", s, data)
		}
	}
	if f := res.Findings[1]; f.Where != "/cart?sid=***&mail=***" || f.Args["where"] != f.Where {
		t.Errorf("%+v", f)
	}
	if n := res.Notes[0]; n.Where != "/***@***.jp" || n.Args["name"] != "mail of ***@***.jp" || n.Args["version"] != "4.2.3" {
		t.Errorf("%+v", n)
	}
	if f := res.Findings[0]; f.Args["plain"] != "Apache/2.4.1" || !strings.HasPrefix(f.Excerpt, "PDOException for ") {
		t.Errorf("%+v", f)
	}
}
