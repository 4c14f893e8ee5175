package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

const applicantColumns = `id, programme_id, mail, lang, network, created, confirmed, expires`

// ApplicantLinksSince counts the links sent since a moment to an address for a
// programme, and because of a network. Others who count wait for this change,
// so that many who ask at once are counted one after the other.
func (t *Tx) ApplicantLinksSince(ctx context.Context, programmeID account.ID, mail, network string, then time.Time) (toMail, ofNetwork int, err error) {
	if _, err := t.q.ExecContext(ctx, `UPDATE programmes SET receipts = receipts WHERE id = $1`, string(programmeID)); err != nil {
		return 0, 0, named(err)
	}
	err = t.q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM applicant_links WHERE programme_id = $1 AND mail = $2 AND created > $4), (SELECT count(*) FROM applicant_links WHERE network = $3 AND created > $4)`,
		string(programmeID), mail, network, ts(then)).Scan(&toMail, &ofNetwork)
	return toMail, ofNetwork, named(err)
}

// AddApplicantLink keeps a link under the fingerprint of its token, and forgets
// those that are over.
func (t *Tx) AddApplicantLink(ctx context.Context, p *programme.Programme, l *programme.ApplicantLink, fingerprint string) error {
	l.ID, l.Programme, l.Created = account.NewID(), p.ID, t.At
	t.Record(account.Event{Verb: account.ApplicantAsked, Object: l.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	if _, err := t.exec(ctx, `DELETE FROM applicant_links WHERE programme_id = $1 AND mail = $2 AND expires < $3`, string(p.ID), l.Mail, ts(t.At.AddDate(0, 0, -2))); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO applicant_links (fingerprint, `+applicantColumns+`) VALUES (`+places(0, 9)+`)`,
		fingerprint, string(l.ID), string(p.ID), l.Mail, string(l.Lang), l.Network, ts(l.Created), "", ts(l.Expires))
	return err
}

// ApplicantLink reads a link by the fingerprint of its token. ErrNotFound when there is none.
func (d *DB) ApplicantLink(ctx context.Context, fingerprint string) (*programme.ApplicantLink, error) {
	var l programme.ApplicantLink
	err := d.read.QueryRowContext(ctx, `SELECT `+applicantColumns+` FROM applicant_links WHERE fingerprint = $1`, fingerprint).
		Scan(&l.ID, &l.Programme, &l.Mail, &l.Lang, &l.Network, clock{&l.Created}, clock{&l.Confirmed}, clock{&l.Expires})
	return &l, found("link", err)
}

// ConfirmApplicant notes that who reads mails to the address opened the link.
// ErrConflict when it was confirmed before, or is over.
func (t *Tx) ConfirmApplicant(ctx context.Context, p *programme.Programme, l *programme.ApplicantLink) error {
	t.Record(account.Event{Verb: account.ApplicantConfirmed, Object: l.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	l.Confirmed, l.Expires = t.At, t.At.Add(programme.ApplicantLife)
	return t.one(ctx, ErrConflict, `UPDATE applicant_links SET confirmed = $2, expires = $3 WHERE id = $1 AND confirmed = '' AND expires > $2`, string(l.ID), ts(l.Confirmed), ts(l.Expires))
}

// ApplicationsOf lists what an address applied with, drafts too, oldest first.
func (d *DB) ApplicationsOf(ctx context.Context, programmeID account.ID, mail string) ([]programme.Application, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+applicationColumns+` FROM applications a WHERE a.programme_id = $1 AND a.mail = $2 ORDER BY a.id LIMIT 100`, string(programmeID), mail)
	return collect(rows, err, func(r *sql.Rows, a *programme.Application) error { return scanApplication(r, a) })
}
