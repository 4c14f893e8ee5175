package web

import (
	"net/http"
	"testing"

	"miseban/internal/account"
	"miseban/internal/store"
)

const newer = "another long password of mine"

// TestReset: who forgot the password chooses a new one by a link of the
// executive; it works once, ends all sessions and signs nobody in.
func TestReset(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss, p := w.as(w.people[account.Executive]), w.people[account.Practitioner]
	before := w.as(p)
	before.get("/account").wants(t, 200)
	at := "/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/people/" + string(p.ID)
	link := "/reset/" + boss.post(at+"/reset").wants(t, 201, "本人と確かめてから").between(t, "/reset/", "<")
	w.visitor().get("/links/"+link[len("/reset/"):]).wants(t, 410)

	v := w.visitor()
	v.get(link).wants(t, 200, p.Mail)
	v.post(link, "password", "short").wants(t, 422)
	before.get("/account").wants(t, 200)
	v.post(link, "password", newer).wants(t, 303, "/sign-in")
	for _, c := range v.client.Jar.Cookies(w.server.opt.Public) {
		if c.Name == w.server.cookieName() {
			t.Error("the link signed somebody in")
		}
	}
	before.get("/account").wants(t, 303, "/sign-in")
	v.get(link).wants(t, 410)
	v.post(link, "password", newer).wants(t, 410)
	w.visitor().post("/sign-in", "mail", p.Mail, "password", password).wants(t, http.StatusUnprocessableEntity)
	w.visitor().post("/sign-in", "mail", p.Mail, "password", newer).wants(t, 303)
}

// TestResetReach: an executive reaches nobody who belongs to another
// organisation as well, not even by a link made before, and not himself;
// an operator reaches them. No other link sets a password.
func TestResetReach(t *testing.T) {
	t.Parallel()
	w := settled(t)
	chief, p, org := w.people[account.Executive], w.people[account.Practitioner], w.orgs[account.Shopkeeper]
	boss := w.as(chief)
	under := "/organisations/" + string(org.ID) + "/people/"
	boss.post(under+string(chief.ID)+"/reset").wants(t, 422, "アカウントのページ")
	made := "/reset/" + boss.post(under+string(p.ID)+"/reset").wants(t, 201).between(t, "/reset/", "<")
	join := boss.post("/organisations/"+string(org.ID)+"/invite", "mail", "a@example.jp", "role", "practitioner").wants(t, 201).between(t, "/links/", "<")
	w.visitor().get("/reset/"+join).wants(t, 410)
	w.visitor().post("/reset/"+join, "password", newer).wants(t, 410)

	other := w.orgs[account.Contractor]
	w.change(func(tx *store.Tx) error {
		return tx.AddRoles(t.Context(), p.ID, other.ID, other.Kind, []account.Role{account.Maintainer})
	})
	w.visitor().get(made).wants(t, 410)
	w.visitor().post(made, "password", newer).wants(t, 410)
	boss.post(under+string(p.ID)+"/reset").wants(t, 422, "運用者に頼んで")
	by := "/reset/" + w.as(w.people[account.Operator]).post(under+string(p.ID)+"/reset").wants(t, 201).between(t, "/reset/", "<")
	w.visitor().post(by, "password", newer).wants(t, 303)
}

// TestMayReset: every kind of pair.
func TestMayReset(t *testing.T) {
	t.Parallel()
	in := func(id account.ID, m ...account.Membership) *account.Actor {
		return &account.Actor{Person: account.Person{ID: id}, Members: m}
	}
	a := func(r ...account.Role) account.Membership {
		return account.Membership{Organisation: account.Organisation{ID: "a"}, Roles: r}
	}
	b := func(r ...account.Role) account.Membership {
		return account.Membership{Organisation: account.Organisation{ID: "b"}, Roles: r}
	}
	for name, c := range map[string]struct {
		by, who *account.Actor
		want    bool
	}{
		"executive, own":                {in("1", a(account.Executive)), in("2", a(account.Practitioner)), true},
		"executive, himself":            {in("1", a(account.Executive)), in("1", a(account.Executive)), false},
		"executive, two memberships":    {in("1", a(account.Executive)), in("2", a(account.Practitioner), b(account.Practitioner)), false},
		"executive of another":          {in("1", b(account.Executive)), in("2", a(account.Practitioner)), false},
		"executive elsewhere, here not": {in("1", a(account.Practitioner), b(account.Executive)), in("2", a(account.Practitioner)), false},
		"practitioner":                  {in("1", a(account.Practitioner)), in("2", a(account.Practitioner)), false},
		"operator":                      {in("1", b(account.Operator)), in("2", a(account.Executive), b(account.Practitioner)), true},
		"gone":                          {in("1", a(account.Executive)), in("2", b(account.Practitioner)), false},
	} {
		if got := account.MayReset(c.by, c.who, "a"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// resetToken is that of a link to a new password for the practitioner.
func (w *world) resetToken() string {
	token, print := account.NewToken()
	p := w.people[account.Practitioner]
	l := &account.Link{ID: account.NewID(), Purpose: account.Reset, Organisation: w.orgs[account.Shopkeeper].ID, Person: p.ID, Mail: p.Mail, Expires: w.now().Add(account.ResetLife)}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Executive].ID
		return tx.AddLink(w.t.Context(), l, print)
	})
	return token
}
