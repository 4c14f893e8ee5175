package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
)

// TestAPITokens: a token is found by its fingerprint, listed, used and revoked;
// it ends with a membership and with the password; nobody has endless many.
func TestAPITokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		o, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		_, other := settle(t, db, account.Shopkeeper, "別のお店")
		me := a.Person.ID
		add := func() (*account.APIToken, string) {
			t.Helper()
			k := &account.APIToken{ID: account.NewID(), Person: me, Name: "CI", Scopes: []account.Scope{account.ReadShops, account.ReadFindings}, Expires: noon.AddDate(0, 0, 7)}
			secret, print := account.NewAPIToken()
			if !strings.HasPrefix(secret, "miseban_") || print == secret {
				t.Fatalf("secret %q", secret)
			}
			change(t, db, me, func(tx *Tx) error { return tx.AddAPIToken(ctx, k, print) })
			return k, print
		}
		live := func(print string) bool {
			t.Helper()
			k, err := db.APIToken(ctx, print)
			if err != nil {
				t.Fatal(err)
			}
			return k.Live(noon)
		}
		k, print := add()
		if err := db.UseAPIToken(ctx, k.ID, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		got, err := db.APIToken(ctx, print)
		if err != nil || got.Person != me || !got.May(account.ReadFindings) || got.May(account.ChangeFindings) || !got.Used.Equal(noon.Add(time.Hour)) || !got.Live(noon) || got.Live(got.Expires) {
			t.Errorf("token %+v, %v", got, err)
		}
		if _, err := db.APIToken(ctx, account.Fingerprint("miseban_x")); !errors.Is(err, ErrNotFound) {
			t.Errorf("a token that is none: %v", err)
		}
		if err := db.Change(ctx, other.Person.ID, noon, func(tx *Tx) error { return tx.RevokeAPIToken(ctx, other.Person.ID, k.ID) }); !errors.Is(err, ErrNotFound) || !live(print) {
			t.Errorf("somebody else revokes it: %v", err)
		}
		change(t, db, me, func(tx *Tx) error { return tx.RevokeAPIToken(ctx, me, k.ID) })
		if list, err := db.APITokens(ctx, me); len(list) != 0 || err != nil || live(print) {
			t.Errorf("after revoking: %v, %v", list, err)
		}

		_, print = add()
		change(t, db, me, func(tx *Tx) error { return tx.SetPassword(ctx, me, "new", "") })
		if live(print) {
			t.Error("the token outlives the password")
		}
		_, print = add()
		second := &account.Person{ID: account.NewID(), Mail: "second@example.jp", Name: "二人目"}
		change(t, db, me, func(tx *Tx) error {
			return errors.Join(tx.AddPerson(ctx, second, "h"), tx.AddRoles(ctx, second.ID, o.ID, o.Kind, []account.Role{account.Executive}), tx.RemoveMember(ctx, me, o.ID))
		})
		if live(print) {
			t.Error("the token outlives the membership")
		}

		for range account.MostTokens {
			add()
		}
		late := &account.APIToken{ID: account.NewID(), Person: me, Name: "one too many", Expires: noon.AddDate(0, 0, 7)}
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.AddAPIToken(ctx, late, "x") }); !errors.Is(err, ErrTooManyTokens) {
			t.Errorf("one too many: %v", err)
		}
		late.Expires = noon.AddDate(0, 4, 0)
		if err := db.Change(ctx, me, noon.AddDate(0, 2, 0), func(tx *Tx) error { return tx.AddAPIToken(ctx, late, "x") }); err != nil {
			t.Errorf("after the others ran out: %v", err)
		}
		if list, err := db.APITokens(ctx, me); len(list) != 1 || err != nil {
			t.Errorf("what ran out long ago is still listed: %d, %v", len(list), err)
		}
	})
}

// TestOnce: a request asked again under its name gets what it got before; the
// name of another request is a conflict; a day later it is forgotten.
func TestOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		_, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		_, b := settle(t, db, account.Shopkeeper, "別のお店")
		once := func(by *account.Actor, at time.Time, name, sum string, object account.ID) (before account.ID, err error) {
			err = db.Change(ctx, by.Person.ID, at, func(tx *Tx) (err error) {
				before, err = tx.Once(ctx, name, sum, object)
				tx.Record(account.Event{Verb: account.ProfileChanged})
				return err
			})
			return before, err
		}
		first, second := account.NewID(), account.NewID()
		for _, c := range []struct {
			by     *account.Actor
			at     time.Time
			sum    string
			object account.ID
			want   account.ID
			err    error
		}{
			{a, noon, "s", first, "", nil},
			{a, noon.Add(time.Minute), "s", second, first, nil},
			{a, noon.Add(time.Minute), "other", second, "", ErrConflict},
			{b, noon.Add(time.Minute), "other", second, "", nil},
			{a, noon.Add(25 * time.Hour), "other", second, "", nil},
		} {
			if got, err := once(c.by, c.at, "key", c.sum, c.object); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%+v: %q, %v", c, got, err)
			}
		}
	})
}

// TestEventsOfTokens: the audit log tells what was done with a token.
func TestEventsOfTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		_, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		token := account.NewID()
		change(t, db, a.Person.ID, func(tx *Tx) error {
			tx.Token = token
			return tx.SaveProfile(ctx, &a.Person)
		})
		events, err := db.Audit(ctx, Audited{Person: a.Person.ID, Limit: 1})
		if err != nil || len(events) != 1 || events[0].Details["token"] != string(token) {
			t.Errorf("events %+v, %v", events, err)
		}
		if _, err := db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}
