package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestLongForm: a form that is longer than forms may be is told as that, not
// as one whose fields are empty.
func TestLongForm(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.as(w.people[account.Executive]).post("/account", "name", strings.Repeat("x", most+1)).wants(t, 413, "送られた内容が大きすぎます")
}

// TestLinksOfTheRemoved: who may invite no more cannot let anybody in by the
// invitations made before, neither to the organisation nor to its shops.
func TestLinksOfTheRemoved(t *testing.T) {
	t.Parallel()
	for _, removed := range []bool{true, false} {
		w := settled(t)
		boss := w.as(w.people[account.Executive])
		org := w.orgs[account.Shopkeeper]
		leaving := w.person("去る人", org, account.Executive)
		v := w.as(leaving)
		at := "/organisations/" + string(org.ID)
		join := "/links/" + v.post(at+"/invite", "mail", "a@example.jp", "role", "executive").wants(t, 201).between(t, "/links/", "<")
		offer := "/links/" + v.post("/shops/"+string(w.shop.ID)+"/access", "as", "contractor", "mail", "a@example.jp", "until", "2027-01-01").wants(t, 201).between(t, "/links/", "<")
		kept := "/links/" + boss.post(at+"/invite", "mail", "b@example.jp", "role", "practitioner").wants(t, 201).between(t, "/links/", "<")
		if removed {
			boss.post(at+"/people/"+string(leaving.ID)+"/remove").wants(t, 303)
		} else {
			boss.post(at+"/people/"+string(leaving.ID), "role", "practitioner").wants(t, 303)
		}
		w.visitor().get(join).wants(t, 410)
		w.visitor().post(join, "name", "a", "mail", "a@example.jp", "password", password).wants(t, 410)
		w.visitor().get(offer).wants(t, 410)
		w.visitor().get(kept).wants(t, 200)
	}
}

// TestCodesFromManyNetworks: codes are not guessed by who knows the password
// and has many addresses; the owner still has the recovery codes.
func TestCodesFromManyNetworks(t *testing.T) {
	t.Parallel()
	w := settled(t)
	p := w.people[account.Executive]
	key, err := account.NewSecret("Miseban", p.Mail)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.OfferCodes(t.Context(), p.ID, key.Secret()); err != nil {
		t.Fatal(err)
	}
	recovery, prints := recoveryCodes()
	w.change(func(tx *store.Tx) error { return tx.TurnCodesOn(t.Context(), p.ID, 0, prints) })
	for i := range 31 { // as many networks
		if err := w.db.Fail(t.Context(), everywhere(p.ID), w.now()); err != nil {
			t.Fatal(i, err)
		}
	}
	v := w.visitor()
	v.post("/sign-in", "mail", p.Mail, "password", password).wants(t, 303, "/sign-in/code")
	v.post("/sign-in/code", "code", "000000").wants(t, 429, "確認コードの間違いが続いた")
	v.post("/sign-in/code", "code", recovery[0]).wants(t, 303)
	v = w.visitor()
	v.post("/sign-in", "mail", p.Mail, "password", password).wants(t, 303, "/sign-in/code")
	v.post("/sign-in/code", "code", "000000").wants(t, 422)
}

// TestEndedStaysEnded: a request that was under way when its session was
// ended does not bring the session back.
func TestEndedStaysEnded(t *testing.T) {
	t.Parallel()
	w := settled(t)
	p := w.people[account.Executive]
	print := account.Fingerprint(w.session(p))
	s, err := w.db.Session(t.Context(), print)
	if err != nil {
		t.Fatal(err)
	}
	w.change(func(tx *store.Tx) error { return tx.DropSession(t.Context(), p.ID, print) })
	s.Confirmed = w.now().Add(time.Minute)
	if err := w.db.KeepSession(t.Context(), s); err == nil {
		t.Error("a session that was ended was written to")
	}
	if _, err := w.db.Session(t.Context(), print); err == nil {
		t.Error(fmt.Sprint("session ", print, " is back"))
	}
}
