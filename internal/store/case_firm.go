package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// What keeps somebody from diagnosing or reviewing.
var (
	ErrBuilder   = errors.New("whose firm builds or maintains the shop does not diagnose it")
	ErrNotLetIn  = errors.New("the shop does not let this person's firm diagnose it")
	ErrNoAccount = errors.New("the shop has no such test account")
)

// FirmPerson is a diagnostician or reviewer of a firm that a shop lets in.
type FirmPerson struct {
	ID       account.ID
	Name     string
	Firm     account.ID
	FirmName string
	Roles    []account.Role
	Builder  bool // an organisation of this person builds or maintains the shop
}

// firmPeople lists the people of the firms that a shop lets in, with whether
// any organisation they belong to builds or maintains the shop.
func firmPeople(ctx context.Context, q querier, shop account.ID, at time.Time) ([]FirmPerson, error) {
	type row struct {
		FirmPerson
		shop account.Shop
		also account.Organisation
		work string
	}
	rows, err := q.QueryContext(ctx, `SELECT `+shopColumns+`, p.id, p.name, f.id, f.name, m.roles, o.id, o.corporate_number,
coalesce((SELECT min(b.id) FROM grants b WHERE b.shop_id = s.id AND b.organisation_id = o.id AND b.role = 'contractor'), '')
FROM shops s JOIN grants g ON g.shop_id = s.id JOIN organisations f ON f.id = g.organisation_id JOIN memberships m ON m.organisation_id = f.id JOIN people p ON p.id = m.person_id
JOIN memberships n ON n.person_id = p.id JOIN organisations o ON o.id = n.organisation_id
WHERE s.id = $1 AND g.role = 'firm' AND g.revoked = '' AND g.valid_from <= $2 AND g.valid_until > $2 AND p.erased = '' ORDER BY f.name, p.name, p.id`, string(shop), ts(at))
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		return scanShop(r, &x.shop, &x.ID, &x.Name, &x.Firm, &x.FirmName, roles{&x.Roles}, &x.also.ID, &x.also.Number, &x.work)
	})
	var out []FirmPerson
	for i := range list {
		x := &list[i]
		if !slices.Contains(x.Roles, account.Diagnostician) && !slices.Contains(x.Roles, account.Reviewer) {
			continue
		}
		k := slices.IndexFunc(out, func(p FirmPerson) bool { return p.ID == x.ID && p.Firm == x.Firm })
		if k < 0 {
			out, k = append(out, x.FirmPerson), len(out)
		}
		out[k].Builder = out[k].Builder || x.work != "" || account.Builds(&x.also, &x.shop, nil)
	}
	return out, err
}

// FirmPeople lists who may be assigned to diagnose a shop, and who is of its
// firms but may not because of whom he also works for.
func (d *DB) FirmPeople(ctx context.Context, shop account.ID, at time.Time) ([]FirmPerson, error) {
	return firmPeople(ctx, d.read, shop, at)
}

// allowRecord refuses records that nobody may make, whatever page asks for it:
// the assignment of somebody whose firm builds the shop, a review of one's own
// work, a trial of an account that is none, a call to contacts of earlier.
func (t *Tx) allowRecord(ctx context.Context, shop account.ID, r *CaseRecord) error {
	switch r.Kind {
	case programme.RecordAssigned:
		return t.mayDiagnose(ctx, shop, account.ID(r.Mark))
	case programme.RecordReview:
		return t.mayReview(ctx, shop, r)
	case programme.RecordTrial:
		return t.exists(ctx, ErrNoAccount, `SELECT count(*) FROM test_accounts WHERE shop_id = $1 AND name = $2 AND removed = ''`, string(shop), r.Name)
	case programme.RecordCall:
		var revision int
		err := t.q.QueryRowContext(ctx, `SELECT revision FROM case_records WHERE case_id = $1 AND kind = $2 AND name = 'contacts' AND state = $3`, string(r.Case), string(programme.RecordSheet), string(programme.SheetDone)).Scan(&revision)
		if errors.Is(err, sql.ErrNoRows) || err == nil && programme.ContactsMark(revision) != r.Mark {
			return ErrConflict
		}
		return named(err)
	}
	if !r.Kind.Valid() {
		return fmt.Errorf("a record of kind %q", r.Kind)
	}
	return nil
}

func (t *Tx) exists(ctx context.Context, otherwise error, query string, args ...any) error {
	var n int
	if err := t.q.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return named(err)
	}
	if n == 0 {
		return otherwise
	}
	return nil
}

func (t *Tx) mayDiagnose(ctx context.Context, shop, person account.ID) error {
	list, err := firmPeople(ctx, t.q, shop, t.At)
	if err != nil {
		return err
	}
	for _, p := range list {
		switch {
		case p.ID != person || !slices.Contains(p.Roles, account.Diagnostician):
		case p.Builder:
			return ErrBuilder
		default:
			return nil
		}
	}
	return ErrNotLetIn
}

// mayReview asks that a review is of a diagnosis of the shop that has ended, by
// somebody who neither started it nor was ever assigned to the case.
func (t *Tx) mayReview(ctx context.Context, shop account.ID, r *CaseRecord) error {
	var by account.ID
	if err := t.q.QueryRowContext(ctx, `SELECT by_id FROM diagnoses WHERE id = $1 AND shop_id = $2 AND state = 'finished'`, r.Name, string(shop)).Scan(&by); err != nil {
		return found("diagnosis", err)
	}
	var n int
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM case_record_versions WHERE case_id = $1 AND kind = $2 AND mark = $3`, string(r.Case), string(programme.RecordAssigned), string(t.By)).Scan(&n); err != nil {
		return named(err)
	}
	if t.By == "" || by == t.By || n > 0 {
		return ErrSamePerson
	}
	return nil
}
