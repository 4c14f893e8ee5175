package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"miseban/internal/account"
	"miseban/internal/survey"
)

// Survey is a questionnaire that a programme puts to subjects.
type Survey struct {
	ID            account.ID
	Programme     account.ID
	Questionnaire string
	Quota         int // how many subjects are to be heard
	Revision      int
	By            account.ID
	Created       time.Time
	Counts        map[survey.State]int // in a list
}

// SurveySubject is one of whom a survey asks.
type SurveySubject struct {
	ID        account.ID
	Survey    account.ID
	Programme account.ID
	Revision  int
	State     survey.State
	Moved     time.Time
	By        account.ID
	Created   time.Time
	survey.Subject
	Answered int // items, in a list
}

// SurveyMove is how a subject came from one state to another.
type SurveyMove struct {
	From, To survey.State
	Note     string
	By       account.ID
	At       time.Time
}

const surveyColumns = `s.id, s.programme_id, s.questionnaire, s.quota, s.revision, s.by_id, s.created`

func scanSurvey(r interface{ Scan(...any) error }, x *Survey) error {
	return r.Scan(&x.ID, &x.Programme, &x.Questionnaire, &x.Quota, &x.Revision, &x.By, clock{&x.Created})
}

// Surveys lists the surveys of a programme with how many subjects stand where.
func (d *DB) Surveys(ctx context.Context, programme account.ID) ([]Survey, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+surveyColumns+` FROM surveys s WHERE s.programme_id = $1 ORDER BY s.id`, string(programme))
	list, err := collect(rows, err, func(r *sql.Rows, x *Survey) error { x.Counts = map[survey.State]int{}; return scanSurvey(r, x) })
	if err != nil {
		return nil, err
	}
	type count struct {
		survey account.ID
		state  survey.State
		n      int
	}
	rows, err = d.read.QueryContext(ctx, `SELECT survey_id, state, count(*) FROM survey_subjects WHERE programme_id = $1 GROUP BY survey_id, state`, string(programme))
	counts, err := collect(rows, err, func(r *sql.Rows, c *count) error { return r.Scan(&c.survey, &c.state, &c.n) })
	for _, c := range counts {
		for i := range list {
			if list[i].ID == c.survey {
				list[i].Counts[c.state] = c.n
			}
		}
	}
	return list, err
}

// Survey reads a survey of a programme. ErrNotFound when it has no such one.
func (d *DB) Survey(ctx context.Context, programme, id account.ID) (*Survey, error) {
	var x Survey
	err := scanSurvey(d.read.QueryRowContext(ctx, `SELECT `+surveyColumns+` FROM surveys s WHERE s.id = $1 AND s.programme_id = $2`, string(id), string(programme)), &x)
	return &x, found("survey", err)
}

// AddSurvey begins a survey. ErrConflict when the programme has it already.
func (t *Tx) AddSurvey(ctx context.Context, x *Survey) error {
	x.ID, x.Revision, x.By, x.Created = account.NewID(), 1, t.By, t.At
	t.Record(account.Event{Verb: account.SurveyBegun, Object: x.ID, Details: map[string]string{"questionnaire": x.Questionnaire, "programme": string(x.Programme)}})
	return t.one(ctx, ErrConflict, `INSERT INTO surveys (id, programme_id, questionnaire, quota, revision, by_id, created) VALUES (`+places(0, 7)+`) ON CONFLICT (programme_id, questionnaire) DO NOTHING`,
		string(x.ID), string(x.Programme), x.Questionnaire, x.Quota, x.Revision, string(x.By), ts(x.Created))
}

// SetQuota changes how many subjects are to be heard. ErrConflict when somebody
// else changed the survey.
func (t *Tx) SetQuota(ctx context.Context, x *Survey, quota int) error {
	t.Record(account.Event{Verb: account.SurveyQuota, Object: x.ID, Details: map[string]string{"programme": string(x.Programme)}})
	return t.one(ctx, ErrConflict, `UPDATE surveys SET quota = $3, revision = revision + 1 WHERE id = $1 AND revision = $2 AND programme_id = $4`, string(x.ID), x.Revision, quota, string(x.Programme))
}

const subjectColumns = `u.id, u.survey_id, u.programme_id, u.revision, u.state, u.moved, u.by_id, u.created, u.doc`

func scanSubject(r interface{ Scan(...any) error }, x *SurveySubject, more ...any) error {
	var doc string
	if err := r.Scan(append([]any{&x.ID, &x.Survey, &x.Programme, &x.Revision, &x.State, clock{&x.Moved}, &x.By, clock{&x.Created}, &doc}, more...)...); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), &x.Subject)
}

// MostSubjects is how many subjects a survey may have.
const MostSubjects = 500

// SurveySubjects lists the subjects of a survey in the order in which they were added.
func (d *DB) SurveySubjects(ctx context.Context, of account.ID) ([]SurveySubject, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+subjectColumns+`, (SELECT count(*) FROM survey_answers a WHERE a.subject_id = u.id) FROM survey_subjects u WHERE u.survey_id = $1 ORDER BY u.id LIMIT $2`, string(of), MostSubjects)
	return collect(rows, err, func(r *sql.Rows, x *SurveySubject) error { return scanSubject(r, x, &x.Answered) })
}

// SurveySubject reads a subject of a survey. ErrNotFound when it has no such one.
func (d *DB) SurveySubject(ctx context.Context, of, id account.ID) (*SurveySubject, error) {
	var x SurveySubject
	err := scanSubject(d.read.QueryRowContext(ctx, `SELECT `+subjectColumns+` FROM survey_subjects u WHERE u.id = $1 AND u.survey_id = $2`, string(id), string(of)), &x)
	return &x, found("subject", err)
}

// SubjectByLink reads the subject that a link opens, and its survey.
func (d *DB) SubjectByLink(ctx context.Context, l *account.Link) (*SurveySubject, *Survey, error) {
	var x SurveySubject
	if err := scanSubject(d.read.QueryRowContext(ctx, `SELECT `+subjectColumns+` FROM survey_subjects u WHERE u.id = $1`, string(l.Object)), &x); err != nil {
		return nil, nil, found("subject", err)
	}
	s, err := d.Survey(ctx, x.Programme, x.Survey)
	return &x, s, err
}

// SurveyMoves is how a subject came to its state, the first move first.
func (d *DB) SurveyMoves(ctx context.Context, subject account.ID) ([]SurveyMove, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT from_state, to_state, note, by_id, at FROM survey_moves WHERE subject_id = $1 ORDER BY id`, string(subject))
	return collect(rows, err, func(r *sql.Rows, m *SurveyMove) error { return r.Scan(&m.From, &m.To, &m.Note, &m.By, clock{&m.At}) })
}

// AddSubject keeps a new subject, as a candidate. ErrTooMuch when the survey has
// as many as it may.
func (t *Tx) AddSubject(ctx context.Context, x *SurveySubject) error {
	x.ID, x.Revision, x.State, x.Moved, x.By, x.Created = account.NewID(), 1, survey.Candidate, t.At, t.By, t.At
	doc, err := json.Marshal(x.Subject)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.SubjectAdded, Object: x.ID, Details: map[string]string{"survey": string(x.Survey)}})
	return t.one(ctx, ErrTooMuch, `INSERT INTO survey_subjects (id, survey_id, programme_id, revision, state, moved, by_id, created, doc) SELECT $1, s.id, s.programme_id, $3, $4, $5, $6, $7, $8 FROM surveys s WHERE s.id = $2 AND (SELECT count(*) FROM survey_subjects u WHERE u.survey_id = s.id) < $9`,
		string(x.ID), string(x.Survey), x.Revision, string(x.State), ts(x.Moved), string(x.By), ts(x.Created), string(doc), MostSubjects)
}

// SaveSubject keeps what is known of a subject. ErrConflict when somebody else
// changed it.
func (t *Tx) SaveSubject(ctx context.Context, x *SurveySubject) error {
	doc, err := json.Marshal(x.Subject)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.SubjectChanged, Object: x.ID, Details: map[string]string{"survey": string(x.Survey)}})
	return t.one(ctx, ErrConflict, `UPDATE survey_subjects SET doc = $4, revision = revision + 1 WHERE id = $1 AND survey_id = $2 AND revision = $3`, string(x.ID), string(x.Survey), x.Revision, string(doc))
}

// MoveSubject takes a subject on from the state that the caller saw, and keeps
// the move. ErrConflict when it is no longer there. Links to a subject that is
// asked no more are revoked.
func (t *Tx) MoveSubject(ctx context.Context, x *SurveySubject, to survey.State, note string) error {
	t.Record(account.Event{Verb: account.SubjectMoved, Object: x.ID, Details: map[string]string{"survey": string(x.Survey), "from": string(x.State), "to": string(to)}})
	if err := t.one(ctx, ErrConflict, `UPDATE survey_subjects SET state = $4, moved = $5, revision = revision + 1 WHERE id = $1 AND survey_id = $2 AND state = $3`, string(x.ID), string(x.Survey), string(x.State), string(to), ts(t.At)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO survey_moves (id, subject_id, from_state, to_state, note, by_id, at) VALUES (`+places(0, 7)+`)`, string(account.NewID()), string(x.ID), string(x.State), string(to), note, string(t.author()), ts(t.At)); err != nil {
		return err
	}
	x.State, x.Moved = to, t.At
	if to.Takes() {
		return nil
	}
	return t.RevokeLinksTo(ctx, "", x.ID)
}

// AddSubjectLink makes a link by which a subject answers; older ones are revoked.
func (t *Tx) AddSubjectLink(ctx context.Context, x *SurveySubject, l *account.Link, fingerprint string) error {
	if err := t.RevokeLinksTo(ctx, "", x.ID); err != nil {
		return err
	}
	l.ID, l.Purpose, l.Object, l.Name, l.Mail = account.NewID(), account.Hearing, x.ID, x.Company, x.Mail
	return t.AddLink(ctx, l, fingerprint)
}
