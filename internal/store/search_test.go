package store

import (
	"errors"
	"maps"
	"testing"

	"miseban/internal/account"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestFind: one question finds what was written in all places, and nothing of
// a shop before which somebody has no role; Before says by which roles.
func TestFind(t *testing.T) {
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		l := list0(t, db)
		l.look(0, wire.Safe, verdict.NotMet, "", "/すみれ", "/other")
		var f Finding
		for where, x := range l.all() {
			if where == "/すみれ" {
				f = x
			}
		}
		shop, err := db.Shop(ctx, l.shop)
		if err != nil {
			t.Fatal(err)
		}
		own := &account.Actor{Person: account.Person{ID: account.NewID()}, Members: []account.Membership{{Organisation: account.Organisation{ID: shop.Organisation, Kind: account.Shopkeeper}, Roles: []account.Role{account.Executive}}}}
		stranger := &account.Actor{Person: account.Person{ID: account.NewID()}, Members: []account.Membership{{Organisation: account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper}, Roles: []account.Role{account.Executive}}}}
		change(t, db, own.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.CommentFinding(ctx, &f, "すみれの件"), tx.AddAnswerComment(ctx, l.shop, "e", "q", "スミレ"),
				tx.AddInstruction(ctx, l.shop, &Instruction{To: own.Person.ID, Task: "すみれ", Due: "2026-12-01"}),
				tx.AddRequest(ctx, &Request{Shop: l.shop, Company: "すみれ社", Person: "田中", Mail: "a@example.jp", Due: "2026-12-01"}))
		})
		who := map[HitKind][]account.Role{}
		for _, k := range []HitKind{HitShop, HitFinding, HitComment, HitRemark, HitInstruction, HitRequest, HitDiagnosis} {
			who[k] = []account.Role{account.Executive, account.Maintainer}
		}
		find := func(a *account.Actor, typed string, checks ...string) map[HitKind]int {
			t.Helper()
			s := &Search{Who: who, Addressed: []account.Role{account.Maintainer}, Limit: 5}
			for _, w := range account.SearchWords(typed) {
				s.Words = append(s.Words, SearchWord{Forms: w.Forms, Checks: checks})
			}
			hits, bounded, err := db.Find(ctx, a, s, noon)
			if err != nil || bounded {
				t.Fatal(bounded, err)
			}
			n := map[HitKind]int{}
			for _, h := range hits {
				if n[h.Kind]++; h.Shop != l.shop {
					t.Errorf("%+v", h)
				}
			}
			return n
		}
		same := func(what string, want, got map[HitKind]int) {
			t.Helper()
			if !maps.Equal(want, got) {
				t.Errorf("%s: %v, not %v", what, got, want)
			}
		}
		same("everything", map[HitKind]int{HitFinding: 1, HitComment: 1, HitRemark: 1, HitInstruction: 1, HitRequest: 1}, find(own, "すみれ"))
		same("a check's title", map[HitKind]int{HitFinding: 2}, find(own, "no such word", "hsts"))
		same("the shop", map[HitKind]int{HitShop: 1}, find(own, "茶"))
		same("a stranger", map[HitKind]int{}, find(stranger, "すみれ"))
		roles, _, err := db.Before(ctx, own, []account.ID{l.shop, l.shop, ""}, noon)
		if err != nil || len(roles[l.shop]) != 1 || roles[l.shop][0] != account.Executive {
			t.Error(roles, err)
		}
	})
}
