package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
)

// Delegation is a named person whom a shop asked, by a link, to answer one
// question of a checklist.
type Delegation struct {
	ID       account.ID
	Shop     account.ID
	Edition  string
	Question string
	Name     string
	Mail     string
	Words    string // what who asks adds
	By       account.ID
	At       time.Time
	Link     account.Link // as it stands now
}

const delegationColumns = `d.id, d.shop_id, d.edition, d.question, d.name, d.mail, d.words, d.by_id, d.at, l.id, l.expires, l.used, l.revoked`

func scanDelegation(r interface{ Scan(...any) error }, x *Delegation) error {
	return r.Scan(&x.ID, &x.Shop, &x.Edition, &x.Question, &x.Name, &x.Mail, &x.Words, &x.By, clock{&x.At}, &x.Link.ID, clock{&x.Link.Expires}, clock{&x.Link.Used}, clock{&x.Link.Revoked})
}

// Delegations lists whom a shop asked to answer a question, newest first.
func (d *DB) Delegations(ctx context.Context, shop account.ID, edition, question string, limit int) ([]Delegation, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+delegationColumns+` FROM delegations d JOIN links l ON l.object_id = d.id WHERE d.shop_id = $1 AND d.edition = $2 AND d.question = $3 ORDER BY d.id DESC LIMIT $4`, string(shop), edition, question, limit)
	return collect(rows, err, func(r *sql.Rows, x *Delegation) error { return scanDelegation(r, x) })
}

// Delegation reads one of a shop. ErrNotFound when there is none.
func (d *DB) Delegation(ctx context.Context, shop, id account.ID) (*Delegation, error) {
	var x Delegation
	err := scanDelegation(d.read.QueryRowContext(ctx, `SELECT `+delegationColumns+` FROM delegations d JOIN links l ON l.object_id = d.id WHERE d.id = $1 AND d.shop_id = $2`, string(id), string(shop)), &x)
	return &x, found("delegation", err)
}

// AddDelegation asks a named person to answer a question: the link is kept
// under the fingerprint of its token.
func (t *Tx) AddDelegation(ctx context.Context, x *Delegation, fingerprint string) error {
	x.ID, x.By, x.At = account.NewID(), t.By, t.At
	x.Link.ID, x.Link.Purpose, x.Link.Shop, x.Link.Object, x.Link.Name, x.Link.Mail = account.NewID(), account.Delegate, x.Shop, x.ID, x.Name, x.Mail
	t.Record(account.Event{Verb: account.QuestionDelegated, Object: x.ID, Shop: x.Shop, Details: map[string]string{"edition": x.Edition, "question": x.Question}})
	if _, err := t.exec(ctx, `INSERT INTO delegations (id, shop_id, edition, question, name, mail, words, by_id, at) VALUES (`+places(0, 9)+`)`,
		string(x.ID), string(x.Shop), x.Edition, x.Question, x.Name, x.Mail, x.Words, string(x.By), ts(x.At)); err != nil {
		return err
	}
	return t.AddLink(ctx, &x.Link, fingerprint)
}
