package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

const stamp = "2006-01-02T15:04:05.000000Z"

// place is a database with many shops, and people who look at them.
type place struct {
	name   string
	db     *store.DB
	shops  []account.ID
	boss   account.ID // executive of one shop
	clerk  account.ID // of an office before which all shops stand
	vendor account.ID // of a contractor with a hundred shops
	chief  account.ID // operator
	office account.ID
	firm   account.ID
}

// size is how much a place holds.
type size struct{ shops, findings, answers int }

const batch = 200 // shops in one change

// seed fills a database: shops, people and grants by the ways of the store, so
// that each has its lines in the audit log; findings and answers in bulk.
func seed(ctx context.Context, p *place, n size, at time.Time) error {
	office, vendor, chief := organisation(account.Office, "事務局"), organisation(account.Contractor, "保守の会社"), organisation(account.Platform, "運用者")
	p.office = office.ID
	err := p.db.Change(ctx, "", at, func(t *store.Tx) error {
		errs := []error{}
		for _, x := range []struct {
			o *account.Organisation
			r account.Role
			p *account.ID
		}{{office, account.Clerk, &p.clerk}, {vendor, account.Maintainer, &p.vendor}, {chief, account.Operator, &p.chief}} {
			errs = append(errs, t.AddOrganisation(ctx, x.o), person(ctx, t, x.o, x.r, x.p))
		}
		return errors.Join(errs...)
	})
	for i := 0; err == nil && i < n.shops; i += batch {
		err = p.db.Change(ctx, "", at.Add(time.Duration(i)*time.Second), func(t *store.Tx) error {
			for k := i; k < min(i+batch, n.shops); k++ {
				if err := p.shop(ctx, t, k, office.ID, vendor.ID, at); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

func (p *place) shop(ctx context.Context, t *store.Tx, k int, office, vendor account.ID, at time.Time) error {
	o := organisation(account.Shopkeeper, fmt.Sprintf("株式会社店番%05d", k))
	s := &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Trading, Name: fmt.Sprintf("お店 %05d", k*7919%100000), Kana: fmt.Sprintf("おみせ%05d", k*7919%100000), URL: fmt.Sprintf("https://shop%05d.example.jp/", k),
		Company: o.Name, Contacts: []account.Contact{{Name: "山田 花子", Phone: "03-1234-5678"}}}
	if err := errors.Join(t.AddOrganisation(ctx, o), t.AddShop(ctx, s), t.AddGrant(ctx, grant(s, office, account.AsOffice, at), s)); err != nil {
		return err
	}
	if k%3 == 0 && k < 300 {
		if err := t.AddGrant(ctx, grant(s, vendor, account.AsContractor, at), s); err != nil {
			return err
		}
	}
	if k == 150 {
		p.firm = o.ID
		if err := person(ctx, t, o, account.Executive, &p.boss); err != nil {
			return err
		}
	}
	p.shops = append(p.shops, s.ID)
	return nil
}

func organisation(k account.Kind, name string) *account.Organisation {
	return &account.Organisation{ID: account.NewID(), Kind: k, Name: name}
}

func grant(s *account.Shop, to account.ID, as account.As, at time.Time) *account.Grant {
	return &account.Grant{ID: account.NewID(), Shop: s.ID, Organisation: to, As: as, From: at, Until: at.AddDate(1, 0, 0)}
}

func person(ctx context.Context, t *store.Tx, o *account.Organisation, r account.Role, into *account.ID) error {
	x := &account.Person{ID: account.NewID(), Mail: string(account.NewID()) + "@example.jp", Name: o.Name + "の人"}
	*into = x.ID
	return errors.Join(t.AddPerson(ctx, x, ""), t.AddRoles(ctx, x.ID, o.ID, o.Kind, []account.Role{r}))
}

// findings gives the rows of the work lists, one after the other.
func (p *place) findings(n int, at time.Time) func() ([]any, error) {
	names := []string{"hsts", "csp", "cookie-secure", "backup-file", "csrf-token", "frame-protection", "nosniff"}
	i := -1
	return func() ([]any, error) {
		i++
		if i == n {
			return nil, nil
		}
		each := max(1, n/len(p.shops)) // a diagnosis merges all of a shop at once
		shop, kth := p.shops[min(i/each, len(p.shops)-1)], i%each
		f := check.Finding{Check: names[kth%len(names)], Where: fmt.Sprintf("/products/%d", kth), Severity: check.Severity(kth%4 + 1), Confidence: check.Confirmed}
		doc, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		when := at.Add(time.Duration(i) * time.Millisecond).Format(stamp)
		return []any{string(account.NewID()), string(shop), fmt.Sprintf("%032x", i), workflow.Cause(&f), f.Check, f.Where, int64(f.Severity), string(f.Confidence), fmt.Sprintf("%07d", 9999999-kth*13%500), "new", int64(1), when,
			"run", when, "run", when, "", "", "scope", int64(2), int64(0), "", workflow.Due(f.Severity, at), "", "", "", int64(0), string(doc)}, nil
	}
}

var findingColumns = strings.Split("id shop_id fingerprint cause check_name place severity confidence rank state open moved first_run first_seen last_run last_seen gone_run gone scope level accounts assignee_id due expires reason retest_id revision doc", " ")

// answers gives the rows of the checklists, shop by shop.
func (p *place) answers(n int, at time.Time) (func() ([]any, error), error) {
	editions, err := guideline.All()
	if err != nil {
		return nil, err
	}
	var asked [][2]string
	for _, e := range editions {
		for _, q := range e.Questions {
			asked = append(asked, [2]string{e.ID, q.ID})
		}
	}
	each := min(n/len(p.shops), len(asked))
	when, i := at.Format(stamp), -1
	return func() ([]any, error) {
		i++
		if i == each*len(p.shops) {
			return nil, nil
		}
		q := asked[i%each]
		return []any{string(p.shops[i/each]), q[0], q[1], int64(1), []string{"done", "partly", "not-done", "unknown"}[i%4], "2026-11-01", "self", "", string(p.boss), when, "", ""}, nil
	}, nil
}

var answerColumns = strings.Split("shop_id edition question revision state day doer reason by_id at accepted_by accepted", " ")

// bulk writes rows as fast as the database takes them: COPY on PostgreSQL,
// many rows a statement on SQLite.
func bulk(ctx context.Context, db *sql.DB, postgres bool, table string, columns []string, next func() ([]any, error)) (int, error) {
	if !postgres {
		return bulkSQLite(ctx, db, table, columns, next)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var n int64
	err = conn.Raw(func(c any) (err error) {
		n, err = c.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
		return err
	})
	return int(n), err
}

func bulkSQLite(ctx context.Context, db *sql.DB, table string, columns []string, next func() ([]any, error)) (int, error) {
	const many, commit = 40, 50_000
	row := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
	head := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	n := 0
	for more := true; more; {
		t, err := db.BeginTx(ctx, nil)
		if err != nil {
			return n, err
		}
		full, err := t.PrepareContext(ctx, head+strings.Repeat(row+", ", many-1)+row)
		if err != nil {
			return n, errors.Join(err, t.Rollback())
		}
		for in := 0; more && in < commit; {
			var args []any
			for len(args) < many*len(columns) {
				r, err := next()
				if err != nil {
					return n, errors.Join(err, t.Rollback())
				}
				if more = r != nil; !more {
					break
				}
				args = append(args, r...)
			}
			rows := len(args) / len(columns)
			if rows == many {
				_, err = full.ExecContext(ctx, args...)
			} else if rows > 0 {
				_, err = t.ExecContext(ctx, head+strings.Repeat(row+", ", rows-1)+row, args...)
			}
			if err != nil {
				return n, errors.Join(err, t.Rollback())
			}
			in, n = in+rows, n+rows
		}
		if err := t.Commit(); err != nil {
			return n, err
		}
	}
	return n, nil
}
