package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"miseban/internal/account"
)

// Contract is what a shop has noted about its contract with who builds or
// maintains it: clause by clause, whether it is settled there.
type Contract struct {
	Revision int // 0: nothing was noted yet
	Updated  time.Time
	By       account.ID
	With     string            `json:"with,omitempty"`  // the contractor
	Until    string            `json:"until,omitempty"` // the day on which it ends
	Marks    map[string]string `json:"marks"`           // clause → yes, partly, no; else not known
}

// Contract reads what a shop has noted; one that has noted nothing gets an
// empty one.
func (d *DB) Contract(ctx context.Context, shop account.ID) (*Contract, error) {
	x := &Contract{Marks: map[string]string{}}
	var doc string
	err := found("contract", d.read.QueryRowContext(ctx, `SELECT revision, updated, by_id, doc FROM shop_contracts WHERE shop_id = $1`, string(shop)).Scan(&x.Revision, clock{&x.Updated}, &x.By, &doc))
	if errors.Is(err, ErrNotFound) {
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	return x, json.Unmarshal([]byte(doc), x)
}

// SaveContract keeps what a shop notes. ErrConflict when somebody else was faster.
func (t *Tx) SaveContract(ctx context.Context, shop account.ID, x *Contract) error {
	doc, err := json.Marshal(struct {
		With  string            `json:"with,omitempty"`
		Until string            `json:"until,omitempty"`
		Marks map[string]string `json:"marks"`
	}{x.With, x.Until, x.Marks})
	if err != nil {
		return err
	}
	settled := 0
	for _, m := range x.Marks {
		if m == "yes" {
			settled++
		}
	}
	t.Record(account.Event{Verb: account.ContractMarked, Object: shop, Shop: shop, Details: map[string]string{"settled": strconv.Itoa(settled)}})
	if x.Revision == 0 {
		err := t.one(ctx, ErrConflict, `INSERT INTO shop_contracts (shop_id, revision, updated, by_id, doc) VALUES (`+places(0, 5)+`) ON CONFLICT (shop_id) DO NOTHING`, string(shop), 1, ts(t.At), string(t.By), string(doc))
		if err == nil {
			x.Revision = 1
		}
		return err
	}
	if err := t.one(ctx, ErrConflict, `UPDATE shop_contracts SET revision = revision + 1, updated = $3, by_id = $4, doc = $5 WHERE shop_id = $1 AND revision = $2`, string(shop), x.Revision, ts(t.At), string(t.By), string(doc)); err != nil {
		return err
	}
	x.Revision++
	return nil
}

// words reads what list has written.
type words struct{ into *[]string }

// Scan is called by database/sql.
func (w words) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a list of type %T", v)
	}
	*w.into = split[string](s)
	return nil
}
