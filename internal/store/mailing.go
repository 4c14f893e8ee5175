package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/programme"
)

// ErrSamePerson refuses the approval of what one has written oneself.
var ErrSamePerson = errors.New("who wrote it does not approve it")

// OfficeLetter is a template of a programme's office.
type OfficeLetter struct {
	programme.Letter
	ID       account.ID
	Revision int
	Updated  time.Time
	By       account.ID
}

// Letters lists the templates of a programme, the newest first.
func (d *DB) Letters(ctx context.Context, prog account.ID) ([]OfficeLetter, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, revision, updated, by_id, doc FROM mail_letters WHERE programme_id = $1 ORDER BY id DESC LIMIT 200`, string(prog))
	return collect(rows, err, func(r *sql.Rows, l *OfficeLetter) error {
		var doc string
		if err := r.Scan(&l.ID, &l.Revision, clock{&l.Updated}, &l.By, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &l.Letter)
	})
}

// OfficeLetter reads a template of a programme. ErrNotFound when there is none.
func (d *DB) OfficeLetter(ctx context.Context, prog, id account.ID) (*OfficeLetter, error) {
	l := &OfficeLetter{ID: id}
	var doc string
	if err := d.read.QueryRowContext(ctx, `SELECT revision, updated, by_id, doc FROM mail_letters WHERE id = $1 AND programme_id = $2`, string(id), string(prog)).Scan(&l.Revision, clock{&l.Updated}, &l.By, &doc); err != nil {
		return nil, found("letter", err)
	}
	return l, json.Unmarshal([]byte(doc), &l.Letter)
}

// SaveLetter keeps a template; Revision 0 is a new one. Reminders that send it
// must be approved again. ErrConflict when somebody else saved it meanwhile.
func (t *Tx) SaveLetter(ctx context.Context, prog, office account.ID, l *OfficeLetter) error {
	doc, err := json.Marshal(l.Letter)
	if err != nil {
		return err
	}
	if l.Revision == 0 {
		l.ID = account.NewID()
	}
	l.Updated, l.By = t.At, t.By
	t.Record(account.Event{Verb: account.LetterWritten, Object: l.ID, Organisation: office, Details: map[string]string{"programme": string(prog)}})
	if l.Revision == 0 {
		l.Revision = 1
		_, err := t.exec(ctx, `INSERT INTO mail_letters (id, programme_id, revision, updated, by_id, doc) VALUES (`+places(0, 6)+`)`, string(l.ID), string(prog), 1, ts(t.At), string(t.By), string(doc))
		return err
	}
	if err := t.one(ctx, ErrConflict, `UPDATE mail_letters SET revision = revision + 1, updated = $4, by_id = $5, doc = $6 WHERE id = $1 AND programme_id = $2 AND revision = $3`, string(l.ID), string(prog), l.Revision, ts(t.At), string(t.By), string(doc)); err != nil {
		return err
	}
	l.Revision++
	_, err = t.exec(ctx, `UPDATE case_reminders SET state = 'asked', by_id = $2, approved_by = '' WHERE letter_id = $1 AND state = 'approved'`, string(l.ID), string(t.By))
	return err
}

// Mailing is one letter to many cases of a programme.
type Mailing struct {
	ID         account.ID
	Programme  account.ID
	State      programme.MailingState
	By         account.ID
	Created    time.Time
	ApprovedBy account.ID
	Due        time.Time // when the first mail of it goes
	Letter     programme.Letter
}

const mailingColumns = `m.id, m.programme_id, m.state, m.by_id, m.created, m.approved_by, m.due, m.doc`

func scanMailing(r interface{ Scan(...any) error }, m *Mailing) error {
	var doc string
	if err := r.Scan(&m.ID, &m.Programme, &m.State, &m.By, clock{&m.Created}, &m.ApprovedBy, clock{&m.Due}, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), &m.Letter)
}

// Mailings lists the mailings of a programme, the newest first.
func (d *DB) Mailings(ctx context.Context, prog account.ID, limit int) ([]Mailing, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+mailingColumns+` FROM mailings m WHERE m.programme_id = $1 ORDER BY m.id DESC LIMIT $2`, string(prog), limit)
	return collect(rows, err, func(r *sql.Rows, m *Mailing) error { return scanMailing(r, m) })
}

// MailingOf reads a mailing of a programme. ErrNotFound when there is none.
func (d *DB) MailingOf(ctx context.Context, prog, id account.ID) (*Mailing, error) {
	var m Mailing
	err := scanMailing(d.read.QueryRowContext(ctx, `SELECT `+mailingColumns+` FROM mailings m WHERE m.id = $1 AND m.programme_id = $2`, string(id), string(prog)), &m)
	return &m, found("mailing", err)
}

// The states of one mail of a mailing.
const (
	MergedReady   = "ready"
	MergedLacking = "lacking" // a placeholder has no value
	MergedSent    = "sent"    // is in the outbox
	MergedSkipped = "skipped" // the shop withdrew before it went
)

// Merged is one mail of a mailing, as its recipient gets it.
type Merged struct {
	Case    account.ID `json:"-"`
	Number  string     `json:"-"`
	Name    string     `json:"-"`
	To      string     `json:"-"`
	State   string     `json:"-"`
	Queued  time.Time  `json:"-"`
	Problem string     `json:"-"` // why the mail did not go out, from the outbox
	Lang    i18n.Lang  `json:"lang"`
	Subject string     `json:"subject"`
	Text    string     `json:"text"`
	Lacks   []string   `json:"lacks,omitempty"`
}

func secretMerged(mailing, c account.ID) string {
	return "mailing " + string(mailing) + " " + string(c)
}

// MailingMails lists the mails of a mailing by the numbers of the cases.
func (d *DB) MailingMails(ctx context.Context, mailing account.ID) ([]Merged, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT x.case_id, c.number, c.name, x.recipient, x.state, x.queued, x.sealed, coalesce(o.problem, '') FROM mailing_mails x JOIN cases c ON c.id = x.case_id LEFT JOIN mails o ON o.id = x.mail_id WHERE x.mailing_id = $1 ORDER BY c.number, c.id`, string(mailing))
	return collect(rows, err, func(r *sql.Rows, m *Merged) error {
		var sealed []byte
		if err := r.Scan(&m.Case, &m.Number, &m.Name, &m.To, &m.State, clock{&m.Queued}, &sealed, &m.Problem); err != nil {
			return err
		}
		return d.openMerged(sealed, mailing, m)
	})
}

func (d *DB) openMerged(sealed []byte, mailing account.ID, m *Merged) error {
	plain, err := unseal(d.master, sealed, secretMerged(mailing, m.Case))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, m)
}

// AddMailing keeps a mailing as a draft, with each mail as it will go.
func (t *Tx) AddMailing(ctx context.Context, office account.ID, m *Mailing, mails []Merged) error {
	doc, err := json.Marshal(m.Letter)
	if err != nil {
		return err
	}
	m.ID, m.State, m.By, m.Created = account.NewID(), programme.MailingDraft, t.By, t.At
	t.Record(account.Event{Verb: account.MailingMade, Object: m.ID, Organisation: office, Details: map[string]string{"programme": string(m.Programme), "n": strconv.Itoa(len(mails))}})
	if _, err := t.exec(ctx, `INSERT INTO mailings (id, programme_id, state, by_id, created, approved_by, due, doc) VALUES (`+places(0, 8)+`)`, string(m.ID), string(m.Programme), string(m.State), string(m.By), ts(m.Created), "", "", string(doc)); err != nil {
		return err
	}
	for i := range mails {
		x := &mails[i]
		plain, err := json.Marshal(x)
		if err != nil {
			return err
		}
		sealed, err := seal(t.db.master, plain, secretMerged(m.ID, x.Case))
		if err != nil {
			return err
		}
		x.State = MergedReady
		if len(x.Lacks) > 0 || x.To == "" {
			x.State = MergedLacking
		}
		_, domain, _ := strings.Cut(x.To, "@")
		if err := t.one(ctx, ErrNotFound, `INSERT INTO mailing_mails (mailing_id, case_id, recipient, domain, state, queued, mail_id, sealed) SELECT $1, c.id, $4, $5, $6, '', '', $7 FROM cases c WHERE c.id = $2 AND c.programme_id = $3`,
			string(m.ID), string(x.Case), string(m.Programme), x.To, strings.ToLower(domain), x.State, sealed); err != nil {
			return err
		}
	}
	return nil
}

// setMailing moves a mailing on. ErrConflict when it is not where it must be.
func (t *Tx) setMailing(ctx context.Context, verb account.Verb, prog, office, id account.ID, from, set string, args ...any) error {
	t.Record(account.Event{Verb: verb, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog)}})
	return t.one(ctx, ErrConflict, `UPDATE mailings SET `+set+` WHERE id = $1 AND programme_id = $2 AND state IN (`+from+`)`, append([]any{string(id), string(prog)}, args...)...)
}

// TrimMailing leaves those out of a draft for whom a placeholder has no value.
func (t *Tx) TrimMailing(ctx context.Context, prog, office, id account.ID) error {
	if err := t.setMailing(ctx, account.MailingTrimmed, prog, office, id, `'draft'`, `state = 'draft'`); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM mailing_mails WHERE mailing_id = $1 AND state = $2`, string(id), MergedLacking)
	return err
}

// AskMailing asks a second person to approve a draft. ErrConflict when a mail of
// it lacks a value, or none is left.
func (t *Tx) AskMailing(ctx context.Context, prog, office, id account.ID) error {
	t.Record(account.Event{Verb: account.MailingAsked, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog)}})
	return t.one(ctx, ErrConflict, `UPDATE mailings SET state = 'asked', by_id = $3 WHERE id = $1 AND programme_id = $2 AND state = 'draft' AND EXISTS (SELECT 1 FROM mailing_mails x WHERE x.mailing_id = mailings.id)
AND NOT EXISTS (SELECT 1 FROM mailing_mails x WHERE x.mailing_id = mailings.id AND x.state = 'lacking')`, string(id), string(prog), string(t.By))
}

// ApproveMailing lets a mailing go when its ten minutes are over. ErrSamePerson
// when who asks has written it.
func (t *Tx) ApproveMailing(ctx context.Context, prog, office, id account.ID) error {
	var by account.ID
	if err := t.q.QueryRowContext(ctx, `SELECT by_id FROM mailings WHERE id = $1 AND programme_id = $2`, string(id), string(prog)).Scan(&by); err != nil {
		return found("mailing", err)
	}
	if by == t.By || t.By == "" {
		return ErrSamePerson
	}
	return t.setMailing(ctx, account.MailingApproved, prog, office, id, `'asked'`, `state = 'approved', approved_by = $3, due = $4`, string(t.By), ts(t.At.Add(programme.MailingDelay)))
}

// CancelMailing ends a mailing: what has not gone does not go.
func (t *Tx) CancelMailing(ctx context.Context, prog, office, id account.ID) error {
	return t.setMailing(ctx, account.MailingCancelled, prog, office, id, `'draft', 'asked', 'approved'`, `state = 'cancelled'`)
}

// mostReleased is how many mails of mailings go into the outbox in one change.
const mostReleased = 100

// ReleaseMailings puts mails of approved mailings whose time has come into the
// outbox: so many a minute to one domain and no more, and each once. It says how
// many there were.
func (d *DB) ReleaseMailings(ctx context.Context, at time.Time) (n int, err error) {
	var due int
	if err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM mailings WHERE state = 'approved' AND due <= $1 LIMIT 1) x`, ts(at)).Scan(&due); err != nil || due == 0 {
		return 0, named(err)
	}
	err = d.Change(ctx, "", at, func(tx *Tx) error {
		n, err = tx.releaseMailings(ctx)
		return err
	})
	return n, err
}

func (t *Tx) releaseMailings(ctx context.Context) (int, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT x.mailing_id, x.case_id, x.recipient, x.sealed, c.step, p.id, p.office_id, p.doc FROM (
SELECT y.*, row_number() OVER (PARTITION BY y.domain ORDER BY y.mailing_id, y.case_id) AS turn FROM mailing_mails y JOIN mailings m ON m.id = y.mailing_id WHERE y.state = 'ready' AND m.state = 'approved' AND m.due <= $1) x
JOIN cases c ON c.id = x.case_id JOIN programmes p ON p.id = c.programme_id
WHERE x.turn + (SELECT count(*) FROM mailing_mails z WHERE z.queued > $2 AND z.domain = x.domain) <= $3 ORDER BY x.mailing_id, x.case_id LIMIT $4`,
		ts(t.At), ts(t.At.Add(-time.Minute)), programme.MailingPace, mostReleased)
	type row struct {
		Merged
		mailing account.ID
		step    programme.Step
		prog    programme.Programme
	}
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		var sealed []byte
		var doc string
		if err := r.Scan(&x.mailing, &x.Case, &x.To, &sealed, &x.step, &x.prog.ID, &x.prog.Office, &doc); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(doc), &x.prog); err != nil {
			return err
		}
		return t.db.openMerged(sealed, x.mailing, &x.Merged)
	})
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range list {
		x := &list[i]
		state, mail := MergedSent, account.ID("")
		if x.step == programme.StepDeclined {
			state = MergedSkipped // it is none of the programme's any more
		} else {
			if mail, err = t.sendLetter(ctx, &x.prog, &x.Merged); err != nil {
				return n, err
			}
			n++
		}
		if err := t.one(ctx, ErrConflict, `UPDATE mailing_mails SET state = $3, queued = $4, mail_id = $5 WHERE mailing_id = $1 AND case_id = $2 AND state = 'ready'`, string(x.mailing), string(x.Case), state, ts(t.At), string(mail)); err != nil {
			return n, err
		}
		t.Record(account.Event{Verb: account.MailingReleased, Object: x.mailing, Organisation: x.prog.Office, Details: map[string]string{"programme": string(x.prog.ID), "case": string(x.Case), "state": state}})
	}
	_, err = t.exec(ctx, `UPDATE mailings SET state = 'sent' WHERE state = 'approved' AND due <= $1 AND NOT EXISTS (SELECT 1 FROM mailing_mails x WHERE x.mailing_id = mailings.id AND x.state = 'ready')`, ts(t.At))
	if err == nil && len(list) == 0 {
		t.wrote = false // nothing was ready: the pace holds it back
	}
	return n, err
}

// sendLetter puts a letter about a case into the outbox, and says so on its timeline.
func (t *Tx) sendLetter(ctx context.Context, p *programme.Programme, x *Merged) (account.ID, error) {
	m := &Mail{To: x.To, Letter: &notice.Letter{About: notice.LetterOffice, Lang: cmp.Or(x.Lang, i18n.JA), Subject: x.Subject, Text: x.Text, Args: map[string]string{"programme": p.Name.In(x.Lang)}}}
	if err := t.AddLetter(ctx, m); err != nil {
		return "", err
	}
	return m.ID, t.AddCaseNote(ctx, p.ID, p.Office, &CaseNote{Case: x.Case, Kind: programme.NoteMail, At: t.At, Words: x.Subject})
}

// HandMail notes that a letter of an office is being handed to the server. It
// says no when it was, already: then nobody knows whether it went.
func (d *DB) HandMail(ctx context.Context, id account.ID, at time.Time) (bool, error) {
	res, err := d.write.ExecContext(ctx, `UPDATE mails SET problem = 'handing', tried = $2 WHERE id = $1 AND state = 'queued' AND problem <> 'handing'`, string(id), ts(at))
	if err != nil {
		return false, named(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Recipients reads the applications of some cases of a programme, by case.
func (d *DB) Recipients(ctx context.Context, prog account.ID, cases []account.ID) (map[account.ID]*programme.Application, error) {
	out := map[account.ID]*programme.Application{}
	if len(cases) == 0 {
		return out, nil
	}
	args := []any{string(prog)}
	for _, id := range cases {
		args = append(args, string(id))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+applicationColumns+`, c.id FROM applications a JOIN cases c ON c.application_id = a.id WHERE c.programme_id = $1 AND c.id IN (`+places(1, len(cases))+`)`, args...)
	type row struct {
		programme.Application
		id account.ID
	}
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return scanApplication(r, &x.Application, &x.id) })
	for i := range list {
		out[list[i].id] = &list[i].Application
	}
	return out, err
}

// Merge fills a letter for cases of a programme.
func (d *DB) Merge(ctx context.Context, p *programme.Programme, l *programme.Letter, cases []programme.Case, public string, at time.Time) ([]Merged, error) {
	ids := make([]account.ID, len(cases))
	for i := range cases {
		ids[i] = cases[i].ID
	}
	to, err := d.Recipients(ctx, p.ID, ids)
	if err != nil {
		return nil, err
	}
	known, err := d.CasesKnown(ctx, cases, at)
	if err != nil {
		return nil, err
	}
	var out []Merged
	for i := range cases {
		c := &cases[i]
		x := Merged{Case: c.ID, Number: c.Number, Name: c.Name, Lang: i18n.JA}
		a := to[c.ID]
		if a == nil {
			a = &programme.Application{}
		}
		if x.To = a.Mail; a.Lang == i18n.EN {
			x.Lang = i18n.EN
		}
		x.Subject, x.Text, x.Lacks = l.Fill(x.Lang, programme.Values(p, c, a, &known[c.ID].Facts, x.Lang, public))
		out = append(out, x)
	}
	return out, nil
}
