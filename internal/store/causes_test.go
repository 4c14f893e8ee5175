package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/verdict"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// TestCauses: a contractor sees the same fault of several shops as one, of the
// shops that let him, while they let him.
func TestCauses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		vendor, who := settle(t, db, account.Contractor, "制作会社")
		_, stranger := settle(t, db, account.Contractor, "別の会社")
		_, firm := settle(t, db, account.Firm, "診断会社")
		var shops []*listed
		for i := range 3 {
			l := list0(t, db)
			shops = append(shops, l)
			if i == 2 {
				continue // not granted
			}
			s, err := db.Shop(ctx, l.shop)
			if err != nil {
				t.Fatal(err)
			}
			change(t, db, "", func(tx *Tx) error {
				return tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: l.shop, Organisation: vendor.ID, As: account.AsContractor, From: noon, Until: noon.AddDate(0, 1, 0)}, s)
			})
		}
		shops[0].look(0, wire.Safe, verdict.NotMet, "", "/products/1", "/products/2", "/cart")
		shops[1].look(0, wire.Safe, verdict.NotMet, "", "/products/9")
		shops[2].look(0, wire.Safe, verdict.NotMet, "", "/products/7", "/secret")
		all := func(a *account.Actor, at time.Time, limit int) []Cause {
			t.Helper()
			var out []Cause
			var after Cursor
			for {
				list, next, err := db.Causes(ctx, a, at, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, list...)
				if next == (Cursor{}) {
					return out
				}
				after = ParseCursor(next.String())
			}
		}
		for _, limit := range []int{1, 50} {
			list := all(who, noon, limit)
			if len(list) != 2 {
				t.Fatalf("%d causes, want products and cart", len(list))
			}
			said := map[string]string{}
			for _, c := range list {
				said[workflow.Normal(c.Example.Seen.Where)] = fmt.Sprintf("%d in %d", c.Findings, len(c.Shops))
				if c.Due == "" || c.Example.Shop == shops[2].shop {
					t.Errorf("%+v", c)
				}
			}
			if said["/products/{n}"] != "3 in 2" || said["/cart"] != "1 in 1" {
				t.Errorf("causes: %v", said)
			}
		}
		products := all(who, noon, 50)[0]
		if workflow.Normal(products.Example.Seen.Where) == "/cart" {
			products = all(who, noon, 50)[1]
		}
		if list, err := db.FindingsOfCause(ctx, who, noon, products.ID, 50); err != nil || len(list) != 3 {
			t.Errorf("findings of a cause: %d, %v", len(list), err)
		}
		for what, n := range map[string]int{
			"a stranger": len(all(stranger, noon, 50)), "a firm without a grant": len(all(firm, noon, 50)), "after the grant": len(all(who, noon.AddDate(0, 2, 0), 50)),
		} {
			if n != 0 {
				t.Errorf("%s sees %d causes", what, n)
			}
		}
		if list, err := db.FindingsOfCause(ctx, stranger, noon, products.ID, 50); err != nil || len(list) != 0 {
			t.Errorf("a stranger reads findings: %d, %v", len(list), err)
		}
	})
}

// BenchmarkMerge takes a run with 100,000 findings into a work list, first when
// the list is empty and then when it has them already, and to compare a few of
// them one by one, each in a transaction of its own, as a naive store would.
func BenchmarkMerge(b *testing.B) {
	const n, few = 100_000, 2_000
	db, shop := openBench(b)
	look := many(n)
	merge := func(b *testing.B) {
		for b.Loop() {
			if err := db.Change(b.Context(), "", noon, func(tx *Tx) error {
				_, err := tx.MergeFindings(b.Context(), shop, look)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/finding")
	}
	single := func(b *testing.B) {
		for b.Loop() {
			for i := range few {
				if err := mergeOne(b, db, shop, look, i*(n/few)); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/few, "µs/finding")
	}
	b.Run("new", merge)
	b.Run("again", merge)
	b.Run("again-one-by-one", single)
	look = many(few)
	db, shop = openBench(b)
	b.Run("new-one-by-one", func(b *testing.B) {
		for b.Loop() {
			for i := range few {
				if err := mergeOne(b, db, shop, look, i); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/few, "µs/finding")
	})
}

func mergeOne(b *testing.B, db *DB, shop account.ID, look *workflow.Look, i int) error {
	one := *look
	one.Found = look.Found[i : i+1]
	return db.Change(b.Context(), "", noon, func(tx *Tx) error {
		m := &merge{shop: shop, look: &one, said: &FindingsMerged{}}
		rows, err := tx.q.QueryContext(b.Context(), `SELECT id, revision, state FROM findings WHERE shop_id = $1 AND fingerprint = $2`, string(shop), one.Found[0].Fingerprint)
		list, err := collect(rows, err, scanKnown)
		if err != nil {
			return err
		}
		var k *known
		if len(list) > 0 {
			k = &list[0]
		}
		if err := m.see(tx, k, &one.Found[0]); err != nil {
			return err
		}
		tx.Record(account.Event{Verb: account.FindingsMerged, Shop: shop})
		return m.write(b.Context(), tx)
	})
}

// openBench makes a database with a shop.
func openBench(b *testing.B) (*DB, account.ID) {
	b.Helper()
	dir := b.TempDir()
	db, err := Open(b.Context(), Options{Database: filepath.Join(dir, "m.db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	o := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "店"}
	shop := account.NewID()
	err = db.Change(b.Context(), "", noon, func(tx *Tx) error {
		return errors.Join(tx.AddOrganisation(b.Context(), o), tx.AddShop(b.Context(), &account.Shop{ID: shop, Organisation: o.ID, State: account.Trading, Name: "茶"}))
	})
	if err != nil {
		b.Fatal(err)
	}
	return db, shop
}

func scanKnown(r *sql.Rows, k *known) error { return r.Scan(&k.id, &k.revision, &k.State) }

// many is a run that found n things.
func many(n int) *workflow.Look {
	l := &workflow.Look{Run: "r1", At: noon, Reach: workflow.Reach{Scope: "s", Level: 2}, Checked: map[string]bool{"hsts": true}}
	for i := range n {
		f := check.Finding{Check: "hsts", Where: fmt.Sprintf("/p%d", i), Severity: check.Low, Confidence: check.Confirmed}
		l.Found = append(l.Found, workflow.Found{Finding: f, Fingerprint: fmt.Sprintf("%032d", i), Cause: "c", Priority: i})
	}
	return l
}
