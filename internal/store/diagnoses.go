package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/wire"
)

// DiagnosisState is where a diagnosis of a shop stands for people; the run
// below it has states of its own.
type DiagnosisState string

// The states of a diagnosis.
const (
	DiagnosisPlanned  DiagnosisState = "planned" // waits for its day
	DiagnosisQueued   DiagnosisState = "queued"  // waits for a worker
	DiagnosisRunning  DiagnosisState = "running"
	DiagnosisPaused   DiagnosisState = "paused"
	DiagnosisStopped  DiagnosisState = "stopped"
	DiagnosisFinished DiagnosisState = "finished"
	DiagnosisFailed   DiagnosisState = "failed"
)

// Ended says that nothing more happens by itself.
func (s DiagnosisState) Ended() bool { return s == DiagnosisFinished || s == DiagnosisFailed }

// What people want of a diagnosis that runs or waits.
const (
	WantGo    = "go"
	WantPause = "pause"
	WantStop  = "stop"
)

// Diagnosis is one diagnosis of a shop: a plan, the run that carries it out,
// and where it stands.
type Diagnosis struct {
	ID      account.ID
	Shop    account.ID
	Run     string
	State   DiagnosisState
	Wanted  string
	Plan    DiagnosisPlan
	Due     time.Time
	By      account.ID
	Created time.Time
	Updated time.Time
	Ended   time.Time
	// Retest says that only what was to be looked at again is looked at.
	Retest   bool
	Why      string // a word of ours for why it waits or stopped, see jobs
	Progress DiagnosisProgress
}

// DiagnosisPlan is what was agreed on beside the scope of the run.
type DiagnosisPlan struct {
	Level     wire.Level `json:"level"`
	Repeat    int        `json:"repeat,omitempty"` // days until the next; 0: none
	Emergency bool       `json:"emergency,omitempty"`
	// Consent is what the shop agreed to and this rests on; "": the word of who started it.
	Consent account.ID `json:"consent,omitempty"`
}

// DiagnosisProgress is what a live view shows.
type DiagnosisProgress struct {
	Stage    diagnose.Stage `json:"stage,omitempty"`
	Page     string         `json:"page,omitempty"`
	Pages    int            `json:"pages,omitempty"`
	Waiting  int            `json:"waiting,omitempty"`
	Done     int            `json:"done,omitempty"`
	Total    int            `json:"total,omitempty"`
	Requests int            `json:"requests,omitempty"`
	Findings int            `json:"findings,omitempty"`
}

const diagnosisColumns = `id, shop_id, run_id, state, wanted, plan, due, by_id, created, updated, ended, retest, why, progress`

func scanDiagnosis(r interface{ Scan(...any) error }, x *Diagnosis, more ...any) error {
	var plan, progress string
	if err := r.Scan(append([]any{&x.ID, &x.Shop, &x.Run, &x.State, &x.Wanted, &plan, clock{&x.Due}, &x.By, clock{&x.Created}, clock{&x.Updated}, clock{&x.Ended}, &x.Retest, &x.Why, &progress}, more...)...); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(plan), &x.Plan); err != nil {
		return fmt.Errorf("plan of diagnosis %s: %w", x.ID, err)
	}
	if progress == "" {
		return nil
	}
	return json.Unmarshal([]byte(progress), &x.Progress)
}

// Diagnosis reads a diagnosis of a shop. ErrNotFound when the shop has no such one.
func (d *DB) Diagnosis(ctx context.Context, shop, id account.ID) (*Diagnosis, error) {
	var x Diagnosis
	err := scanDiagnosis(d.read.QueryRowContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE id = $1 AND shop_id = $2`, string(id), string(shop)), &x)
	return &x, found("diagnosis", err)
}

// DiagnosisByID is Diagnosis for workers, which stand before no shop.
func (d *DB) DiagnosisByID(ctx context.Context, id account.ID) (*Diagnosis, error) {
	var x Diagnosis
	err := scanDiagnosis(d.read.QueryRowContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE id = $1`, string(id)), &x)
	return &x, found("diagnosis", err)
}

// DiagnosisOfRun is the diagnosis of a shop that a run carried out.
func (d *DB) DiagnosisOfRun(ctx context.Context, shop account.ID, run string) (*Diagnosis, error) {
	var x Diagnosis
	err := scanDiagnosis(d.read.QueryRowContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE run_id = $1 AND shop_id = $2`, run, string(shop)), &x)
	return &x, found("diagnosis", err)
}

// ShopOfRun is the shop that a run diagnosed. ErrNotFound for a run that no shop asked for.
func (d *DB) ShopOfRun(ctx context.Context, run string) (*account.Shop, error) {
	var s account.Shop
	err := scanShop(d.read.QueryRowContext(ctx, `SELECT `+shopColumns+` FROM diagnoses x JOIN shops s ON s.id = x.shop_id WHERE x.run_id = $1`, run), &s)
	return &s, found("shop of the run", err)
}

// LastFinished is when the last diagnosis of a shop ended; zero when none did.
func (d *DB) LastFinished(ctx context.Context, shop account.ID) (at time.Time, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT coalesce(max(ended), '') FROM diagnoses WHERE shop_id = $1 AND state = 'finished'`, string(shop)).Scan(clock{&at})
	return at, named(err)
}

// Diagnoses lists the diagnoses of a shop, newest first, those before a given one.
func (d *DB) Diagnoses(ctx context.Context, shop, before account.ID, limit int) ([]Diagnosis, error) {
	if before == "" {
		before = "~" // after every ID
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, string(shop), string(before), limit)
	return collect(rows, err, func(r *sql.Rows, x *Diagnosis) error { return scanDiagnosis(r, x) })
}

// mostRetests is how many retests since the last whole diagnosis are looked at.
const mostRetests = 100

// Seen is a diagnosis that finished, with the run that carried it out.
type Seen struct {
	Diagnosis
	Carried *diagnose.Run
}

// LastSeen lists what says how a shop stands, with one question: the last whole
// diagnosis that finished, which comes last, and before it the retests since
// then, newest first. Nothing while none has finished.
func (d *DB) LastSeen(ctx context.Context, shop account.ID) ([]Seen, error) {
	type line struct {
		Seen
		doc string
	}
	rows, err := d.read.QueryContext(ctx, `WITH seen AS (SELECT * FROM (SELECT `+diagnosisColumns+` FROM diagnoses WHERE shop_id = $1 AND state = 'finished' AND retest = 0 ORDER BY id DESC LIMIT 1) whole
UNION ALL SELECT * FROM (SELECT `+diagnosisColumns+` FROM diagnoses WHERE shop_id = $1 AND state = 'finished' AND retest = 1 AND id > (SELECT max(id) FROM diagnoses WHERE shop_id = $1 AND state = 'finished' AND retest = 0) ORDER BY id DESC LIMIT $2) again)
SELECT s.*, r.doc FROM seen s JOIN runs r ON r.id = s.run_id
UNION ALL SELECT '', '', x.run_id, x.check_name, '', '{}', '', '', '', '', '', 0, '', '', x.doc FROM results x WHERE x.run_id IN (SELECT run_id FROM seen) ORDER BY 1 DESC, 4`, string(shop), mostRetests)
	list, err := collect(rows, err, func(r *sql.Rows, l *line) error { return scanDiagnosis(r, &l.Diagnosis, &l.doc) })
	if err != nil {
		return nil, fmt.Errorf("reading what was last seen: %w", err)
	}
	var out []Seen
	runs := map[string]*diagnose.Run{}
	for _, l := range list {
		if l.ID != "" { // those come first
			l.Carried = &diagnose.Run{}
			runs[l.Run] = l.Carried
			err, out = json.Unmarshal([]byte(l.doc), l.Carried), append(out, l.Seen)
		} else if run := runs[l.Run]; run != nil {
			var x check.Result
			err = json.Unmarshal([]byte(l.doc), &x)
			run.Results = append(run.Results, x)
		}
		if err != nil {
			return nil, fmt.Errorf("reading run %s: %w", l.Run, err)
		}
	}
	if n := len(out); n > 0 && out[n-1].Retest {
		return nil, nil // the run of the whole one is not kept any more
	}
	return out, nil
}

// Retest is a diagnosis that looked after one finding again.
type Retest struct {
	Diagnosis Diagnosis
	Before    time.Time     // when the run began that it is set beside; zero: that is not kept
	Result    *check.Result // of the finding's check; nil: none yet
}

// RetestOf reads the retest of a shop's finding by a check. ErrNotFound when there is none.
func (d *DB) RetestOf(ctx context.Context, shop, id account.ID, name string) (*Retest, error) {
	var x Retest
	var doc string
	err := scanDiagnosis(d.read.QueryRowContext(ctx, `SELECT d.id, d.shop_id, d.run_id, d.state, d.wanted, d.plan, d.due, d.by_id, d.created, d.updated, d.ended, d.retest, d.why, d.progress, coalesce(p.started, ''), coalesce(x.doc, '')
FROM diagnoses d JOIN runs r ON r.id = d.run_id LEFT JOIN runs p ON p.id = r.parent LEFT JOIN results x ON x.run_id = r.id AND x.check_name = $3 WHERE d.id = $1 AND d.shop_id = $2`, string(id), string(shop), name), &x.Diagnosis, clock{&x.Before}, &doc)
	if err != nil || doc == "" {
		return &x, found("retest", err)
	}
	x.Result = &check.Result{}
	return &x, json.Unmarshal([]byte(doc), x.Result)
}

// ActiveDiagnoses lists what runs or waits for a worker, on all shops, for operators.
func (d *DB) ActiveDiagnoses(ctx context.Context, limit int) ([]Diagnosis, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE state IN ('running', 'queued') ORDER BY updated LIMIT $1`, limit)
	return collect(rows, err, func(r *sql.Rows, x *Diagnosis) error { return scanDiagnosis(r, x) })
}

// AddDiagnosis plans a diagnosis and stores the run that will carry it out.
func (t *Tx) AddDiagnosis(ctx context.Context, x *Diagnosis, run *diagnose.Run) error {
	x.Created, x.Updated, x.Run, x.Wanted = t.At, t.At, run.ID, WantGo
	plan, err := json.Marshal(x.Plan)
	if err != nil {
		return err
	}
	details := map[string]string{"level": x.Plan.Level.String(), "run": run.ID}
	retest := 0
	if x.Retest = len(run.Only) > 0; x.Retest {
		retest = 1
		details["retest"] = run.Parent
		if x.State == DiagnosisPlanned {
			details["due"] = ts(x.Due)
		}
	}
	t.Record(account.Event{Verb: account.DiagnosisPlanned, Object: x.ID, Shop: x.Shop, Details: details})
	if err := t.db.putRun(ctx, t.q, run); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO diagnoses (`+diagnosisColumns+`, holder, alive_until) VALUES (`+places(0, 16)+`)`,
		string(x.ID), string(x.Shop), x.Run, string(x.State), x.Wanted, string(plan), ts(x.Due), string(x.By), ts(x.Created), ts(x.Updated), "", retest, "", "", "", "")
	return err
}

// Room is ErrCrowded when a shop has as many diagnoses as given that have not
// ended: nobody fills the queue that all shops share.
func (t *Tx) Room(ctx context.Context, shop account.ID, most int) error {
	var n int
	err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM diagnoses WHERE shop_id = $1 AND state IN ('planned', 'queued', 'running', 'paused')`, string(shop)).Scan(&n)
	if err == nil && n >= most {
		return ErrCrowded
	}
	return err
}

// WantDiagnosis says that people want a diagnosis to pause or stop. One that
// no worker holds stops here; the worker of one that runs hears of it within
// two seconds. ErrConflict when it has ended.
func (t *Tx) WantDiagnosis(ctx context.Context, shop, id account.ID, wanted string) error {
	verb, state := account.DiagnosisStopped, DiagnosisStopped
	if wanted == WantPause {
		verb, state = account.DiagnosisPaused, DiagnosisPaused
	}
	t.Record(account.Event{Verb: verb, Object: id, Shop: shop})
	return t.one(ctx, ErrConflict, `UPDATE diagnoses SET wanted = $3, updated = $4, state = CASE WHEN state = 'running' THEN state ELSE $5 END, why = 'person' WHERE id = $1 AND shop_id = $2 AND state IN ('planned', 'queued', 'running', 'paused')`,
		string(id), string(shop), wanted, ts(t.At), string(state))
}

// QueueDiagnosis lets a diagnosis go on that waits for its day, paused or was
// stopped. ErrConflict when it is none of these.
func (t *Tx) QueueDiagnosis(ctx context.Context, shop, id account.ID) error {
	t.Record(account.Event{Verb: account.DiagnosisResumed, Object: id, Shop: shop})
	return t.one(ctx, ErrConflict, `UPDATE diagnoses SET wanted = 'go', state = 'queued', why = '', updated = $3, due = $3 WHERE id = $1 AND shop_id = $2 AND state IN ('planned', 'paused', 'stopped')`, string(id), string(shop), ts(t.At))
}

// TakeDiagnosis gives a worker the right to carry out a diagnosis for a while,
// by the clock of the database. It is false when another holds it, when it is
// not due, or when nobody wants it any more.
func (d *DB) TakeDiagnosis(ctx context.Context, id account.ID, holder string, hold time.Duration) (bool, error) {
	now, err := d.Clock(ctx)
	if err != nil {
		return false, err
	}
	res, err := d.write.ExecContext(ctx, `UPDATE diagnoses SET state = 'running', why = '', holder = $2, alive_until = $3, updated = $4 WHERE id = $1 AND wanted = 'go' AND (state = 'queued' OR state = 'planned' AND due <= $4 OR state = 'running' AND alive_until < $4)`,
		string(id), holder, ts(now.Add(hold)), ts(now))
	if err != nil {
		return false, named(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// KeepDiagnosis prolongs a worker's right and tells what people want now; why
// is StopEverything when an operator holds all. ErrConflict: the right is lost.
func (d *DB) KeepDiagnosis(ctx context.Context, id account.ID, holder string, hold time.Duration) (wanted, why string, err error) {
	now, err := d.Clock(ctx)
	if err != nil {
		return "", "", err
	}
	err = d.write.QueryRowContext(ctx, `UPDATE diagnoses SET alive_until = $3 WHERE id = $1 AND holder = $2 AND state = 'running' AND alive_until >= $4 RETURNING wanted`, string(id), holder, ts(now.Add(hold)), ts(now)).Scan(&wanted)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", fmt.Errorf("diagnosis %s: %w", id, ErrConflict)
	}
	if err != nil {
		return "", "", named(err)
	}
	if wanted != WantGo {
		return wanted, "person", nil
	}
	on, _, _, err := d.Switch(ctx, StopEverything)
	if on {
		return WantPause, StopEverything, err
	}
	return wanted, "", err
}

// TellProgress keeps what a live view shows.
func (d *DB) TellProgress(ctx context.Context, id account.ID, holder string, p DiagnosisProgress) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	_, err = d.write.ExecContext(ctx, `UPDATE diagnoses SET progress = $3 WHERE id = $1 AND holder = $2 AND state = 'running'`, string(id), holder, string(b))
	return named(err)
}

// LeaveDiagnosis ends a worker's part: the diagnosis has the state that it
// came to. ErrConflict when the worker had lost it.
func (t *Tx) LeaveDiagnosis(ctx context.Context, x *Diagnosis, holder string, state DiagnosisState, why string, due time.Time) error {
	ended := ""
	if state.Ended() {
		ended = ts(t.At)
	}
	details := map[string]string{"state": string(state), "why": why}
	if !due.IsZero() {
		details["due"] = ts(due)
	}
	t.Record(account.Event{Verb: account.DiagnosisLeft, Object: x.ID, Shop: x.Shop, Details: details})
	return t.one(ctx, ErrConflict, `UPDATE diagnoses SET state = $3, why = $4, ended = $5, due = $6, updated = $7, holder = '', alive_until = '' WHERE id = $1 AND holder = $2 AND state = 'running'`,
		string(x.ID), holder, string(state), why, ended, ts(due), ts(t.At))
}

// Orphans are the diagnoses whose worker has died: nobody prolonged the right
// to carry them out.
func (d *DB) Orphans(ctx context.Context) ([]account.ID, error) {
	now, err := d.Clock(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := d.read.QueryContext(ctx, `SELECT id FROM diagnoses WHERE state = 'running' AND alive_until < $1 LIMIT 100`, ts(now))
	return collect(rows, err, func(r *sql.Rows, id *account.ID) error { return r.Scan(id) })
}

// Adopt puts a diagnosis whose worker has died back into the queue. ErrConflict
// when another was faster.
func (t *Tx) Adopt(ctx context.Context, id account.ID) error {
	now, err := t.db.clock(ctx, t.q)
	if err != nil {
		return err
	}
	var shop account.ID
	err = t.q.QueryRowContext(ctx, `UPDATE diagnoses SET state = 'queued', why = 'orphan', holder = '', alive_until = '' WHERE id = $1 AND state = 'running' AND alive_until < $2 RETURNING shop_id`, string(id), ts(now)).Scan(&shop)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrConflict
	}
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.DiagnosisLeft, Object: id, Shop: shop, Details: map[string]string{"state": "queued", "why": "orphan"}})
	return nil
}
