package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
)

// TestShopsListWhatOpens: a list holds the shops before which the actor has a
// role and no others, each once, on pages of every length; and so says Roles.
func TestShopsListWhatOpens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		keeper, boss := settle(t, db, account.Shopkeeper, "店主")
		maker, _ := settle(t, db, account.Contractor, "制作会社")
		firm, _ := settle(t, db, account.Firm, "診断会社")
		twin, _ := settle(t, db, account.Firm, "もう一つの診断会社")
		office, _ := settle(t, db, account.Office, "事務局")
		twin.Number = "7000012050002"
		var shops []account.Shop
		for i, given := range [][]account.Grant{
			{}, {{Organisation: maker.ID, As: account.AsContractor}}, {{Organisation: firm.ID, As: account.AsFirm}}, {{Organisation: office.ID, As: account.AsOffice}},
			{{Organisation: maker.ID, As: account.AsContractor}, {Organisation: firm.ID, As: account.AsFirm}}, {{Organisation: twin.ID, As: account.AsFirm}},
			{{Organisation: twin.ID, As: account.AsFirm}, {Organisation: office.ID, As: account.AsOffice}}, {{Organisation: twin.ID, As: account.AsFirm}},
		} {
			s := account.Shop{ID: account.NewID(), Organisation: keeper.ID, State: account.Trading, Name: fmt.Sprint("shop", i)}
			if i >= 5 && i < 7 {
				s.Maintenance.Number = twin.Number
			}
			change(t, db, boss.Person.ID, func(tx *Tx) error {
				err := tx.AddShop(ctx, &s)
				for _, g := range given {
					g.ID, g.Shop, g.From, g.Until = account.NewID(), s.ID, noon, noon.Add(time.Hour)
					err = errors.Join(err, tx.AddGrant(ctx, &g, &s))
				}
				return err
			})
			shops = append(shops, s)
		}
		is := func(o *account.Organisation, roles ...account.Role) account.Membership {
			return account.Membership{Organisation: *o, Roles: roles}
		}
		for _, c := range []struct {
			name    string
			members []account.Membership
			want    string
		}{
			{"practitioner", []account.Membership{is(keeper, account.Practitioner)}, "0 1 2 3 4 5 6 7"},
			{"nobody of the shopkeeper", []account.Membership{is(keeper)}, ""},
			{"maintainer", []account.Membership{is(maker, account.Maintainer)}, "1 4"},
			{"nobody of the contractor", []account.Membership{is(maker)}, ""},
			{"reviewer", []account.Membership{is(firm, account.Reviewer)}, "2 4"},
			{"executive of the firm", []account.Membership{is(firm, account.Executive)}, ""},
			{"observer", []account.Membership{is(office, account.Observer)}, "3 6"},
			{"member of the office", []account.Membership{is(office, account.Member)}, ""},
			{"diagnoses and builds", []account.Membership{is(firm, account.Diagnostician), is(maker, account.Maintainer)}, "1 2 4"},
			{"diagnoses, of a firm that builds", []account.Membership{is(firm, account.Diagnostician), is(maker)}, "2"},
			{"bears the number of who maintains", []account.Membership{is(twin, account.Diagnostician)}, "7"},
			{"the same, and of the office", []account.Membership{is(twin, account.Diagnostician), is(office, account.Clerk)}, "3 6 7"},
		} {
			a := &account.Actor{Members: c.members}
			for limit := 1; limit <= len(shops); limit++ {
				for _, newest := range []bool{false, true} {
					var got []string
					for f := (ShopFilter{Limit: limit, Newest: newest}); ; {
						before := db.Asked()
						list, next, err := db.Shops(ctx, a, noon, f)
						if err != nil || db.Asked()-before > 1 {
							t.Fatal(err, db.Asked()-before)
						}
						for i := range list {
							got = append(got, strings.TrimPrefix(list[i].Name, "shop"))
						}
						if next == (Cursor{}) {
							break
						}
						f.After = next
					}
					slices.Sort(got)
					if strings.Join(got, " ") != c.want {
						t.Errorf("%s, pages of %d: %s, want %s", c.name, limit, got, c.want)
					}
				}
			}
			roles, err := db.Roles(ctx, a, shops, noon)
			if err != nil {
				t.Fatal(err)
			}
			var open []string
			for i := range shops {
				if len(roles[shops[i].ID]) > 0 {
					open = append(open, fmt.Sprint(i))
				}
				if _, one, _, err := db.ShopFor(ctx, a, shops[i].ID, noon); err != nil || !slices.Equal(one, roles[shops[i].ID]) {
					t.Errorf("%s before shop %d: %v, alone %v, %v", c.name, i, roles[shops[i].ID], one, err)
				}
			}
			if strings.Join(open, " ") != c.want {
				t.Errorf("%s has roles before %s, want %s", c.name, open, c.want)
			}
		}
	})
}

// TestRevokeGrantEndsReplies: what a contractor was asked by link ends with the
// grant, unless another one still holds; what others were asked stays.
func TestRevokeGrantEndsReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		s := newShop(t, db)
		maker, _ := settle(t, db, account.Contractor, "制作会社")
		open := func(org account.ID) (print string, x *Request) {
			t.Helper()
			x = &Request{Shop: s.ID, Organisation: org, Company: "制作会社", Person: "田中", Mail: "t@example.jp", Due: "2026-12-01"}
			_, print = account.NewToken()
			change(t, db, "", func(tx *Tx) error {
				err := tx.AddRequest(ctx, x)
				return errors.Join(err, tx.AddLink(ctx, &account.Link{ID: account.NewID(), Purpose: account.Reply, Shop: s.ID, Object: x.ID, Expires: noon.AddDate(0, 0, 9)}, print))
			})
			return print, x
		}
		var grants []account.ID
		for range 2 {
			g := &account.Grant{ID: account.NewID(), Shop: s.ID, Organisation: maker.ID, As: account.AsContractor, From: noon, Until: noon.Add(time.Hour)}
			change(t, db, "", func(tx *Tx) error { return tx.AddGrant(ctx, g, s) })
			grants = append(grants, g.ID)
		}
		theirs, x := open(maker.ID)
		others, y := open("")
		for n, want := range []bool{true, false} {
			change(t, db, "", func(tx *Tx) error { return tx.RevokeGrant(ctx, s.ID, grants[n]) })
			if l, err := db.Link(ctx, theirs); err != nil || l.Open(noon) != want {
				t.Errorf("after %d grants were withdrawn: %+v, %v", n+1, l, err)
			}
			if ok, err := db.Answerable(ctx, x, noon); err != nil || ok != want {
				t.Errorf("after %d grants were withdrawn it can be answered: %t, %v", n+1, ok, err)
			}
		}
		if ok, err := db.Answerable(ctx, y, noon); err != nil || !ok {
			t.Errorf("a request to nobody's organisation: %t, %v", ok, err)
		}
		if l, err := db.Link(ctx, others); err != nil || !l.Open(noon) {
			t.Errorf("a link to another: %+v, %v", l, err)
		}
	})
}
