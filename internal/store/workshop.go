package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
)

// WorkshopChapters are those chapters of a programme's guideline that its
// office has written; the others are as they are shipped.
func (d *DB) WorkshopChapters(ctx context.Context, prog account.ID) (map[string]paper.Chapter, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT chapter, revision, updated, by_id, doc FROM workshop_chapters WHERE programme_id = $1`, string(prog))
	list, err := collect(rows, err, func(r *sql.Rows, c *paper.Chapter) error {
		var doc string
		if err := r.Scan(&c.ID, &c.Revision, clock{&c.Updated}, &c.By, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &struct {
			Title *i18n.Text `json:"title"`
			Text  *i18n.Text `json:"text"`
		}{&c.Title, &c.Text})
	})
	out := map[string]paper.Chapter{}
	for _, c := range list {
		out[c.ID] = c
	}
	return out, err
}

// SaveChapter keeps a chapter; Revision 0 is the shipped one. ErrConflict when
// somebody else saved it meanwhile.
func (t *Tx) SaveChapter(ctx context.Context, prog, office account.ID, c *paper.Chapter) error {
	doc, err := json.Marshal(map[string]i18n.Text{"title": c.Title, "text": c.Text})
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.WorkshopWritten, Object: prog, Organisation: office, Details: map[string]string{"chapter": c.ID, "revision": strconv.Itoa(c.Revision + 1)}})
	if c.Revision == 0 {
		err = t.one(ctx, ErrConflict, `INSERT INTO workshop_chapters (programme_id, chapter, revision, updated, by_id, doc) VALUES (`+places(0, 6)+`) ON CONFLICT (programme_id, chapter) DO NOTHING`, string(prog), c.ID, 1, ts(t.At), string(t.By), string(doc))
	} else {
		err = t.one(ctx, ErrConflict, `UPDATE workshop_chapters SET revision = revision + 1, updated = $4, by_id = $5, doc = $6 WHERE programme_id = $1 AND chapter = $2 AND revision = $3`, string(prog), c.ID, c.Revision, ts(t.At), string(t.By), string(doc))
	}
	if err == nil {
		c.Revision++
	}
	return err
}

func scanComment(r interface{ Scan(...any) error }, c *paper.Comment) error {
	var doc string
	if err := r.Scan(&c.ID, &c.Chapter, &c.Revision, clock{&c.At}, &c.By, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), c)
}

const commentColumns = `c.id, c.chapter, c.revision, c.at, c.by_id, c.doc`

// mostComments is how many comments of a programme are read.
const mostComments = 1000

// WorkshopComments lists what was said of a programme's guideline, the first
// first; of one chapter, or of all where none is named.
func (d *DB) WorkshopComments(ctx context.Context, prog account.ID, chapter string) ([]paper.Comment, error) {
	which, args := "", []any{string(prog), mostComments}
	if chapter != "" {
		which, args = ` AND c.chapter = $3`, append(args, chapter)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+commentColumns+` FROM workshop_comments c WHERE c.programme_id = $1`+which+` ORDER BY c.id LIMIT $2`, args...)
	return collect(rows, err, func(r *sql.Rows, c *paper.Comment) error { return scanComment(r, c) })
}

// WorkshopComment reads a comment of a programme. ErrNotFound when there is none.
func (d *DB) WorkshopComment(ctx context.Context, prog, id account.ID) (*paper.Comment, error) {
	var c paper.Comment
	err := scanComment(d.read.QueryRowContext(ctx, `SELECT `+commentColumns+` FROM workshop_comments c WHERE c.id = $1 AND c.programme_id = $2`, string(id), string(prog)), &c)
	return &c, found("comment", err)
}

func commentDoc(c *paper.Comment) (string, error) {
	b, err := json.Marshal(struct {
		Said     string        `json:"said"`
		Outcome  paper.Outcome `json:"outcome,omitempty"`
		Answer   string        `json:"answer,omitempty"`
		Change   string        `json:"change,omitempty"`
		Answered time.Time     `json:"answered,omitzero"`
	}{c.Said, c.Outcome, c.Answer, c.Change, c.Answered})
	return string(b), err
}

// AddComment keeps what somebody says of a chapter.
func (t *Tx) AddComment(ctx context.Context, prog, office account.ID, c *paper.Comment) error {
	c.ID, c.Revision, c.At, c.By = account.NewID(), 1, t.At, t.By
	doc, err := commentDoc(c)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.WorkshopCommented, Object: c.ID, Organisation: office, Details: map[string]string{"chapter": c.Chapter}})
	_, err = t.exec(ctx, `INSERT INTO workshop_comments (id, programme_id, chapter, revision, at, by_id, outcome, doc) VALUES (`+places(0, 8)+`)`, string(c.ID), string(prog), c.Chapter, 1, ts(c.At), string(c.By), "", doc)
	return err
}

// AnswerComment keeps the office's answer. ErrConflict when somebody else was faster.
func (t *Tx) AnswerComment(ctx context.Context, prog, office account.ID, c *paper.Comment) error {
	c.Answered = t.At
	doc, err := commentDoc(c)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.WorkshopAnswered, Object: c.ID, Organisation: office, Details: map[string]string{"outcome": string(c.Outcome)}})
	return t.one(ctx, ErrConflict, `UPDATE workshop_comments SET revision = revision + 1, outcome = $4, doc = $5 WHERE id = $1 AND programme_id = $2 AND revision = $3`, string(c.ID), string(prog), c.Revision, string(c.Outcome), doc)
}

const issueColumns = `i.id, i.programme_id, i.number, i.at, i.by_id, i.published, i.published_by, i.doc`

func scanIssue(r interface{ Scan(...any) error }, x *paper.Issue) error {
	var doc string
	if err := r.Scan(&x.ID, &x.Programme, &x.Number, clock{&x.At}, &x.By, clock{&x.Published}, &x.PublishedBy, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), x)
}

// Issues lists the frozen issues of a programme's guideline, the newest first.
func (d *DB) Issues(ctx context.Context, prog account.ID) ([]paper.Issue, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+issueColumns+` FROM workshop_issues i WHERE i.programme_id = $1 ORDER BY i.number DESC LIMIT 50`, string(prog))
	return collect(rows, err, func(r *sql.Rows, x *paper.Issue) error { return scanIssue(r, x) })
}

// Issue reads an issue of a programme. ErrNotFound when there is none.
func (d *DB) Issue(ctx context.Context, prog, id account.ID) (*paper.Issue, error) {
	var x paper.Issue
	err := scanIssue(d.read.QueryRowContext(ctx, `SELECT `+issueColumns+` FROM workshop_issues i WHERE i.id = $1 AND i.programme_id = $2`, string(id), string(prog)), &x)
	return &x, found("issue", err)
}

// PublishedIssues lists what everybody may read, the newest first.
func (d *DB) PublishedIssues(ctx context.Context, most int) ([]paper.Issue, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+issueColumns+` FROM workshop_issues i WHERE i.published <> '' ORDER BY i.published DESC LIMIT $1`, most)
	return collect(rows, err, func(r *sql.Rows, x *paper.Issue) error { return scanIssue(r, x) })
}

// PublishedIssue reads an issue that everybody may read.
func (d *DB) PublishedIssue(ctx context.Context, id account.ID) (*paper.Issue, error) {
	var x paper.Issue
	err := scanIssue(d.read.QueryRowContext(ctx, `SELECT `+issueColumns+` FROM workshop_issues i WHERE i.id = $1 AND i.published <> ''`, string(id)), &x)
	return &x, found("issue", err)
}

// Freeze keeps the guideline as it is now under the next number. ErrConflict
// while comments wait for an answer.
func (t *Tx) Freeze(ctx context.Context, office account.ID, x *paper.Issue) error {
	var open int
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM workshop_comments WHERE programme_id = $1 AND outcome = ''`, string(x.Programme)).Scan(&open); err != nil {
		return err
	}
	if open > 0 {
		return ErrConflict
	}
	if err := t.q.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) + 1 FROM workshop_issues WHERE programme_id = $1`, string(x.Programme)).Scan(&x.Number); err != nil {
		return err
	}
	doc, err := json.Marshal(map[string]any{"title": x.Title, "note": x.Note, "chapters": x.Chapters, "figures": x.Figures})
	if err != nil {
		return err
	}
	x.ID, x.At, x.By = account.NewID(), t.At, t.By
	t.Record(account.Event{Verb: account.WorkshopFrozen, Object: x.ID, Organisation: office, Details: map[string]string{"number": strconv.Itoa(x.Number)}})
	_, err = t.exec(ctx, `INSERT INTO workshop_issues (id, programme_id, number, at, by_id, published, published_by, doc) VALUES (`+places(0, 8)+`)`, string(x.ID), string(x.Programme), x.Number, ts(x.At), string(x.By), "", "", string(doc))
	return err
}

// Publish opens a frozen issue to everybody. Who froze it does not publish it:
// ErrSamePerson. ErrConflict when it is public already.
func (t *Tx) Publish(ctx context.Context, prog, office, id account.ID) error {
	var by account.ID
	if err := t.q.QueryRowContext(ctx, `SELECT by_id FROM workshop_issues WHERE id = $1 AND programme_id = $2`, string(id), string(prog)).Scan(&by); err != nil {
		return found("issue", err)
	}
	if by == t.By {
		return ErrSamePerson
	}
	t.Record(account.Event{Verb: account.WorkshopPublished, Object: id, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE workshop_issues SET published = $3, published_by = $4 WHERE id = $1 AND programme_id = $2 AND published = ''`, string(id), string(prog), ts(t.At), string(t.By))
}
