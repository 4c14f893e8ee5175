package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"miseban/internal/account"
	"miseban/internal/survey"
)

// SurveyAnswer is what a subject said to an item, and what was noted beside it.
type SurveyAnswer struct {
	Subject  account.ID
	Revision int
	survey.Answer
	Note     string // of the interviewer; the subject does not see it
	FollowUp string // what is still to be asked
	By       account.ID
	At       time.Time
}

const surveyAnswerColumns = `a.subject_id, a.revision, a.doc, a.note, a.follow_up, a.by_id, a.at`

func scanSurveyAnswer(r interface{ Scan(...any) error }, x *SurveyAnswer) error {
	var doc string
	if err := r.Scan(&x.Subject, &x.Revision, &doc, &x.Note, &x.FollowUp, &x.By, clock{&x.At}); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), &x.Answer)
}

// SurveyAnswers reads what a subject said, by item.
func (d *DB) SurveyAnswers(ctx context.Context, subject account.ID) (map[string]SurveyAnswer, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+surveyAnswerColumns+` FROM survey_answers a WHERE a.subject_id = $1`, string(subject))
	list, err := collect(rows, err, func(r *sql.Rows, x *SurveyAnswer) error { return scanSurveyAnswer(r, x) })
	out := make(map[string]SurveyAnswer, len(list))
	for _, a := range list {
		out[a.Item] = a
	}
	return out, err
}

// SurveyAnswerVersion reads what stood in the place of an answer at a revision.
func (d *DB) SurveyAnswerVersion(ctx context.Context, subject account.ID, item string, revision int) (*SurveyAnswer, error) {
	var x SurveyAnswer
	err := scanSurveyAnswer(d.read.QueryRowContext(ctx, `SELECT `+surveyAnswerColumns+` FROM survey_answer_versions a WHERE a.subject_id = $1 AND a.item = $2 AND a.revision = $3`, string(subject), item, revision), &x)
	return &x, found("answer", err)
}

// Respondents reads what the subjects of a survey said who have said what was
// asked, as tables take it.
func (d *DB) Respondents(ctx context.Context, of account.ID) ([]survey.Respondent, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+surveyAnswerColumns+` FROM survey_answers a JOIN survey_subjects u ON u.id = a.subject_id WHERE a.survey_id = $1 AND u.state IN ('heard', 'written', 'complete') ORDER BY a.subject_id`, string(of))
	list, err := collect(rows, err, func(r *sql.Rows, x *SurveyAnswer) error { return scanSurveyAnswer(r, x) })
	var out []survey.Respondent
	for _, a := range list {
		if n := len(out); n == 0 || out[n-1].ID != string(a.Subject) {
			out = append(out, survey.Respondent{ID: string(a.Subject), Answers: map[string]survey.Answer{}})
		}
		out[len(out)-1].Answers[a.Item] = a.Answer
	}
	return out, err
}

// SaveSurveyAnswer keeps an answer with its notes in the place of the revision
// that the caller saw (0: none). ErrConflict when somebody else was faster.
func (t *Tx) SaveSurveyAnswer(ctx context.Context, of account.ID, a *SurveyAnswer) error {
	doc, err := json.Marshal(a.Answer)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.SurveyAnswered, Object: a.Subject, Details: map[string]string{"survey": string(of), "item": a.Item}})
	args := []any{string(a.Subject), a.Item, string(of), a.Revision + 1, string(doc), a.Note, a.FollowUp, string(t.author()), ts(t.At)}
	if a.Revision == 0 {
		err = t.one(ctx, ErrConflict, `INSERT INTO survey_answers (subject_id, item, survey_id, revision, doc, note, follow_up, by_id, at) VALUES (`+places(0, 9)+`) ON CONFLICT (subject_id, item) DO NOTHING`, args...)
	} else {
		err = t.one(ctx, ErrConflict, `UPDATE survey_answers SET revision = $4, doc = $5, note = $6, follow_up = $7, by_id = $8, at = $9 WHERE subject_id = $1 AND item = $2 AND survey_id = $3 AND revision = $4 - 1`, args...)
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO survey_answer_versions (subject_id, item, revision, doc, note, follow_up, by_id, at) VALUES (`+places(0, 8)+`)`, append(append([]any{}, args[:2]...), args[3:]...)...); err != nil {
		return err
	}
	a.Revision, a.By, a.At = a.Revision+1, t.author(), t.At
	return nil
}

// SurveyCodes are the codes of the code book of an item.
func (d *DB) SurveyCodes(ctx context.Context, of account.ID, item string) ([]survey.Code, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, name, means FROM survey_codes WHERE survey_id = $1 AND item = $2 ORDER BY id`, string(of), item)
	return collect(rows, err, func(r *sql.Rows, c *survey.Code) error { return r.Scan(&c.ID, &c.Name, &c.Means) })
}

// MostCodes is how many codes a code book may have.
const MostCodes = 40

// AddCode adds a code to the book of an item. ErrConflict when there is one of
// that name, or the book is full.
func (t *Tx) AddCode(ctx context.Context, of account.ID, item string, c *survey.Code) error {
	c.ID = string(account.NewID())
	t.Record(account.Event{Verb: account.CodeAdded, Object: account.ID(c.ID), Details: map[string]string{"survey": string(of), "item": item}})
	return t.one(ctx, ErrConflict, `INSERT INTO survey_codes (id, survey_id, item, name, means, by_id, at) SELECT $1, s.id, $3, $4, $5, $6, $7 FROM surveys s WHERE s.id = $2 AND (SELECT count(*) FROM survey_codes c WHERE c.survey_id = s.id AND c.item = $3) < $8 ON CONFLICT (survey_id, item, name) DO NOTHING`,
		c.ID, string(of), item, c.Name, c.Means, string(t.By), ts(t.At), MostCodes)
}

// Codings is which codes who gave to the answers of an item.
func (d *DB) Codings(ctx context.Context, of account.ID, item string) ([]survey.Coded, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT subject_id, coder_id, codes FROM survey_codings WHERE survey_id = $1 AND item = $2 ORDER BY subject_id, coder_id`, string(of), item)
	return collect(rows, err, scanCoded)
}

// SaveCoding keeps the judgement of who acts of one answer. What others judged
// stays.
func (t *Tx) SaveCoding(ctx context.Context, of, subject account.ID, item string, codes []string) error {
	t.Record(account.Event{Verb: account.AnswerCoded, Object: subject, Details: map[string]string{"survey": string(of), "item": item}})
	_, err := t.exec(ctx, `INSERT INTO survey_codings (subject_id, item, coder_id, survey_id, codes, at) VALUES (`+places(0, 6)+`) ON CONFLICT (subject_id, item, coder_id) DO UPDATE SET codes = excluded.codes, at = excluded.at`,
		string(subject), item, string(t.By), string(of), list(codes), ts(t.At))
	return err
}

// SurveyRelease is a table that was published.
type SurveyRelease struct {
	ID     account.ID
	Survey account.ID
	By     account.ID
	At     time.Time
	survey.Release
}

// SurveyReleases lists what was published of a survey, the first one first.
func (d *DB) SurveyReleases(ctx context.Context, of account.ID) ([]SurveyRelease, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, survey_id, by_id, at, doc FROM survey_releases WHERE survey_id = $1 ORDER BY id`, string(of))
	return collect(rows, err, func(r *sql.Rows, x *SurveyRelease) error {
		var doc string
		if err := r.Scan(&x.ID, &x.Survey, &x.By, clock{&x.At}, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &x.Release)
	})
}

// PublishTable decides within the change what of a fixed table may be published,
// in sight of everything published before, and keeps that for good.
func (t *Tx) PublishTable(ctx context.Context, x *Survey, f *survey.Fixed) (*SurveyRelease, error) {
	q, ok := survey.Load(x.Questionnaire)
	if !ok {
		return nil, ErrNotFound
	}
	// The row of the survey is held until the commit, so that two releases at
	// once are checked against one another.
	if err := t.one(ctx, ErrNotFound, `UPDATE surveys SET revision = revision + 1 WHERE id = $1 AND programme_id = $2`, string(x.ID), string(x.Programme)); err != nil {
		return nil, err
	}
	of, err := t.db.Respondents(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	before, err := t.db.SurveyReleases(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	y := &SurveyRelease{ID: account.NewID(), Survey: x.ID, By: t.By, At: t.At, Release: *q.Release(f, of, Earlier(before))}
	doc, err := json.Marshal(y.Release)
	if err != nil {
		return nil, err
	}
	t.Record(account.Event{Verb: account.TablePublished, Object: y.ID, Details: map[string]string{"survey": string(x.ID), "table": f.ID}})
	_, err = t.exec(ctx, `INSERT INTO survey_releases (id, survey_id, by_id, at, doc) VALUES (`+places(0, 5)+`)`, string(y.ID), string(y.Survey), string(y.By), ts(y.At), string(doc))
	return y, err
}

// Earlier are the numbers of all releases, against which a new one is checked.
func Earlier(releases []SurveyRelease) []survey.Statistic {
	var out []survey.Statistic
	for i := range releases {
		out = append(out, releases[i].Statistics...)
	}
	return out
}
