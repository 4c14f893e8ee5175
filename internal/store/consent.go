package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/wire"
)

// Challenge is what the operator of a shop publishes to show that its domains
// are his. It is no secret, the shop's own, and the same each time.
func (d *DB) Challenge(shop account.ID) (string, error) {
	k, err := derive(d.master, "challenge "+string(shop))
	return account.Fingerprint(string(k))[:32], err
}

// AddProof keeps what a look for the proof of a shop's domains has seen.
func (t *Tx) AddProof(ctx context.Context, p *account.Proof) error {
	p.By, p.Until = t.By, p.At.Add(account.ProofLife)
	doc, err := json.Marshal(p.Result)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ProofSought, Object: p.ID, Shop: p.Shop, Details: map[string]string{"kind": string(p.Kind), "proven": strconv.Itoa(len(p.Result.Proven)), "open": strconv.Itoa(len(p.Result.Open))}})
	_, err = t.exec(ctx, `INSERT INTO proofs (id, shop_id, kind, at, until, by_id, doc) VALUES (`+places(0, 7)+`)`,
		string(p.ID), string(p.Shop), string(p.Kind), ts(p.At), ts(p.Until), string(p.By), string(doc))
	return err
}

// Proof reads the newest look for a shop's proof; nil when nobody has looked yet.
func (d *DB) Proof(ctx context.Context, shop account.ID) (*account.Proof, error) {
	p := account.Proof{Shop: shop}
	var doc string
	err := d.read.QueryRowContext(ctx, `SELECT id, kind, at, until, by_id, doc FROM proofs WHERE shop_id = $1 ORDER BY id DESC LIMIT 1`, string(shop)).Scan(&p.ID, &p.Kind, clock{&p.At}, clock{&p.Until}, &p.By, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, found("proof", err)
	}
	return &p, json.Unmarshal([]byte(doc), &p.Result)
}

const consentColumns = `id, shop_id, by_id, given, until, withdrawn, withdrawn_by, successor, doc`

func scanConsent(r interface{ Scan(...any) error }, c *account.Consent) error {
	var doc string
	if err := r.Scan(&c.ID, &c.Shop, &c.By, clock{&c.Given}, clock{&c.Until}, clock{&c.Withdrawn}, &c.WithdrawnBy, &c.Successor, &doc); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), c); err != nil {
		return fmt.Errorf("consent %s: %w", c.ID, err)
	}
	return nil
}

// AddConsent records what a shop agrees to. What it agreed to before no longer
// holds, and the diagnoses that rested on that stop.
func (t *Tx) AddConsent(ctx context.Context, c *account.Consent) error {
	c.By, c.Given = t.By, t.At
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ConsentGiven, Object: c.ID, Shop: c.Shop, Details: map[string]string{"level": c.Level.String(), "until": ts(c.Until)}})
	if _, err := t.exec(ctx, `UPDATE consents SET withdrawn = $2, withdrawn_by = $3, successor = $4 WHERE shop_id = $1 AND withdrawn = ''`, string(c.Shop), ts(t.At), string(t.By), string(c.ID)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO consents (`+consentColumns+`, uses) VALUES (`+places(0, 10)+`)`,
		string(c.ID), string(c.Shop), string(c.By), ts(c.Given), ts(c.Until), "", "", "", string(doc), 0); err != nil {
		return err
	}
	return t.StopDiagnoses(ctx, c.Shop, func(x *Diagnosis) bool { return x.Plan.Consent != "" })
}

// WithdrawConsent takes a consent back; whatever is under way at the shop
// stops. ErrConflict when it holds no more.
func (t *Tx) WithdrawConsent(ctx context.Context, shop, id account.ID) error {
	t.Record(account.Event{Verb: account.ConsentWithdrawn, Object: id, Shop: shop})
	if err := t.one(ctx, ErrConflict, `UPDATE consents SET withdrawn = $3, withdrawn_by = $4 WHERE id = $1 AND shop_id = $2 AND withdrawn = ''`, string(id), string(shop), ts(t.At), string(t.By)); err != nil {
		return err
	}
	return t.StopDiagnoses(ctx, shop, func(*Diagnosis) bool { return true })
}

// UseConsent says that a diagnosis rests on a consent. A withdrawal at the same
// time either comes first, and this is ErrConflict, or finds the diagnosis that
// this change writes.
func (t *Tx) UseConsent(ctx context.Context, shop, id account.ID) error {
	return t.one(ctx, ErrConflict, `UPDATE consents SET uses = uses + 1 WHERE id = $1 AND shop_id = $2 AND withdrawn = '' AND until > $3`, string(id), string(shop), ts(t.At))
}

// Consent reads a consent of a shop. ErrNotFound when the shop gave no such one.
func (d *DB) Consent(ctx context.Context, shop, id account.ID) (*account.Consent, error) {
	var c account.Consent
	err := scanConsent(d.read.QueryRowContext(ctx, `SELECT `+consentColumns+` FROM consents WHERE id = $1 AND shop_id = $2`, string(id), string(shop)), &c)
	return &c, found("consent", err)
}

// Consents lists what a shop agreed to, newest first; at most a hundred.
func (d *DB) Consents(ctx context.Context, shop account.ID) ([]account.Consent, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+consentColumns+` FROM consents WHERE shop_id = $1 ORDER BY id DESC LIMIT 100`, string(shop))
	return collect(rows, err, func(r *sql.Rows, c *account.Consent) error { return scanConsent(r, c) })
}

// StandingConsent is the consent of a shop that holds at a moment; nil when there is none.
func (d *DB) StandingConsent(ctx context.Context, shop account.ID, at time.Time) (*account.Consent, error) {
	var c account.Consent
	err := scanConsent(d.read.QueryRowContext(ctx, `SELECT `+consentColumns+` FROM consents WHERE shop_id = $1 AND withdrawn = '' ORDER BY id DESC LIMIT 1`, string(shop)), &c)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, found("consent", err)
	}
	if !c.Stands(at) {
		return nil, nil
	}
	return &c, nil
}

// StopDiagnoses stops those diagnoses of a shop that run or wait and that which
// names; workers hear of it within two seconds.
func (t *Tx) StopDiagnoses(ctx context.Context, shop account.ID, which func(*Diagnosis) bool) error {
	rows, err := t.q.QueryContext(ctx, `SELECT `+diagnosisColumns+` FROM diagnoses WHERE shop_id = $1 AND state IN ('planned', 'queued', 'running', 'paused')`, string(shop))
	all, err := collect(rows, err, func(r *sql.Rows, x *Diagnosis) error { return scanDiagnosis(r, x) })
	if err != nil {
		return err
	}
	for i := range all {
		if !which(&all[i]) {
			continue
		}
		if err := t.WantDiagnosis(ctx, shop, all[i].ID, WantStop); err != nil && !errors.Is(err, ErrConflict) { // it ended meanwhile
			return err
		}
	}
	return nil
}

// stopWorkOf stops the diagnoses of a shop that people of an organisation began.
func (t *Tx) stopWorkOf(ctx context.Context, shop, org account.ID) error {
	rows, err := t.q.QueryContext(ctx, `SELECT person_id FROM memberships WHERE organisation_id = $1`, string(org))
	people, err := collect(rows, err, func(r *sql.Rows, id *account.ID) error { return r.Scan(id) })
	if err != nil {
		return err
	}
	return t.StopDiagnoses(ctx, shop, func(x *Diagnosis) bool { return slices.Contains(people, x.By) })
}

const testAccountColumns = `id, shop_id, name, added, by_id, removed, doc`

func scanTestAccount(r interface{ Scan(...any) error }, a *account.TestAccount, more ...any) error {
	var doc string
	if err := r.Scan(append([]any{&a.ID, &a.Shop, &a.Name, clock{&a.Added}, &a.By, clock{&a.Removed}, &doc}, more...)...); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), a)
}

// secretOf is the purpose for which a test account's password is sealed.
func secretOf(id account.ID) string { return "test account " + string(id) }

// AddTestAccount keeps a test account of a shop with its password sealed, and
// gives it a name that no account of the shop ever had.
func (t *Tx) AddTestAccount(ctx context.Context, a *account.TestAccount, password string) error {
	var n int
	kind := map[bool]string{true: "admin%", false: "member%"}[a.Role == "admin"]
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM test_accounts WHERE shop_id = $1 AND name LIKE $2`, string(a.Shop), kind).Scan(&n); err != nil {
		return err
	}
	a.Name, a.Added, a.By = kind[:len(kind)-1]+strconv.Itoa(n+1), t.At, t.By
	doc, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sealed, err := seal(t.db.master, []byte(password), secretOf(a.ID))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.TestAccountAdded, Object: a.ID, Shop: a.Shop, Details: map[string]string{"name": a.Name}})
	return t.one(ctx, ErrConflict, `INSERT INTO test_accounts (`+testAccountColumns+`, secret) VALUES (`+places(0, 8)+`) ON CONFLICT (shop_id, name) DO NOTHING`,
		string(a.ID), string(a.Shop), a.Name, ts(a.Added), string(a.By), "", string(doc), sealed)
}

// RemoveTestAccount removes a test account of a shop and its password; the
// diagnoses that use it stop. ErrNotFound when the shop has no such one.
func (t *Tx) RemoveTestAccount(ctx context.Context, shop, id account.ID) error {
	var name string
	err := t.q.QueryRowContext(ctx, `UPDATE test_accounts SET removed = $3, secret = $4 WHERE id = $1 AND shop_id = $2 AND removed = '' RETURNING name`, string(id), string(shop), ts(t.At), []byte{}).Scan(&name)
	if err != nil {
		return found("test account", err)
	}
	t.wrote = true
	t.Record(account.Event{Verb: account.TestAccountGone, Object: id, Shop: shop, Details: map[string]string{"name": name}})
	return t.StopDiagnoses(ctx, shop, func(x *Diagnosis) bool { return x.Plan.Level > wire.Safe })
}

// TestAccounts lists the test accounts that a shop has now.
func (d *DB) TestAccounts(ctx context.Context, shop account.ID) ([]account.TestAccount, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+testAccountColumns+` FROM test_accounts WHERE shop_id = $1 AND removed = '' ORDER BY id LIMIT 50`, string(shop))
	return collect(rows, err, func(r *sql.Rows, a *account.TestAccount) error { return scanTestAccount(r, a) })
}

// Unlock puts the passwords of the shop's test accounts into a scope, which is
// stored without them. ErrNotFound when one of the accounts is there no more.
func (d *DB) Unlock(ctx context.Context, shop account.ID, scope *wire.Scope) error {
	if scope.Level < wire.Active || len(scope.Accounts) == 0 {
		return nil
	}
	type row struct {
		account.TestAccount
		sealed []byte
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+testAccountColumns+`, secret FROM test_accounts WHERE shop_id = $1 AND removed = ''`, string(shop))
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return scanTestAccount(r, &x.TestAccount, &x.sealed) })
	if err != nil {
		return err
	}
	for i := range scope.Accounts {
		a := &scope.Accounts[i]
		a.Password = ""
		for j := range list {
			if list[j].Name != a.Name {
				continue
			}
			plain, err := unseal(d.master, list[j].sealed, secretOf(list[j].ID))
			if err != nil {
				return err
			}
			a.Password = wire.Secret(plain)
		}
		if !a.Password.Inline() {
			return fmt.Errorf("test account %s: %w", a.Name, ErrNotFound)
		}
	}
	return nil
}

const blackoutColumns = `id, shop_id, begins, ends, note, added, by_id, removed`

// AddBlackout keeps days on which nothing may be sent to a shop.
func (t *Tx) AddBlackout(ctx context.Context, b *account.Blackout) error {
	b.Added, b.By = t.At, t.By
	t.Record(account.Event{Verb: account.BlackoutAdded, Object: b.ID, Shop: b.Shop, Details: map[string]string{"from": ts(b.From), "until": ts(b.Until)}})
	_, err := t.exec(ctx, `INSERT INTO blackouts (`+blackoutColumns+`) VALUES (`+places(0, 8)+`)`,
		string(b.ID), string(b.Shop), ts(b.From), ts(b.Until), b.Note, ts(b.Added), string(b.By), "")
	return err
}

// RemoveBlackout lets a shop be diagnosed again on such days. ErrNotFound when
// it has no such ones.
func (t *Tx) RemoveBlackout(ctx context.Context, shop, id account.ID) error {
	t.Record(account.Event{Verb: account.BlackoutRemoved, Object: id, Shop: shop})
	return t.one(ctx, ErrNotFound, `UPDATE blackouts SET removed = $3 WHERE id = $1 AND shop_id = $2 AND removed = ''`, string(id), string(shop), ts(t.At))
}

// Blackouts lists the days of a shop without diagnosis that are not over yet.
func (d *DB) Blackouts(ctx context.Context, shop account.ID, at time.Time) ([]account.Blackout, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+blackoutColumns+` FROM blackouts WHERE shop_id = $1 AND ends > $2 AND removed = '' ORDER BY ends, begins LIMIT 100`, string(shop), ts(at))
	return collect(rows, err, func(r *sql.Rows, b *account.Blackout) error {
		return r.Scan(&b.ID, &b.Shop, clock{&b.From}, clock{&b.Until}, &b.Note, clock{&b.Added}, &b.By, clock{&b.Removed})
	})
}
