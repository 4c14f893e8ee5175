package web

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"miseban/internal/account"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestAccess walks every route as everybody, before an object of one's own,
// somebody else's and none. The handlers are replaced, so what answers 204 is
// what the table lets through. The whole grid stands in testdata/access, a
// file a subject: read its diff as carefully as code.
func TestAccess(t *testing.T) {
	if testing.Short() {
		t.Skip("many cases of the same code")
	}
	t.Parallel()
	w := settled(t)
	probe := slices.Clone(table)
	for i := range probe {
		probe[i].do = func(_ *Server, rw http.ResponseWriter, _ *visit) error {
			rw.WriteHeader(http.StatusNoContent)
			return nil
		}
		probe[i].slow = false
	}
	h := w.server.around(w.server.mux(probe))
	tokens := map[account.Role]string{}
	for r, p := range w.people {
		tokens[r] = w.session(p)
	}
	ask := func(method, path, token string) int {
		r := httptest.NewRequest(method, w.server.opt.Public.String()+path, nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if token != "" {
			r.AddCookie(&http.Cookie{Name: w.server.cookieName(), Value: token})
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec.Code
	}
	letters := map[int]string{204: "o", 303: "-", 403: "x", 404: "."}
	head := fmt.Sprintf("# o allowed, x forbidden, . as if it were not there, - sign in first\n# each cell: own, foreign, absent object\n%-64s %-4s", "", "none")
	for _, r := range account.Roles {
		head += fmt.Sprintf(" %-4.4s", r)
	}
	grids := map[string]*strings.Builder{}
	of := map[string]*strings.Builder{}
	for _, x := range subjects {
		grids[x.name] = &strings.Builder{}
		fmt.Fprintln(grids[x.name], head)
		for i := range x.routes {
			of[x.routes[i].key()] = grids[x.name]
		}
	}
	for i := range probe {
		rt := &probe[i]
		grid := of[rt.key()]
		fmt.Fprintf(grid, "%-64s", rt.key())
		for _, r := range append([]account.Role{""}, account.Roles...) {
			ownOrg := w.orgs[account.Shopkeeper].ID
			if p := w.people[r]; p != nil {
				a, err := w.db.Actor(t.Context(), p.ID)
				if err != nil {
					t.Fatal(err)
				}
				ownOrg = a.Members[0].Organisation.ID
			}
			cell := ""
			for _, x := range []struct{ shop, org, programme account.ID }{{w.shop.ID, ownOrg, w.programme.ID}, {w.other.ID, w.other.Organisation, w.foreign.ID}, {w.absent, w.absent, w.absent}} {
				code := ask(rt.method, w.fill(rt.pattern, x.shop, x.org, x.programme), tokens[r])
				l, ok := letters[code]
				if !ok {
					t.Errorf("%s as %q: %d", rt.key(), r, code)
				}
				cell += l
				if rt.on == onNothing {
					break
				}
			}
			fmt.Fprintf(grid, " %-4s", cell)
			switch {
			case r == "" && !rt.open && strings.Contains(cell, "o"):
				t.Errorf("%s lets in who is not signed in", rt.key())
			case rt.on != onNothing && r != account.Operator && r != "" && cell[1:] != "..":
				t.Errorf("%s tells %s of what is somebody else's: %s", rt.key(), r, cell)
			}
		}
		grid.WriteByte('\n')
	}
	for name, grid := range grids {
		var got []string
		for l := range strings.Lines(grid.String()) {
			got = append(got, strings.TrimRight(l, " \n"))
		}
		file := filepath.Join("testdata", "access", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, name+": who may do what; if it is meant, run with -update and read the diff", strings.Split(strings.TrimSuffix(string(want), "\n"), "\n"), got)
	}
}

// TestTable: every line says who may; objects are named as the walk expects;
// what changes something is no GET.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range table {
		rt := &table[i]
		if seen[rt.key()] {
			t.Errorf("%s stands twice", rt.key())
		}
		seen[rt.key()] = true
		if rt.method != "GET" && rt.method != "POST" {
			t.Errorf("%s: pages know GET and POST", rt.key())
		}
		if strings.Contains(rt.pattern, "{shop}") != (rt.on == onShop) || strings.Contains(rt.pattern, "{organisation}") != (rt.on == onOrganisation) || strings.Contains(rt.pattern, "{programme}") != (rt.on == onProgramme) {
			t.Errorf("%s: the object of the line is not the one of its address", rt.key())
		}
		for _, r := range rt.who {
			if !slices.Contains(account.Roles, r) {
				t.Errorf("%s: no such role: %s", rt.key(), r)
			}
		}
		if rt.open && (len(rt.who) > 0 || rt.on != onNothing || rt.fresh) {
			t.Errorf("%s is open and names who may", rt.key())
		}
		if rt.open && rt.method == "POST" && !rt.slow && rt.pattern != "/sign-out" {
			t.Errorf("%s is open and its tries are not counted", rt.key())
		}
	}
}

// TestEndings: a grant taken back, a session ended or idle, a person removed:
// the next request feels it.
func TestEndings(t *testing.T) {
	t.Parallel()
	w := settled(t)
	vendor, boss := w.as(w.people[account.Maintainer]), w.as(w.people[account.Executive])
	page := "/shops/" + string(w.shop.ID)
	vendor.get(page).wants(t, 200, "山田茶舗")
	vendor.get("/shops").wants(t, 200, "山田茶舗")
	access := boss.get(page+"/access").wants(t, 200, "外部委託先（制作・保守）の例").body
	row := access[strings.Index(access, "外部委託先（制作・保守）の例"):]
	_, row, _ = strings.Cut(row, page+"/grants/")
	grant, _, _ := strings.Cut(row, "/")
	boss.post(page+"/grants/"+grant+"/revoke").wants(t, 303, page+"/access")
	vendor.get(page).wants(t, 404)
	if strings.Contains(vendor.get("/shops").body, "山田茶舗") {
		t.Error("the list still shows the shop")
	}
	boss.post(page+"/grants/"+grant+"/revoke").wants(t, 404)

	first := w.as(w.people[account.Practitioner])
	second := w.as(w.people[account.Practitioner])
	list := first.get("/account/sessions").wants(t, 200, "この機器")
	second.get("/").wants(t, 200)
	second.post("/account/sessions/"+list.between(t, "/account/sessions/", "/end")+"/end").wants(t, 303)
	if a, b := first.get("/").code, second.get("/").code; a == b {
		t.Errorf("one of two sessions was ended: %d, %d", a, b)
	}
	idle := w.as(w.people[account.Clerk])
	w.pass(account.SessionIdle + 1e9)
	idle.get("/").wants(t, 303, "/sign-in")
}

// TestForeignForms: a form that another site sends does nothing; a name of
// somebody else's making leads to the public address.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	w := settled(t)
	token := w.session(w.people[account.Operator])
	h := w.server.Handler()
	for _, c := range []struct {
		site, host string
		code       int
	}{{"cross-site", "", 403}, {"same-site", "", 403}, {"same-origin", "", 303}, {"same-origin", "rebound.example:80", 421}} {
		r := httptest.NewRequest("POST", w.server.opt.Public.String()+"/operator/stop", nil)
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.AddCookie(&http.Cookie{Name: w.server.cookieName(), Value: token})
		if c.host != "" {
			r.Host = c.host
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != c.code {
			t.Errorf("%+v: %d", c, rec.Code)
		}
	}
	for _, to := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "javascript:alert(1)"} {
		if got := local(to); got != "/" {
			t.Errorf("after signing in to %q: %q", to, got)
		}
	}
}
