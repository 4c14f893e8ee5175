package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
)

// HookState is where a message to a receiver stands on its way.
type HookState string

// The states of a message.
const (
	HookWaiting HookState = "waiting" // for a job
	HookQueued  HookState = "queued"  // has its job
	HookTaken   HookState = "taken"
	HookFailed  HookState = "failed"
)

// The kinds of messages.
const (
	HookTicket = "finding.ticket" // a finding, handed over by somebody
	HookMoved  = "finding.moved"  // the state of a finding that was handed over
	HookTest   = "test"
)

// Why a message did not go out.
const (
	HookNoAnswer = "no-answer"
	HookStatus   = "status"      // the receiver answered something else than 2xx
	HookNoAccess = "no-access"   // the organisation stands before the shop no more
	HookNone     = "no-receiver" // there is no receiver any more
	HookRestored = "from-backup" // it may have gone out before
)

// Hook is where an organisation wants its tickets.
type Hook struct {
	Organisation account.ID
	URL          string
	Secret       string // only when it is made and when something is sent
	Made         time.Time
	By           account.ID
}

// NewHookSecret makes the secret with which messages are signed, written as
// Standard Webhooks has it.
func NewHookSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// Sign signs a message as Standard Webhooks has it: HMAC-SHA256 over the ID, the
// second and the body.
func (h *Hook) Sign(id account.ID, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(h.Secret[min(len("whsec_"), len(h.Secret)):])
	if err != nil {
		return "", err
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(string(id) + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)), nil
}

// HookSend is one message to the receiver of an organisation.
type HookSend struct {
	ID, Organisation, Shop, Finding account.ID
	Kind                            string
	Body                            string // JSON, the same through all tries
	State                           HookState
	Created, Tried                  time.Time
	Tries, Status                   int // Status: of the last answer; 0 = none
	Problem                         string
}

const hookSendColumns = `id, organisation_id, shop_id, finding_id, kind, body, state, created, tried, tries, status, problem`

func scanHookSend(r interface{ Scan(...any) error }, m *HookSend) error {
	return r.Scan(&m.ID, &m.Organisation, &m.Shop, &m.Finding, &m.Kind, &m.Body, &m.State, clock{&m.Created}, clock{&m.Tried}, &m.Tries, &m.Status, &m.Problem)
}

func secretHook(org account.ID) string { return "hook " + string(org) }

// SetHook keeps the receiver of an organisation; what was there before is over.
func (t *Tx) SetHook(ctx context.Context, h *Hook) error {
	sealed, err := seal(t.db.master, []byte(h.Secret), secretHook(h.Organisation))
	if err != nil {
		return err
	}
	h.Made, h.By = t.At, t.By
	t.Record(account.Event{Verb: account.HookSet, Object: h.Organisation, Organisation: h.Organisation})
	_, err = t.exec(ctx, `INSERT INTO hooks (organisation_id, url, secret, made, by_id) VALUES (`+places(0, 5)+`) ON CONFLICT (organisation_id) DO UPDATE SET url = excluded.url, secret = excluded.secret, made = excluded.made, by_id = excluded.by_id`,
		string(h.Organisation), h.URL, sealed, ts(h.Made), string(h.By))
	return err
}

// RemoveHook ends the receiver of an organisation. ErrNotFound when it has none.
func (t *Tx) RemoveHook(ctx context.Context, org account.ID) error {
	t.Record(account.Event{Verb: account.HookRemoved, Object: org, Organisation: org})
	return t.one(ctx, ErrNotFound, `DELETE FROM hooks WHERE organisation_id = $1`, string(org))
}

// Hook reads the receiver of an organisation, with its secret. ErrNotFound when it has none.
func (d *DB) Hook(ctx context.Context, org account.ID) (*Hook, error) {
	h := Hook{Organisation: org}
	var sealed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT url, secret, made, by_id FROM hooks WHERE organisation_id = $1`, string(org)).Scan(&h.URL, &sealed, clock{&h.Made}, &h.By); err != nil {
		return nil, found("hook", err)
	}
	plain, err := unseal(d.master, sealed, secretHook(org))
	h.Secret = string(plain)
	return &h, err
}

// Receiver is a receiver to which a finding can be handed over.
type Receiver struct {
	Organisation account.ID
	Sent         time.Time // when it was, the last time
	State        HookState
}

// HookSends lists the messages to the receiver of an organisation, newest first.
func (d *DB) HookSends(ctx context.Context, org account.ID, limit int) ([]HookSend, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+hookSendColumns+` FROM hook_sends WHERE organisation_id = $1 ORDER BY id DESC LIMIT $2`, string(org), limit)
	return collect(rows, err, func(r *sql.Rows, m *HookSend) error { return scanHookSend(r, m) })
}

// HookSend reads one message. ErrNotFound when there is none.
func (d *DB) HookSend(ctx context.Context, id account.ID) (*HookSend, error) {
	var m HookSend
	err := scanHookSend(d.read.QueryRowContext(ctx, `SELECT `+hookSendColumns+` FROM hook_sends WHERE id = $1`, string(id)), &m)
	return &m, found("message", err)
}

// AddHookSend puts a message into the outbox of an organisation.
func (t *Tx) AddHookSend(ctx context.Context, m *HookSend) error {
	m.ID, m.State, m.Created = account.NewID(), HookWaiting, t.At
	t.Record(account.Event{Verb: account.HookSent, Object: m.ID, Organisation: m.Organisation, Shop: m.Shop, Details: map[string]string{"kind": m.Kind, "finding": string(m.Finding)}})
	return t.putHookSend(ctx, m)
}

func (t *Tx) putHookSend(ctx context.Context, m *HookSend) error {
	_, err := t.exec(ctx, `INSERT INTO hook_sends (`+hookSendColumns+`) VALUES (`+places(0, 12)+`)`,
		string(m.ID), string(m.Organisation), string(m.Shop), string(m.Finding), m.Kind, m.Body, string(m.State), ts(m.Created), "", 0, 0, "")
	return err
}

// hookMoves tells those to whom findings were handed over what became of them.
func (t *Tx) hookMoves(ctx context.Context, shop account.ID, of []account.ID, moves []FindingMove) error {
	if !slices.ContainsFunc(moves, func(m FindingMove) bool { return m.What == MovedState }) {
		return nil
	}
	rows, err := t.q.QueryContext(ctx, `SELECT DISTINCT s.finding_id, s.organisation_id FROM hook_sends s JOIN hooks h ON h.organisation_id = s.organisation_id WHERE s.shop_id = $1 AND s.kind = $2`, string(shop), HookTicket)
	list, err := collect(rows, err, func(r *sql.Rows, p *[2]account.ID) error { return r.Scan(&p[0], &p[1]) })
	if err != nil || len(list) == 0 {
		return err
	}
	to := map[account.ID][]account.ID{}
	for _, p := range list {
		to[p[0]] = append(to[p[0]], p[1])
	}
	for i, move := range moves {
		if move.What != MovedState {
			continue
		}
		for _, org := range to[of[i]] {
			m := &HookSend{ID: account.NewID(), Organisation: org, Shop: shop, Finding: of[i], Kind: HookMoved, State: HookWaiting, Created: t.At}
			body, err := json.Marshal(map[string]any{"type": HookMoved, "timestamp": t.At.UTC().Format(time.RFC3339),
				"data": map[string]string{"finding": string(of[i]), "shop": string(shop), "before": move.Before, "after": move.After}})
			if err != nil {
				return err
			}
			m.Body = string(body)
			if err := t.putHookSend(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// GatherHooks takes messages that wait, at most limit; the caller puts their
// jobs into the queue with the same change.
func (t *Tx) GatherHooks(ctx context.Context, limit int) ([]account.ID, error) {
	return t.ids(ctx, `UPDATE hook_sends SET state = 'queued' WHERE state = 'waiting' AND id IN (SELECT id FROM hook_sends WHERE state = 'waiting' ORDER BY id LIMIT $1) RETURNING id`, limit)
}

// AnyHook says whether GatherHooks has something to do.
func (d *DB) AnyHook(ctx context.Context) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM hook_sends WHERE state = 'waiting' LIMIT 1) x`).Scan(&n)
	return n > 0, named(err)
}

// hookDays is for how long a message is tried.
const hookDays = 3

// HookDone notes what became of a try: status is that of the receiver's answer,
// 0 when none came. final gives up at once.
func (d *DB) HookDone(ctx context.Context, m *HookSend, status int, problem string, final bool, at time.Time) error {
	m.Tries, m.Tried, m.Status, m.Problem, m.State = m.Tries+1, at, status, problem, HookQueued
	switch {
	case problem == "":
		m.State = HookTaken
	case final || at.Sub(m.Created) > hookDays*24*time.Hour:
		m.State = HookFailed
	}
	_, err := d.write.ExecContext(ctx, `UPDATE hook_sends SET state = $2, tried = $3, tries = tries + 1, status = $4, problem = $5 WHERE id = $1 AND state = 'queued'`, string(m.ID), string(m.State), ts(at), status, problem)
	return named(err)
}

// HookAgain lets a message that was given up be tried once more. ErrConflict
// when it is none any more.
func (t *Tx) HookAgain(ctx context.Context, org, id account.ID) error {
	t.Record(account.Event{Verb: account.HookSent, Object: id, Organisation: org, Details: map[string]string{"kind": "again"}})
	return t.one(ctx, ErrConflict, `UPDATE hook_sends SET state = 'waiting', created = $3, problem = '' WHERE id = $1 AND organisation_id = $2 AND state = 'failed'`, string(id), string(org), ts(t.At))
}

// MendsShop says whether an organisation stands before a shop as its own or as
// its contractor's at a time: only then a ticket may go to it.
func (d *DB) MendsShop(ctx context.Context, org, shop account.ID, at time.Time) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM grants WHERE shop_id = $1 AND organisation_id = $2 AND role IN ('own', 'contractor') AND revoked = '' AND valid_from <= $3 AND valid_until > $3`, string(shop), string(org), ts(at)).Scan(&n)
	return n > 0, named(err)
}

// TidyHooks forgets old messages; tickets stay a year, for whoever got one is to
// hear what becomes of it.
func (d *DB) TidyHooks(ctx context.Context, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `DELETE FROM hook_sends WHERE state IN ('taken', 'failed') AND (created < $1 OR created < $2 AND kind <> $3)`,
		ts(at.AddDate(0, 0, -noticeDays)), ts(at.AddDate(0, 0, -sentDays)), HookTicket)
	return named(err)
}
