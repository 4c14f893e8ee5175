package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"miseban/internal/account"
	"miseban/internal/guideline"
)

// Sight says how much of what a shop says of itself is read. Some checklists
// are held: their answers, comments and documents are there for those outside
// only while the shop releases them. Each question to the database carries it,
// so that no page, list, export or program can forget it.
type Sight int

// The sights. What nobody said is Outside.
const (
	Outside Sight = iota // the office, and whoever else only looks on
	Inside               // the shop's own people and those who work for it
)

// SightOf is how somebody with these roles before a shop sees it.
func SightOf(roles []account.Role) Sight {
	for _, r := range roles {
		switch r {
		case account.Executive, account.Practitioner, account.Maintainer, account.Diagnostician, account.Reviewer:
			return Inside
		}
	}
	return Outside
}

// heldEditions are the editions whose answers are held, as a list of SQL; ""
// when there are none. Their IDs are letters, digits and hyphens.
var heldEditions = sync.OnceValue(func() string {
	all, err := guideline.All()
	if err != nil {
		return ""
	}
	var ids []string
	for _, e := range all {
		if e.Held {
			ids = append(ids, "'"+e.ID+"'")
		}
	}
	return strings.Join(ids, ", ")
})

// of is the condition by which the rows of a table with shop_id and edition
// are seen; it begins with AND.
func (s Sight) of(table string) string {
	if s == Inside || heldEditions() == "" {
		return ""
	}
	return ` AND (` + table + `.edition NOT IN (` + heldEditions() + `) OR EXISTS (SELECT 1 FROM releases r WHERE r.shop_id = ` + table + `.shop_id AND r.edition = ` + table + `.edition AND r.taken_back = ''))`
}

// Release is that a shop lets those outside see its answers to a checklist.
type Release struct {
	ID        account.ID
	Edition   string
	By        account.ID
	At        time.Time
	TakenBack time.Time // zero: it holds
	BackBy    account.ID
}

// Releases are a shop's releases of a checklist, the newest first; what was
// taken back, too.
func (d *DB) Releases(ctx context.Context, shop account.ID, edition string) ([]Release, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, edition, by_id, at, taken_back, back_by_id FROM releases WHERE shop_id = $1 AND edition = $2 ORDER BY id DESC LIMIT 50`, string(shop), edition)
	return collect(rows, err, func(r *sql.Rows, x *Release) error {
		return r.Scan(&x.ID, &x.Edition, &x.By, clock{&x.At}, clock{&x.TakenBack}, &x.BackBy)
	})
}

// Released says whether those outside may see a shop's answers to a checklist now.
func (d *DB) Released(ctx context.Context, shop account.ID, edition string) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM releases WHERE shop_id = $1 AND edition = $2 AND taken_back = ''`, string(shop), edition).Scan(&n)
	return n > 0, named(err)
}

// ReleaseChecklist lets those outside see a shop's answers to a checklist.
// ErrConflict when they may already.
func (t *Tx) ReleaseChecklist(ctx context.Context, shop account.ID, edition string) error {
	id := account.NewID()
	t.Record(account.Event{Verb: account.ChecklistReleased, Object: id, Shop: shop, Details: map[string]string{"edition": edition}})
	return t.one(ctx, ErrConflict, `INSERT INTO releases (id, shop_id, edition, by_id, at, taken_back, back_by_id) VALUES (`+places(0, 5)+`, '', '') ON CONFLICT DO NOTHING`, string(id), string(shop), edition, string(t.By), ts(t.At))
}

// TakeBackChecklist ends a release: from now on those outside see nothing of
// the answers. ErrConflict when there was none.
func (t *Tx) TakeBackChecklist(ctx context.Context, shop account.ID, edition string) error {
	t.Record(account.Event{Verb: account.ChecklistTakenBack, Object: shop, Shop: shop, Details: map[string]string{"edition": edition}})
	return t.one(ctx, ErrConflict, `UPDATE releases SET taken_back = $3, back_by_id = $4 WHERE shop_id = $1 AND edition = $2 AND taken_back = ''`, string(shop), edition, ts(t.At), string(t.By))
}
