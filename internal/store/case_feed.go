package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
)

// CaseFeed is a calendar that a program fetches by a secret address.
type CaseFeed struct {
	ID        account.ID
	Programme account.ID
	Person    account.ID
	Created   time.Time
	Fetched   time.Time // the last time; zero: never
	Revoked   time.Time
}

const feedColumns = `id, programme_id, person_id, created, fetched, revoked`

func scanFeed(r interface{ Scan(...any) error }, f *CaseFeed) error {
	return r.Scan(&f.ID, &f.Programme, &f.Person, clock{&f.Created}, clock{&f.Fetched}, clock{&f.Revoked})
}

// AddFeed makes a calendar's address for a person; the ones before end.
func (t *Tx) AddFeed(ctx context.Context, office account.ID, f *CaseFeed, fingerprint string) error {
	f.ID, f.Created = account.NewID(), t.At
	t.Record(account.Event{Verb: account.FeedMade, Object: f.ID, Organisation: office, Person: f.Person, Details: map[string]string{"programme": string(f.Programme)}})
	if _, err := t.exec(ctx, `UPDATE case_feeds SET revoked = $3 WHERE person_id = $1 AND programme_id = $2 AND revoked = ''`, string(f.Person), string(f.Programme), ts(t.At)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO case_feeds (id, fingerprint, programme_id, person_id, created, fetched, revoked) VALUES (`+places(0, 7)+`)`, string(f.ID), fingerprint, string(f.Programme), string(f.Person), ts(f.Created), "", "")
	return err
}

// RevokeFeed ends a person's calendar. ErrNotFound when there is none.
func (t *Tx) RevokeFeed(ctx context.Context, prog, office, person account.ID) error {
	t.Record(account.Event{Verb: account.FeedRevoked, Object: prog, Organisation: office, Person: person})
	return t.one(ctx, ErrNotFound, `UPDATE case_feeds SET revoked = $3 WHERE person_id = $1 AND programme_id = $2 AND revoked = ''`, string(person), string(prog), ts(t.At))
}

// FeedOf reads a person's calendar of a programme. ErrNotFound when there is none.
func (d *DB) FeedOf(ctx context.Context, prog, person account.ID) (*CaseFeed, error) {
	var f CaseFeed
	err := scanFeed(d.read.QueryRowContext(ctx, `SELECT `+feedColumns+` FROM case_feeds WHERE person_id = $1 AND programme_id = $2 AND revoked = ''`, string(person), string(prog)), &f)
	return &f, found("calendar", err)
}

// Feed reads a calendar by the fingerprint of its address, and notes that it was
// fetched. ErrNotFound when there is none, or none any more.
func (d *DB) Feed(ctx context.Context, fingerprint string, at time.Time) (*CaseFeed, error) {
	var f CaseFeed
	err := scanFeed(d.write.QueryRowContext(ctx, `UPDATE case_feeds SET fetched = $2 WHERE fingerprint = $1 AND revoked = '' RETURNING `+feedColumns, fingerprint, ts(at)), &f)
	return &f, found("calendar", err)
}

// CasesDue lists the open cases of a programme that have a planned day, the earliest first.
func (d *DB) CasesDue(ctx context.Context, prog account.ID, limit int) ([]BoardCase, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT c.id, c.number, c.name, c.step, c.awaits, c.due, c.owner_id FROM cases c WHERE c.programme_id = $1 AND c.due < $2 ORDER BY c.due, c.id LIMIT $3`, string(prog), noDay, limit)
	return collect(rows, err, func(r *sql.Rows, c *BoardCase) error {
		var due string
		if err := r.Scan(&c.ID, &c.Number, &c.Name, &c.Step, &c.Awaits, &due, &c.Owner); err != nil {
			return err
		}
		c.Programme = prog
		return readDay(due, &c.Day)
	})
}
