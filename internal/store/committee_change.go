package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"miseban/internal/account"
	"miseban/internal/paper"
)

// How many attachments a paper, and how many bytes an attachment, may have.
const (
	MostPaperFiles = 20
	MostPaperFile  = 10 << 20
)

// AddPaper keeps a paper of a committee, as a draft without parts.
func (t *Tx) AddPaper(ctx context.Context, office account.ID, x *paper.Paper) error {
	x.ID, x.Revision = account.NewID(), 1
	t.Record(account.Event{Verb: account.PaperAdded, Object: x.ID, Organisation: office, Details: map[string]string{"class": string(x.Class)}})
	if _, err := t.exec(ctx, `INSERT INTO papers (id, committee_id, meeting_id, kind, number, class, title, issued, revision) VALUES (`+places(0, 7)+`, '', 1)`,
		string(x.ID), string(x.Panel), string(x.Meeting), string(x.Kind), x.Number, string(x.Class), x.Title); err != nil {
		return err
	}
	return t.nameOn(ctx, x.ID, x.ID, x.Names)
}

// draft takes a paper of a committee on from the revision that the caller saw,
// which must be a draft: what was issued is taken back first.
func (t *Tx) draft(ctx context.Context, office account.ID, x *paper.Paper, verb account.Verb, details map[string]string) error {
	t.Record(account.Event{Verb: verb, Object: x.ID, Organisation: office, Details: details})
	err := t.one(ctx, ErrConflict, `UPDATE papers SET revision = revision + 1 WHERE id = $1 AND committee_id = $2 AND revision = $3 AND issued = ''`, string(x.ID), string(x.Panel), x.Revision)
	if err == nil {
		x.Revision++
	}
	return err
}

// SavePaper changes number, title, class, kind, meeting and names of a draft.
func (t *Tx) SavePaper(ctx context.Context, office account.ID, x *paper.Paper) error {
	if err := t.draft(ctx, office, x, account.PaperChanged, map[string]string{"class": string(x.Class)}); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE papers SET meeting_id = $2, kind = $3, number = $4, class = $5, title = $6 WHERE id = $1`, string(x.ID), string(x.Meeting), string(x.Kind), x.Number, string(x.Class), x.Title); err != nil {
		return err
	}
	return t.nameOn(ctx, x.ID, x.ID, x.Names)
}

// IssuePaper gives a draft out to its readers.
func (t *Tx) IssuePaper(ctx context.Context, office account.ID, x *paper.Paper) error {
	t.Record(account.Event{Verb: account.PaperIssued, Object: x.ID, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE papers SET revision = revision + 1, issued = $4 WHERE id = $1 AND committee_id = $2 AND revision = $3 AND issued = ''`, string(x.ID), string(x.Panel), x.Revision, ts(t.At))
}

// TakePaperBack makes a draft of a paper again: its readers do not see it any more.
func (t *Tx) TakePaperBack(ctx context.Context, office account.ID, x *paper.Paper) error {
	t.Record(account.Event{Verb: account.PaperTakenBack, Object: x.ID, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE papers SET revision = revision + 1, issued = '' WHERE id = $1 AND committee_id = $2 AND revision = $3 AND issued <> ''`, string(x.ID), string(x.Panel), x.Revision)
}

// SavePart keeps a part of a draft: a new one at the end when it has no ID.
func (t *Tx) SavePart(ctx context.Context, office account.ID, of *paper.Paper, x *paper.Part) error {
	figures := paper.WriteFigures(x.Figures)
	if err := t.draft(ctx, office, of, account.PaperChanged, map[string]string{"part": string(x.ID), "class": string(x.Class)}); err != nil {
		return err
	}
	if x.ID == "" {
		x.ID = account.NewID()
		if _, err := t.exec(ctx, `INSERT INTO paper_parts (id, paper_id, position, class, title_class, title, text, caption, figures) SELECT $1, $2, COALESCE(max(position), 0) + 1, $3, $4, $5, $6, $7, $8 FROM paper_parts WHERE paper_id = $2`,
			string(x.ID), string(of.ID), string(x.Class), string(x.TitleClass), x.Title, x.Text, x.Caption, figures); err != nil {
			return err
		}
	} else if err := t.one(ctx, ErrNotFound, `UPDATE paper_parts SET class = $3, title_class = $4, title = $5, text = $6, caption = $7, figures = $8 WHERE id = $1 AND paper_id = $2`,
		string(x.ID), string(of.ID), string(x.Class), string(x.TitleClass), x.Title, x.Text, x.Caption, figures); err != nil {
		return err
	}
	return t.nameOn(ctx, of.ID, x.ID, x.Names)
}

// RemovePart takes a part out of a draft.
func (t *Tx) RemovePart(ctx context.Context, office account.ID, of *paper.Paper, id account.ID) error {
	if err := t.draft(ctx, office, of, account.PaperChanged, map[string]string{"part": string(id)}); err != nil {
		return err
	}
	if err := t.one(ctx, ErrNotFound, `DELETE FROM paper_parts WHERE id = $1 AND paper_id = $2`, string(id), string(of.ID)); err != nil {
		return err
	}
	return t.nameOn(ctx, of.ID, id, nil)
}

// AddPaperFile keeps an attachment of a draft, sealed. ErrTooMuch when it has
// as many as it may.
func (t *Tx) AddPaperFile(ctx context.Context, office account.ID, of *paper.Paper, x *paper.File, data []byte) error {
	var n int
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM paper_files WHERE paper_id = $1`, string(of.ID)).Scan(&n); err != nil {
		return err
	}
	if n >= MostPaperFiles || len(data) > MostPaperFile {
		return ErrTooMuch
	}
	sum := sha256.Sum256(data)
	x.ID, x.Size, x.Sum = account.NewID(), len(data), hex.EncodeToString(sum[:])
	sealed, err := seal(t.db.master, data, "paper "+string(x.ID))
	if err != nil {
		return err
	}
	if err := t.draft(ctx, office, of, account.PaperChanged, map[string]string{"file": string(x.ID), "class": string(x.Class)}); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO paper_files (id, paper_id, class, name, alt, media, size, sum, data) VALUES (`+places(0, 9)+`)`,
		string(x.ID), string(of.ID), string(x.Class), x.Name, x.Alt, x.Media, x.Size, x.Sum, sealed); err != nil {
		return err
	}
	return t.nameOn(ctx, of.ID, x.ID, x.Names)
}

// RemovePaperFile takes an attachment out of a draft.
func (t *Tx) RemovePaperFile(ctx context.Context, office account.ID, of *paper.Paper, id account.ID) error {
	if err := t.draft(ctx, office, of, account.PaperChanged, map[string]string{"file": string(id)}); err != nil {
		return err
	}
	if err := t.one(ctx, ErrNotFound, `DELETE FROM paper_files WHERE id = $1 AND paper_id = $2`, string(id), string(of.ID)); err != nil {
		return err
	}
	return t.nameOn(ctx, of.ID, id, nil)
}

// nameOn says who is named on a paper, or on a piece of it, and nobody else.
func (t *Tx) nameOn(ctx context.Context, of, object account.ID, people []account.ID) error {
	if _, err := t.exec(ctx, `DELETE FROM paper_names WHERE object_id = $1`, string(object)); err != nil {
		return err
	}
	for _, p := range people {
		if _, err := t.exec(ctx, `INSERT INTO paper_names (object_id, person_id, paper_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, string(object), string(p), string(of)); err != nil {
			return err
		}
	}
	return nil
}
