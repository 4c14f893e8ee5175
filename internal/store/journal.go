package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"miseban/internal/diagnose"
	"miseban/internal/wire"
)

// Journal is the wire.Journal of one run: ledger lines as they are, records
// compressed and encrypted under the run's key.
type Journal struct {
	db   *DB
	run  string
	key  []byte // for records
	mask []byte // for the masker
	enc  *zstd.Encoder
	dec  *zstd.Decoder
}

// Journal opens the journal of a stored run.
func (d *DB) Journal(ctx context.Context, run string) (*Journal, error) {
	var sealed []byte
	err := d.read.QueryRowContext(ctx, `SELECT run_key FROM runs WHERE id = $1`, run).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("run %s: %w", run, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key of run %s: %w", run, err)
	}
	return d.journal(run, sealed)
}

// journal opens a journal whose sealed key was read.
func (d *DB) journal(run string, sealed []byte) (*Journal, error) {
	runKey, err := unseal(d.master, sealed, "run "+run)
	if err != nil {
		return nil, fmt.Errorf("key of run %s: %w", run, err)
	}
	j := &Journal{db: d, run: run}
	if j.key, err = derive(runKey, "records"); err != nil {
		return nil, err
	}
	if j.mask, err = derive(runKey, "masks"); err != nil {
		return nil, err
	}
	if j.enc, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, err
	}
	if j.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20)); err != nil {
		return nil, err
	}
	return j, nil
}

// Masker is the run's masker: the same secret gets the same token for the whole run.
func (j *Journal) Masker() *wire.Masker { return wire.NewMasker(j.mask) }

// Intent writes a ledger line before anything leaves.
func (j *Journal) Intent(ctx context.Context, e *wire.Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.db.write.ExecContext(ctx, `INSERT INTO ledger (run_id, seq, line) VALUES ($1, $2, $3)`, j.run, e.Seq, string(line)); err != nil {
		return fmt.Errorf("writing ledger line %d: %w", e.Seq, named(err))
	}
	return nil
}

// Answer writes a ledger line and, with it in one transaction, what is kept of the answer.
func (j *Journal) Answer(ctx context.Context, e *wire.Entry, r *wire.Record) error {
	if r == nil {
		return j.Intent(ctx, e)
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	key := recordKey(r.Kind, r.Key, r.Nth)
	data, err := seal(j.key, j.enc.EncodeAll(r.Data, nil), key)
	if err != nil {
		return err
	}
	return j.db.tx(ctx, func(t *sql.Tx) error {
		if _, err := t.ExecContext(ctx, `INSERT INTO ledger (run_id, seq, line) VALUES ($1, $2, $3)`, j.run, e.Seq, string(line)); err != nil {
			return fmt.Errorf("writing ledger line %d: %w", e.Seq, err)
		}
		_, err := t.ExecContext(ctx, `INSERT INTO records (run_id, record_key, kind, exchange_id, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run_id, record_key) DO UPDATE SET exchange_id = excluded.exchange_id, data = excluded.data`,
			j.run, key, string(r.Kind), string(r.ID), data)
		if err != nil {
			return fmt.Errorf("writing record %s: %w", r.ID, err)
		}
		return nil
	})
}

// Recall reads what Answer kept; nil, nil when there is nothing.
func (j *Journal) Recall(ctx context.Context, kind wire.Kind, key string, nth int) (*wire.Record, error) {
	rk := recordKey(kind, key, nth)
	var id string
	var data []byte
	err := j.db.read.QueryRowContext(ctx, `SELECT exchange_id, data FROM records WHERE run_id = $1 AND record_key = $2`, j.run, rk).Scan(&id, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	plain, err := j.open(data, rk)
	if err != nil {
		return nil, err
	}
	return &wire.Record{Kind: kind, Key: key, Nth: nth, ID: wire.ExchangeID(id), Data: plain}, nil
}

func (j *Journal) open(data []byte, rk string) ([]byte, error) {
	packed, err := unseal(j.key, data, rk)
	if err != nil {
		return nil, fmt.Errorf("record of run %s: %w", j.run, err)
	}
	plain, err := j.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("record of run %s: %w", j.run, err)
	}
	return plain, nil
}

// Exchange reads a stored HTTP exchange by its id; nil, nil when it was not
// kept, or the asking had failed.
func (j *Journal) Exchange(ctx context.Context, id wire.ExchangeID) (*wire.Exchange, error) {
	var rk string
	var data []byte
	err := j.db.read.QueryRowContext(ctx, `SELECT record_key, data FROM records WHERE run_id = $1 AND exchange_id = $2 AND kind = $3`, j.run, string(id), string(wire.KindHTTP)).Scan(&rk, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading exchange %s: %w", id, err)
	}
	return j.exchange(data, rk)
}

// exchange decodes what was kept under a key.
func (j *Journal) exchange(data []byte, rk string) (*wire.Exchange, error) {
	plain, err := j.open(data, rk)
	if err != nil {
		return nil, err
	}
	ex, err := wire.DecodeExchange(plain)
	var failure *wire.Failure
	if errors.As(err, &failure) {
		return nil, nil
	}
	return ex, err
}

// Kept names an exchange of a run.
type Kept struct {
	Run string
	ID  wire.ExchangeID
}

// Exchanges reads stored HTTP exchanges with one question; those that were not
// kept are missing.
func (d *DB) Exchanges(ctx context.Context, want []Kept) (map[Kept]*wire.Exchange, error) {
	out := map[Kept]*wire.Exchange{}
	if len(want) == 0 {
		return out, nil
	}
	args := []any{string(wire.KindHTTP)}
	var where []string
	for _, k := range want {
		where = append(where, fmt.Sprintf(`x.run_id = $%d AND x.exchange_id = $%d`, len(args)+1, len(args)+2))
		args = append(args, k.Run, string(k.ID))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT r.run_key, x.run_id, x.exchange_id, x.record_key, x.data FROM records x JOIN runs r ON r.id = x.run_id WHERE x.kind = $1 AND (`+strings.Join(where, " OR ")+`)`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, l *keptLine) error { return l.scan(r) })
	if err != nil {
		return nil, fmt.Errorf("reading exchanges: %w", err)
	}
	return d.open(list)
}

// keptLine is a record as it is stored, with its run's key.
type keptLine struct {
	Kept
	key          string
	sealed, data []byte
}

func (l *keptLine) scan(r *sql.Rows, more ...any) error {
	return r.Scan(append([]any{&l.sealed, &l.Run, &l.ID, &l.key, &l.data}, more...)...)
}

// open decodes records of runs.
func (d *DB) open(list []keptLine) (map[Kept]*wire.Exchange, error) {
	out, journals := map[Kept]*wire.Exchange{}, map[string]*Journal{}
	for _, l := range list {
		if l.ID == "" {
			continue
		}
		if journals[l.Run] == nil {
			var err error
			if journals[l.Run], err = d.journal(l.Run, l.sealed); err != nil {
				return nil, err
			}
		}
		ex, err := journals[l.Run].exchange(l.data, l.key)
		if err != nil {
			return nil, err
		}
		if ex != nil {
			out[l.Kept] = ex
		}
	}
	return out, nil
}

// RunWith reads a run without its results, and some of its exchanges, with one
// question. ErrNotFound when there is no such run.
func (d *DB) RunWith(ctx context.Context, id string, ids []wire.ExchangeID) (*diagnose.Run, map[Kept]*wire.Exchange, error) {
	args := []any{id, string(wire.KindHTTP), ""}
	for _, x := range ids {
		args = append(args, string(x))
	}
	var doc string
	rows, err := d.read.QueryContext(ctx, `SELECT r.run_key, r.id, coalesce(x.exchange_id, ''), coalesce(x.record_key, ''), x.data, r.doc FROM runs r LEFT JOIN records x ON x.run_id = r.id AND x.kind = $2 AND x.exchange_id IN (`+places(2, len(ids)+1)+`) WHERE r.id = $1`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, l *keptLine) error { return l.scan(r, &doc) })
	if err != nil {
		return nil, nil, fmt.Errorf("reading run %s: %w", id, err)
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("run %s: %w", id, ErrNotFound)
	}
	kept, err := d.open(list)
	if err != nil {
		return nil, nil, err
	}
	run := &diagnose.Run{}
	return run, kept, json.Unmarshal([]byte(doc), run)
}

// Ledger reads all lines of the run's ledger in order.
func (j *Journal) Ledger(ctx context.Context) ([]wire.Entry, error) {
	rows, err := j.db.read.QueryContext(ctx, `SELECT line FROM ledger WHERE run_id = $1 ORDER BY seq`, j.run)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	defer rows.Close()
	var out []wire.Entry
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		var e wire.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("ledger line %d: %w", len(out)+1, err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Past says where an earlier process left the run.
func (j *Journal) Past(ctx context.Context) (*wire.Past, error) {
	entries, err := j.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	return wire.PastOf(entries), nil
}

// recordKey is a short, fixed-length name for an asking.
func recordKey(k wire.Kind, key string, nth int) string {
	h := sha256.Sum256([]byte(string(k) + "\x00" + key + "\x00" + strconv.Itoa(nth)))
	return hex.EncodeToString(h[:])
}

// ReadOnly answers from the stored records and keeps nothing: re-judging
// leaves the ledger of what was really sent as it is.
func (j *Journal) ReadOnly() wire.Journal { return readOnly{j} }

type readOnly struct{ j *Journal }

func (readOnly) Intent(context.Context, *wire.Entry) error               { return nil }
func (readOnly) Answer(context.Context, *wire.Entry, *wire.Record) error { return nil }
func (r readOnly) Recall(ctx context.Context, kind wire.Kind, key string, nth int) (*wire.Record, error) {
	return r.j.Recall(ctx, kind, key, nth)
}
