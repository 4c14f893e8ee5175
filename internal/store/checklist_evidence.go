package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"miseban/internal/account"
)

// Evidence is a document that shows an answer.
type Evidence struct {
	ID    account.ID
	Name  string
	Media string // by its content
	Size  int
	Sum   string // SHA-256
	By    account.ID
	At    time.Time
}

// How many documents a question, and how many bytes a shop, may have.
const (
	MostEvidence      = 20
	MostEvidenceBytes = 200 << 20
)

// ErrTooMuch says that a shop or a question holds as many documents as it may.
var ErrTooMuch = errors.New("too many documents")

const evidenceColumns = `id, name, media, size, sum, by_id, at`

func scanEvidence(r interface{ Scan(...any) error }, e *Evidence) error {
	return r.Scan(&e.ID, &e.Name, &e.Media, &e.Size, &e.Sum, &e.By, clock{&e.At})
}

// EvidenceFor lists the documents of a question, the first one first.
func (d *DB) EvidenceFor(ctx context.Context, shop account.ID, edition, question string, sight Sight) ([]Evidence, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+evidenceColumns+` FROM evidence WHERE shop_id = $1 AND edition = $2 AND question = $3 AND removed = ''`+sight.of("evidence")+` ORDER BY id`, string(shop), edition, question)
	return collect(rows, err, func(r *sql.Rows, e *Evidence) error { return scanEvidence(r, e) })
}

// Evidence reads a document of a shop with its bytes. ErrNotFound when the
// question has no such one.
func (d *DB) Evidence(ctx context.Context, shop account.ID, edition, question string, id account.ID, sight Sight) (*Evidence, []byte, error) {
	var e Evidence
	if err := scanEvidence(d.read.QueryRowContext(ctx, `SELECT `+evidenceColumns+` FROM evidence WHERE id = $1 AND shop_id = $2 AND edition = $3 AND question = $4 AND removed = ''`+sight.of("evidence"), string(id), string(shop), edition, question), &e); err != nil {
		return nil, nil, found("evidence", err)
	}
	var sealed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT data FROM evidence_data WHERE id = $1`, string(id)).Scan(&sealed); err != nil {
		return nil, nil, found("evidence", err)
	}
	data, err := unseal(d.master, sealed, "evidence "+string(id))
	return &e, data, err
}

// AddEvidence keeps a document that shows an answer, sealed. ErrTooMuch when
// there is no room for it.
func (t *Tx) AddEvidence(ctx context.Context, shop account.ID, edition, question string, e *Evidence, data []byte) error {
	var here, bytes int
	if err := t.q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM evidence WHERE shop_id = $1 AND edition = $2 AND question = $3 AND removed = ''), (SELECT COALESCE(sum(size), 0) FROM evidence WHERE shop_id = $1 AND removed = '')`,
		string(shop), edition, question).Scan(&here, &bytes); err != nil {
		return err
	}
	if here >= MostEvidence || bytes+len(data) > MostEvidenceBytes {
		return ErrTooMuch
	}
	sum := sha256.Sum256(data)
	e.ID, e.Size, e.Sum, e.By, e.At = account.NewID(), len(data), hex.EncodeToString(sum[:]), t.author(), t.At
	sealed, err := seal(t.db.master, data, "evidence "+string(e.ID))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.EvidenceAdded, Object: e.ID, Shop: shop, Details: map[string]string{"edition": edition, "question": question, "media": e.Media, "size": strconv.Itoa(e.Size), "sha256": e.Sum}})
	if _, err := t.exec(ctx, `INSERT INTO evidence (shop_id, edition, question, removed, `+evidenceColumns+`) VALUES ($1, $2, $3, '', `+places(3, 7)+`)`,
		string(shop), edition, question, string(e.ID), e.Name, e.Media, e.Size, e.Sum, string(e.By), ts(e.At)); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO evidence_data (id, data) VALUES ($1, $2)`, string(e.ID), sealed)
	return err
}

// RemoveEvidence takes a document away with its bytes; that there was one
// stays on record.
func (t *Tx) RemoveEvidence(ctx context.Context, shop account.ID, edition, question string, id account.ID) error {
	t.Record(account.Event{Verb: account.EvidenceRemoved, Object: id, Shop: shop, Details: map[string]string{"edition": edition, "question": question}})
	if err := t.one(ctx, ErrNotFound, `UPDATE evidence SET removed = $5 WHERE id = $1 AND shop_id = $2 AND edition = $3 AND question = $4 AND removed = ''`, string(id), string(shop), edition, question, ts(t.At)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM evidence_data WHERE id = $1`, string(id))
	return err
}
