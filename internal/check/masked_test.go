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
		f.Excerpt = "PDOException for " + strings.Join(secrets[:3], ", ") + " Authorization: Bearer " + secrets[3]
		return nil
	}}
	res := NewRunner(&Site{}, client, 0).Run(t.Context(), c)
	data, err := json.Marshal(res)
	if err != nil || len(res.Findings) != 1 {
		t.Fatalf("%+v %v", res, err)
	}
	for _, s := range secrets {
		if strings.Contains(string(data), s) {
			t.Errorf("%s is kept: %s", s, data)
		}
	}
	if f := res.Findings[0]; f.Args["plain"] != "Apache/2.4.1" || !strings.HasPrefix(f.Excerpt, "PDOException for ") {
		t.Errorf("%+v", f)
	}
}
