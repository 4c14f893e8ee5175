package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A password leaves only with the request that needs it: not in the journal,
// the ledger, an error, the stored scope; and a re-judged run, which knows no
// password, finds the same answers.
func TestPasswordsAreNotKept(t *testing.T) {
	t.Setenv("MISEBAN_TEST_PASSWORD", `P+ss "w/rd'<9`)
	const inline = "Correct-Horse-7"
	env := `P+ss "w/rd'<9`
	shop := site(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_ = r.ParseForm()
		w.Header().Set("X-Echo", r.Header.Get("X-Try"))
		u, p, _ := r.BasicAuth()
		fmt.Fprintf(w, "<p>%s</p><p>%s</p><p>%s %s</p>", b, r.URL.RawQuery, u, p)
	})
	j := NewMemory()
	scope := func() *Scope {
		return &Scope{Hosts: []string{shop.URL}, Level: Active, Rate: Rate{Unlimited: true}, Accounts: []Account{
			{Name: "a", User: "taro", Password: inline}, {Name: "b", User: "jiro", Password: "env:MISEBAN_TEST_PASSWORD"}, {Name: "c", User: "weak", Password: "test"},
		}}
	}
	ask := func(c *Client) (bodies []string) {
		for _, name := range []string{"a", "b", "c"} {
			pw, err := c.Password(name)
			if err != nil {
				t.Fatal(err)
			}
			user := c.account(name).User
			js, _ := json.Marshal(map[string]string{"user": user, "secret": pw})
			for _, body := range []string{url.Values{"user": {user}, "geheim": {pw}}.Encode(), string(js)} {
				r := post(t, shop.URL+"/login", body)
				r.Again, r.Purpose, r.Account = false, SignIn, name
				ex, err := c.Do(t.Context(), r)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				bodies = append(bodies, string(ex.Body))
			}
			r := get(t, shop.URL+"/basic?x="+url.QueryEscape(pw))
			q := &http.Request{Header: http.Header{}}
			q.SetBasicAuth(user, pw)
			r.Header = q.Header
			if r.Account = name; name != "c" {
				r.Header.Set("X-Try", pw)
			}
			bodies = append(bodies, string(must(t, c, r).Body))
		}
		return bodies
	}
	c, err := NewClient(Options{Scope: scope(), Journal: j, Courtesy: NewCourtesy()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop("over") })
	live := ask(c)
	if !strings.Contains(live[0], "geheim="+inline) {
		t.Fatalf("the shop did not get the password: %s", live[0])
	}
	_, failed := c.Do(t.Context(), get(t, "http://127.0.0.1:1/?p="+url.QueryEscape(env)))
	var kept bytes.Buffer
	for _, r := range j.Records() {
		kept.Write(r.Data)
	}
	led, _ := json.Marshal(j.Entries())
	kept.Write(led)
	s, _ := json.Marshal(c.Scope())
	kept.Write(s)
	y, _ := yaml.Marshal(c.Scope())
	kept.Write(y)
	fmt.Fprintf(&kept, "%v %+v %#v %s", c.Scope().Accounts, c.Scope().Accounts, c.Scope().Accounts, c.mask.Text(failed.Error()))
	js, _ := json.Marshal(env)
	for _, secret := range []string{inline, env, url.QueryEscape(env), url.PathEscape(env), strings.Trim(string(js), `"`), "geheim=test", `secret\":\"test`} {
		if i := bytes.Index(kept.Bytes(), []byte(secret)); i >= 0 {
			t.Errorf("%q is kept: …%s…", secret, kept.Bytes()[max(0, i-60):min(kept.Len(), i+60)])
		}
	}
	if !strings.Contains(kept.String(), "env:MISEBAN_TEST_PASSWORD") {
		t.Error("the reference is not kept")
	}
	// Judged again without any password.
	t.Setenv("MISEBAN_TEST_PASSWORD", "")
	stored := &Scope{}
	if err := json.Unmarshal(s, stored); err != nil {
		t.Fatal(err)
	}
	resumed := *stored
	if _, err := NewClient(Options{Scope: &resumed, Journal: j}); !errors.Is(err, ErrSecret) {
		t.Errorf("a resumed run without its passwords: %v", err)
	}
	stored.Level = Offline
	again, err := NewClient(Options{Scope: stored, Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(again); len(got) != len(live) {
		t.Errorf("%d of %d answers were found again", len(got), len(live))
	}
	if _, err := again.Password("z"); !errors.Is(err, ErrConsent) {
		t.Errorf("password of an account outside the scope: %v", err)
	}
}
