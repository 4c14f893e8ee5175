package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"miseban/internal/account"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// change carries out f and ends the test when it fails.
func change(t testing.TB, db *DB, by account.ID, f func(*Tx) error) {
	t.Helper()
	if err := db.Change(t.Context(), by, noon, f); err != nil {
		t.Fatal(err)
	}
}

// settle makes an organisation with one person who has all its roles.
func settle(t *testing.T, db *DB, kind account.Kind, name string) (*account.Organisation, *account.Actor) {
	t.Helper()
	o := &account.Organisation{ID: account.NewID(), Kind: kind, Name: name}
	p := &account.Person{ID: account.NewID(), Mail: string(account.NewID()) + "@example.jp", Name: name + "の人"}
	change(t, db, p.ID, func(tx *Tx) error {
		return errors.Join(tx.AddOrganisation(t.Context(), o), tx.AddPerson(t.Context(), p, "hash"), tx.AddRoles(t.Context(), p.ID, o.ID, kind, account.RolesIn(kind)))
	})
	a, err := db.Actor(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o, a
}

func TestPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		if any, err := db.AnyPerson(ctx); any || err != nil {
			t.Errorf("an empty database has people: %v, %v", any, err)
		}
		o, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		if any, err := db.AnyPerson(ctx); !any || err != nil {
			t.Errorf("people: %v, %v", any, err)
		}
		if got := fmt.Sprint(a.Roles()); got != "[executive practitioner]" || a.Members[0].Organisation.Name != "山田茶舗" {
			t.Errorf("actor %+v", a)
		}
		p, hash, err := db.PersonByMail(ctx, a.Person.Mail)
		if err != nil || hash != "hash" || cmp.Diff(*p, a.Person) != "" {
			t.Errorf("person by mail: %+v %q %v", p, hash, err)
		}
		again := account.Person{ID: account.NewID(), Mail: p.Mail, Name: "x"}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.AddPerson(ctx, &again, "") }); !errors.Is(err, ErrConflict) {
			t.Errorf("a second account for a mail address: %v", err)
		}
		if _, err := db.Person(ctx, again.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("it was kept: %v", err)
		}
		for what, f := range map[string]func(*Tx) error{
			"removing": func(tx *Tx) error { return tx.RemoveMember(ctx, p.ID, o.ID) },
			"demoting": func(tx *Tx) error { return tx.SetRoles(ctx, p.ID, o.ID, []account.Role{account.Practitioner}) },
		} {
			if err := db.Change(ctx, p.ID, noon, f); !errors.Is(err, ErrLast) {
				t.Errorf("%s the last executive: %v", what, err)
			}
		}
		second := account.Person{ID: account.NewID(), Mail: "second@example.jp", Name: "二番目"}
		change(t, db, p.ID, func(tx *Tx) error {
			return errors.Join(tx.AddPerson(ctx, &second, ""), tx.AddRoles(ctx, second.ID, o.ID, o.Kind, []account.Role{account.Practitioner, account.Operator}))
		})
		change(t, db, p.ID, func(tx *Tx) error {
			return tx.AddRoles(ctx, second.ID, o.ID, o.Kind, []account.Role{account.Executive})
		})
		people, err := db.People(ctx, o.ID, 10)
		if err != nil || len(people) != 2 || fmt.Sprint(people[1].Roles) != "[executive practitioner]" || people[1].Secured {
			t.Errorf("people %+v, %v", people, err)
		}
		change(t, db, second.ID, func(tx *Tx) error { return tx.RemoveMember(ctx, p.ID, o.ID) })
		names, err := db.Names(ctx, []account.ID{p.ID, second.ID, "", p.ID})
		if err != nil || len(names) != 2 || names[second.ID] != "二番目" {
			t.Errorf("names %v, %v", names, err)
		}
		orgs, err := db.Organisations(ctx, "茶", Cursor{}, 10)
		if err != nil || len(orgs) != 1 || orgs[0].ID != o.ID {
			t.Errorf("organisations %v, %v", orgs, err)
		}
		if orgs, err := db.Organisations(ctx, "%", Cursor{}, 10); err != nil || len(orgs) != 0 {
			t.Errorf("a percent sign finds %v, %v", orgs, err)
		}
		if orgs, err := db.Organisations(ctx, "", ParseCursor(Cursor{o.Name, o.ID}.String()), 10); err != nil || len(orgs) != 0 {
			t.Errorf("after the last: %v, %v", orgs, err)
		}
	})
}

// TestAudit: what changes is in the log, the log is whole under many writers,
// a change without an event is refused, and a changed line is noticed.
func TestAudit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		o, a := settle(t, db, account.Shopkeeper, "店")
		var g errgroup.Group
		for i := range 20 {
			g.Go(func() error {
				p := account.Person{ID: account.NewID(), Mail: fmt.Sprintf("p%d@example.jp", i), Name: "p"}
				return db.Change(ctx, a.Person.ID, noon, func(tx *Tx) error {
					return errors.Join(tx.AddPerson(ctx, &p, ""), tx.AddRoles(ctx, p.ID, o.ID, o.Kind, []account.Role{account.Practitioner}))
				})
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n, err := db.VerifyAudit(ctx); err != nil || n != 43 {
			t.Errorf("verified %d lines, %v", n, err)
		}
		events, err := db.Audit(ctx, Audited{Organisations: []account.ID{o.ID}, Limit: 100})
		if err != nil || len(events) != 22 || events[0].Verb != account.RolesChanged || events[0].By != a.Person.ID || !events[0].At.Equal(noon) {
			t.Errorf("%d events, %v, %+v", len(events), err, events[0])
		}
		more, err := db.Audit(ctx, Audited{Organisations: []account.ID{o.ID}, Before: events[9].Seq, Limit: 5})
		if err != nil || cmp.Diff(events[10:15], more) != "" {
			t.Errorf("next page %v, %v", more, err)
		}
		err = db.Change(ctx, "", noon, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE people SET name = 'x'`)
			return err
		})
		if !errors.Is(err, errSilent) {
			t.Errorf("a silent change: %v", err)
		}
		if p, err := db.Person(ctx, a.Person.ID); err != nil || p.Name == "x" {
			t.Errorf("the silent change was kept: %v, %v", p, err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { tx.Record(account.Event{Verb: "x"}); return nil }); !errors.Is(err, errNoVerb) {
			t.Errorf("a verb without words: %v", err)
		}
		if _, err := db.write.ExecContext(ctx, `UPDATE audit SET doc = replace(doc, 'practitioner', 'executive') WHERE seq = 7`); err != nil {
			t.Fatal(err)
		}
		if n, err := db.VerifyAudit(ctx); err == nil || n != 6 {
			t.Errorf("a changed line: %d, %v", n, err)
		}
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		_, a := settle(t, db, account.Shopkeeper, "店")
		me := a.Person.ID
		_, half := account.NewToken()
		_, whole := account.NewToken()
		before := account.Session{Fingerprint: half, Person: me, Stage: account.Code, Created: noon, Seen: noon, Expires: noon.Add(time.Hour), Network: "192.0.2.1", Agent: "x", Challenge: []byte("c")}
		if err := db.SaveSession(ctx, &before); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Session(ctx, half); err != nil || cmp.Diff(*got, before) != "" {
			t.Errorf("session %+v, %v", got, err)
		}
		s := before
		s.Fingerprint, s.Stage, s.Confirmed, s.Challenge = whole, account.In, noon, []byte{}
		change(t, db, me, func(tx *Tx) error { return tx.SignIn(ctx, &s, half) })
		if _, err := db.Session(ctx, half); !errors.Is(err, ErrNotFound) {
			t.Errorf("the session before: %v", err)
		}
		if err := db.SeeSession(ctx, whole, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		list, err := db.Sessions(ctx, me)
		if err != nil || len(list) != 1 || !list[0].Seen.Equal(noon.Add(time.Minute)) {
			t.Errorf("sessions %+v, %v", list, err)
		}
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.DropSession(ctx, "somebody else", whole) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else's session: %v", err)
		}
		change(t, db, me, func(tx *Tx) error { return tx.DropSession(ctx, me, whole) })
		if err := db.SeeSession(ctx, whole, noon); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Session(ctx, whole); !errors.Is(err, ErrNotFound) {
			t.Errorf("a revoked session came back: %v", err)
		}

		if err := db.OfferCodes(ctx, me, "SECRET"); err != nil {
			t.Fatal(err)
		}
		fingerprints := []string{account.RecoveryFingerprint("a"), account.RecoveryFingerprint("b")}
		change(t, db, me, func(tx *Tx) error { return tx.TurnCodesOn(ctx, me, 5, fingerprints) })
		if err := db.OfferCodes(ctx, me, "OTHER"); err != nil {
			t.Fatal(err)
		}
		if c, err := reopen().Codes(ctx, me); err != nil || *c != (Codes{"SECRET", true, 5}) {
			t.Errorf("codes %+v, %v", c, err)
		}
		var uses atomic.Int64
		var g errgroup.Group
		for range 8 {
			g.Go(func() error {
				switch err := db.UseCode(ctx, me, 6); {
				case err == nil:
					uses.Add(1)
				case !errors.Is(err, ErrConflict):
					return err
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil || uses.Load() != 1 {
			t.Errorf("one code was used %d times, %v", uses.Load(), err)
		}
		use := func(code string) error {
			return db.Change(ctx, me, noon, func(tx *Tx) error { return tx.UseRecovery(ctx, me, account.RecoveryFingerprint(code)) })
		}
		if err := use("a"); err != nil {
			t.Fatal(err)
		}
		if a, c := use("a"), use("c"); !errors.Is(a, ErrConflict) || !errors.Is(c, ErrConflict) {
			t.Errorf("a used and a wrong code: %v, %v", a, c)
		}
		if n, err := db.RecoveryLeft(ctx, me); err != nil || n != 1 {
			t.Errorf("%d recovery codes left, %v", n, err)
		}
		change(t, db, me, func(tx *Tx) error { return tx.TurnCodesOff(ctx, me) })
		if _, err := db.Codes(ctx, me); !errors.Is(err, ErrNotFound) {
			t.Errorf("codes turned off: %v", err)
		}

		k := account.Passkey{ID: "k", Person: me, Name: "鍵", Created: noon, Data: []byte("{}")}
		change(t, db, me, func(tx *Tx) error { return tx.AddPasskey(ctx, &k) })
		k.Data = []byte(`{"n":1}`)
		if err := db.UsePasskey(ctx, &k, noon); err != nil {
			t.Fatal(err)
		}
		k.Used = noon
		if got, err := db.Passkeys(ctx, me); err != nil || cmp.Diff(got, []account.Passkey{k}) != "" {
			t.Errorf("passkeys %+v, %v", got, err)
		}
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.DropPasskey(ctx, "x", "k") }); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else's passkey: %v", err)
		}

		for i := range 3 {
			if err := db.Fail(ctx, "place", noon.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		if a, err := db.Attempts(ctx, "place"); err != nil || a.Failures != 3 || !a.Last.Equal(noon.Add(2*time.Second)) {
			t.Errorf("attempts %+v, %v", a, err)
		}
		if err := db.Fail(ctx, "place", noon.Add(30*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if a, err := db.Attempts(ctx, "place"); err != nil || a.Failures != 1 {
			t.Errorf("attempts after a day %+v, %v", a, err)
		}
		if err := db.Forgive(ctx, "place"); err != nil {
			t.Fatal(err)
		}
		if a, err := db.Attempts(ctx, "place"); err != nil || a.Failures != 0 {
			t.Errorf("forgiven attempts %+v, %v", a, err)
		}
	})
}

func TestShops(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		_, keeper := settle(t, db, account.Shopkeeper, "店主")
		vendor, worker := settle(t, db, account.Contractor, "制作会社")
		_, operator := settle(t, db, account.Platform, "運用")
		var shops []*account.Shop
		for i := range 5 {
			s := &account.Shop{ID: account.NewID(), Organisation: keeper.Members[0].Organisation.ID, State: account.Trading, Name: fmt.Sprintf("店 %d", 5-i), URL: fmt.Sprintf("https://shop%d.example.jp/", i)}
			change(t, db, keeper.Person.ID, func(tx *Tx) error { return tx.AddShop(ctx, s) })
			shops = append(shops, s)
		}
		s := shops[0]
		got, roles, _, err := db.ShopFor(ctx, keeper, s.ID, noon)
		if err != nil || cmp.Diff(got, s) != "" || fmt.Sprint(roles) != "[executive practitioner]" {
			t.Errorf("shop %+v, %v, %v", got, roles, err)
		}
		stale := *s
		s.Name = "あ店"
		change(t, db, keeper.Person.ID, func(tx *Tx) error { return tx.SaveShop(ctx, s) })
		if err := db.Change(ctx, keeper.Person.ID, noon, func(tx *Tx) error { return tx.SaveShop(ctx, &stale) }); !errors.Is(err, ErrConflict) || s.Revision != 2 {
			t.Errorf("saving a stale shop: %v, revision %d", err, s.Revision)
		}

		names := func(a *account.Actor, at time.Time, f ShopFilter) string {
			t.Helper()
			f.Limit = max(f.Limit, 1)
			var out []string
			for {
				list, next, err := db.Shops(ctx, a, at, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range list {
					out = append(out, s.Name)
				}
				if next == (Cursor{}) {
					return strings.Join(out, " ")
				}
				f.After = ParseCursor(next.String())
			}
		}
		all := "あ店 店 1 店 2 店 3 店 4"
		for limit := 1; limit <= 6; limit++ {
			if got := names(keeper, noon, ShopFilter{Limit: limit}); got != all {
				t.Errorf("pages of %d: %s", limit, got)
			}
			if got := names(operator, noon, ShopFilter{Limit: limit}); got != all {
				t.Errorf("operator's pages of %d: %s", limit, got)
			}
		}
		if got := names(keeper, noon, ShopFilter{Query: "SHOP3", Limit: 5}); got != "店 2" {
			t.Errorf("search: %s", got)
		}
		if got := names(keeper, noon, ShopFilter{State: account.Planned, Limit: 5}); got != "" {
			t.Errorf("planned shops: %s", got)
		}
		if got := names(worker, noon, ShopFilter{Limit: 5}); got != "" {
			t.Errorf("a stranger sees %s", got)
		}
		g := &account.Grant{ID: account.NewID(), Shop: s.ID, Organisation: vendor.ID, As: account.AsContractor, From: noon, Until: noon.Add(time.Hour), By: keeper.Person.ID}
		change(t, db, keeper.Person.ID, func(tx *Tx) error { return tx.AddGrant(ctx, g, s) })
		for at, want := range map[time.Duration]string{-time.Second: "", 0: "あ店", time.Hour - time.Second: "あ店", time.Hour: ""} {
			if got := names(worker, noon.Add(at), ShopFilter{Limit: 5}); got != want {
				t.Errorf("contractor %v after the grant began: %q", at, got)
			}
			if _, roles, _, err := db.ShopFor(ctx, worker, s.ID, noon.Add(at)); err != nil || (want != "") != (len(roles) == 1) {
				t.Errorf("contractor %v after the grant began: %v, %v", at, roles, err)
			}
		}
		if err := db.Change(ctx, keeper.Person.ID, noon, func(tx *Tx) error { return tx.RevokeGrant(ctx, shops[1].ID, g.ID) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("revoking another shop's grant: %v", err)
		}
		change(t, db, keeper.Person.ID, func(tx *Tx) error { return tx.RevokeGrant(ctx, s.ID, g.ID) })
		if got := names(worker, noon, ShopFilter{Limit: 5}); got != "" {
			t.Errorf("after the revocation: %s", got)
		}
		if given, err := db.Grants(ctx, s.ID); err != nil || len(given) != 1 || given[0].Name != "制作会社" || given[0].Revoked.IsZero() {
			t.Errorf("grants %+v, %v", given, err)
		}
		events, err := db.Audit(ctx, Audited{Shop: s.ID, Limit: 10})
		if err != nil || len(events) != 4 || events[0].Verb != account.GrantRevoked {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		o, a := settle(t, db, account.Shopkeeper, "店主")
		_, print := account.NewToken()
		l := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: o.ID, Roles: []account.Role{account.Practitioner}, Mail: "x@example.jp", Expires: noon.Add(time.Hour)}
		change(t, db, a.Person.ID, func(tx *Tx) error { return tx.AddLink(ctx, l, print) })
		if got, err := db.Link(ctx, print); err != nil || cmp.Diff(got, l) != "" || !got.Open(noon) {
			t.Errorf("link %+v, %v", got, err)
		}
		if open, err := db.OpenLinks(ctx, o.ID, "", noon); err != nil || len(open) != 1 {
			t.Errorf("open links %v, %v", open, err)
		}
		take := func(at time.Time) error {
			return db.Change(ctx, a.Person.ID, at, func(tx *Tx) error { return tx.TakeLink(ctx, l) })
		}
		if err := take(noon.Add(time.Hour)); !errors.Is(err, ErrConflict) {
			t.Errorf("taking an old link: %v", err)
		}
		var taken atomic.Int64
		var g errgroup.Group
		for range 6 {
			g.Go(func() error {
				err := take(noon)
				if err == nil {
					taken.Add(1)
				} else if !errors.Is(err, ErrConflict) {
					return err
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil || taken.Load() != 1 {
			t.Errorf("a link was taken %d times, %v", taken.Load(), err)
		}
		if open, err := db.OpenLinks(ctx, o.ID, "", noon); err != nil || len(open) != 0 {
			t.Errorf("open links %v, %v", open, err)
		}
		second := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: o.ID, Expires: noon.Add(time.Hour)}
		change(t, db, a.Person.ID, func(tx *Tx) error { return tx.AddLink(ctx, second, "second") })
		change(t, db, a.Person.ID, func(tx *Tx) error { return tx.RevokeLink(ctx, second.ID, o.ID, "") })
		if err := db.Change(ctx, a.Person.ID, noon, func(tx *Tx) error { return tx.TakeLink(ctx, second) }); !errors.Is(err, ErrConflict) {
			t.Errorf("taking a revoked link: %v", err)
		}
	})
}

func TestSwitchAndFirstRun(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		first := func() error {
			return db.Change(ctx, "", noon, func(tx *Tx) error {
				tx.Record(account.Event{Verb: account.SetUp})
				return tx.First(ctx)
			})
		}
		if err := first(); err != nil {
			t.Fatal(err)
		}
		if err := first(); !errors.Is(err, ErrConflict) {
			t.Errorf("a second first run: %v", err)
		}
		for _, on := range []bool{true, false} {
			change(t, db, "operator", func(tx *Tx) error { return tx.SetStop(ctx, on) })
			if got, at, by, err := reopen().Switch(ctx, StopEverything); err != nil || got != on || !at.Equal(noon) || by != "operator" {
				t.Errorf("switch %v at %v by %s, %v", got, at, by, err)
			}
		}
	})
}

// TestChangeRollsBack: what fails, panics or is called off leaves nothing.
func TestChangeRollsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx, cancel := context.WithCancel(t.Context())
		o := account.Organisation{ID: account.NewID(), Kind: account.Office, Name: "x"}
		add := func(tx *Tx) error { return tx.AddOrganisation(context.WithoutCancel(ctx), &o) }
		_ = db.Change(ctx, "", noon, func(tx *Tx) error { return errors.Join(add(tx), errors.New("no")) })
		_ = db.Change(ctx, "", noon, func(tx *Tx) error { err := add(tx); cancel(); return err })
		if _, err := db.Organisation(t.Context(), o.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the organisation is there: %v", err)
		}
		change(t, db, "", add)
		if n, err := db.VerifyAudit(t.Context()); err != nil || n != 1 {
			t.Errorf("audit: %d, %v", n, err)
		}
	})
}
