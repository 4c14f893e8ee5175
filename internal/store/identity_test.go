package store

import (
	"errors"
	"slices"
	"testing"

	"miseban/internal/account"
)

// TestIdentities: an account elsewhere is one person's, and only he takes it away.
func TestIdentities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		_, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		_, b := settle(t, db, account.Shopkeeper, "別のお店")
		add := func(p *account.Actor) (account.ID, error) {
			i := &account.Identity{ID: account.NewID(), Issuer: "https://id.example.jp", Subject: "1", Person: p.Person.ID}
			return i.ID, db.Change(ctx, p.Person.ID, noon, func(tx *Tx) error { return tx.AddIdentity(ctx, i) })
		}
		id, err := add(a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := add(b); !errors.Is(err, ErrConflict) {
			t.Errorf("somebody else's account: %v", err)
		}
		if err := db.UseIdentity(ctx, id, noon); err != nil {
			t.Fatal(err)
		}
		if i, err := db.Identity(ctx, "https://id.example.jp", "1"); err != nil || i.Person != a.Person.ID || !i.Used.Equal(noon) {
			t.Errorf("identity %+v, %v", i, err)
		}
		if _, err := db.Identity(ctx, "https://elsewhere.example", "1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("another issuer: %v", err)
		}
		drop := func(p *account.Actor) error {
			return db.Change(ctx, p.Person.ID, noon, func(tx *Tx) error { return tx.DropIdentity(ctx, p.Person.ID, id) })
		}
		if err := drop(b); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else unlinks it: %v", err)
		}
		if err := drop(a); err != nil {
			t.Fatal(err)
		}
		if list, err := db.Identities(ctx, a.Person.ID); len(list) != 0 || err != nil {
			t.Errorf("after unlinking: %v, %v", list, err)
		}

		if _, err := add(a); err != nil {
			t.Fatal(err)
		}
		change(t, db, b.Person.ID, func(tx *Tx) error { return tx.SetPassword(ctx, b.Person.ID, "new", "") })
		if list, err := db.Identities(ctx, a.Person.ID); len(list) != 1 || err != nil {
			t.Errorf("after somebody else's new password: %v, %v", list, err)
		}
		change(t, db, a.Person.ID, func(tx *Tx) error { return tx.SetPassword(ctx, a.Person.ID, "new", "") })
		if list, err := db.Identities(ctx, a.Person.ID); len(list) != 0 || err != nil {
			t.Errorf("the account elsewhere outlives the password: %v, %v", list, err)
		}
		if events, err := db.Audit(ctx, Audited{Person: a.Person.ID, Limit: 10}); err != nil || !slices.ContainsFunc(events, func(e account.Event) bool { return e.Verb == account.IdentityUnlinked && e.Object == a.Person.ID }) {
			t.Errorf("the audit log does not tell: %+v, %v", events, err)
		}
	})
}
