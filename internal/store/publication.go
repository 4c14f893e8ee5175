package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/klauspost/compress/zstd"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/statistics"
	"miseban/internal/survey"
)

// PublicationState is how far a publication is.
type PublicationState string

// The states of a publication.
const (
	PublicationAsked   PublicationState = "proposed"
	PublicationRefused PublicationState = "declined"
	Published          PublicationState = "published"
	PublicationGone    PublicationState = "withdrawn" // published once, and not shown any more
)

// Publication is a dataset that is, or is to be, given to the public.
type Publication struct {
	ID        account.ID
	Programme account.ID
	Subject   account.ID // the survey whose tables they are; "": statistics of the programme
	State     PublicationState
	By        account.ID
	Created   time.Time
	DecidedBy account.ID
	Decided   time.Time
	Title     i18n.Text
	Data      statistics.Dataset // not in lists
}

// mostPacked is how many bytes a packed text may unpack to.
const mostPacked = 512 << 20

// packJSON makes a value small enough to be kept.
func packJSON(v any) ([]byte, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.EncodeAll(doc, nil), nil
}

func unpackJSON(packed []byte, into any) error {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPacked))
	if err != nil {
		return err
	}
	defer z.Close()
	doc, err := z.DecodeAll(packed, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(doc, into)
}

// Statistics reads the statistics of a programme as they were last made.
// ErrNotFound when they never were.
func (d *DB) Statistics(ctx context.Context, prog account.ID) (*statistics.Dataset, error) {
	var packed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT doc FROM statistics WHERE programme_id = $1`, string(prog)).Scan(&packed); err != nil {
		return nil, found("statistics", err)
	}
	var x statistics.Dataset
	return &x, unpackJSON(packed, &x)
}

// earlier are the numbers of all publications of a programme's statistics, against
// which new ones are checked, those that are shown no more too.
func (d *DB) earlier(ctx context.Context, prog account.ID) ([]survey.Statistic, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT basis FROM publications WHERE programme_id = $1 AND subject_id = '' AND state IN ('published', 'withdrawn') ORDER BY id`, string(prog))
	type basis []survey.Statistic
	all, err := collect(rows, err, func(r *sql.Rows, x *basis) error {
		var packed []byte
		if err := r.Scan(&packed); err != nil {
			return err
		}
		return unpackJSON(packed, x)
	})
	var out []survey.Statistic
	for _, x := range all {
		out = append(out, x...)
	}
	return out, err
}

// released are the last released tables of all surveys of a programme.
func (d *DB) released(ctx context.Context, prog account.ID, only account.ID) ([]statistics.Table, error) {
	type row struct {
		questionnaire string
		survey.Release
	}
	rows, err := d.read.QueryContext(ctx, `SELECT s.questionnaire, r.doc FROM survey_releases r JOIN surveys s ON s.id = r.survey_id WHERE s.programme_id = $1 AND (s.id = $2 OR $2 = '') ORDER BY r.id`, string(prog), string(only))
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		var doc sql.RawBytes
		if err := r.Scan(&x.questionnaire, &doc); err != nil {
			return err
		}
		return json.Unmarshal(doc, &x.Release)
	})
	var out []statistics.Table
	for _, q := range survey.All() {
		var of []survey.Release
		for i := range list {
			if list[i].questionnaire == q.ID {
				of = append(of, list[i].Release)
			}
		}
		out = append(out, statistics.FromSurvey(q, of)...)
	}
	return out, err
}

// count makes the statistics of a programme as they could be published now.
// earlier must be read in the change that publishes them.
func (d *DB) count(ctx context.Context, prog account.ID, c *statistics.Catalogue, at time.Time) (*statistics.Dataset, []survey.Statistic, error) {
	records, err := d.Records(ctx, prog, c)
	if err != nil {
		return nil, nil, err
	}
	before, err := d.earlier(ctx, prog)
	if err != nil {
		return nil, nil, err
	}
	x, basis := c.Build(records, before, at)
	heard, err := d.released(ctx, prog, "")
	x.Tables = append(x.Tables, heard...)
	return x, basis, err
}

// MakeStatistics counts a programme anew and keeps what came of it, to be looked at.
func (d *DB) MakeStatistics(ctx context.Context, by account.ID, prog, office account.ID, c *statistics.Catalogue, at time.Time) (*statistics.Dataset, error) {
	x, _, err := d.count(ctx, prog, c, at)
	if err != nil {
		return nil, err
	}
	packed, err := packJSON(x)
	if err != nil {
		return nil, err
	}
	return x, d.Change(ctx, by, at, func(t *Tx) error {
		t.Record(account.Event{Verb: account.StatisticsMade, Object: prog, Organisation: office})
		_, err := t.exec(ctx, `INSERT INTO statistics (programme_id, at, by_id, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (programme_id) DO UPDATE SET at = excluded.at, by_id = excluded.by_id, doc = excluded.doc`, string(prog), ts(at), string(by), packed)
		return err
	})
}

const publicationColumns = `p.id, p.programme_id, p.subject_id, p.state, p.by_id, p.created, p.decided_by, p.decided, p.title`

func scanPublication(r interface{ Scan(...any) error }, x *Publication, more ...any) error {
	var title string
	if err := r.Scan(append([]any{&x.ID, &x.Programme, &x.Subject, &x.State, &x.By, clock{&x.Created}, &x.DecidedBy, clock{&x.Decided}, &title}, more...)...); err != nil {
		return err
	}
	return json.Unmarshal([]byte(title), &x.Title)
}

// Publications lists what was proposed and published of a programme, the newest first.
func (d *DB) Publications(ctx context.Context, prog account.ID, limit int) ([]Publication, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+publicationColumns+` FROM publications p WHERE p.programme_id = $1 ORDER BY p.id DESC LIMIT $2`, string(prog), limit)
	return collect(rows, err, func(r *sql.Rows, x *Publication) error { return scanPublication(r, x) })
}

// Publication reads one of a programme. ErrNotFound when it has no such one.
func (d *DB) Publication(ctx context.Context, prog, id account.ID) (*Publication, error) {
	return d.publication(ctx, `p.id = $1 AND p.programme_id = $2`, string(id), string(prog))
}

// OpenData reads a publication that everybody may read. ErrNotFound for every other.
func (d *DB) OpenData(ctx context.Context, id account.ID) (*Publication, error) {
	return d.publication(ctx, `p.id = $1 AND p.state = 'published'`, string(id))
}

// LastPublished is the newest published statistics of a programme. ErrNotFound
// when nothing was published yet.
func (d *DB) LastPublished(ctx context.Context, prog account.ID) (*Publication, error) {
	return d.publication(ctx, `p.id = (SELECT max(x.id) FROM publications x WHERE x.programme_id = $1 AND x.subject_id = '' AND x.state = 'published')`, string(prog))
}

func (d *DB) publication(ctx context.Context, where string, args ...any) (*Publication, error) {
	var x Publication
	var packed []byte
	if err := scanPublication(d.read.QueryRowContext(ctx, `SELECT `+publicationColumns+`, p.doc FROM publications p WHERE `+where, args...), &x, &packed); err != nil {
		return nil, found("publication", err)
	}
	return &x, unpackJSON(packed, &x.Data)
}

// PublicData lists what everybody may read, the newest first.
func (d *DB) PublicData(ctx context.Context, before account.ID, limit int) ([]Publication, error) {
	if before == "" {
		before = "~" // after every ID
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+publicationColumns+` FROM publications p WHERE p.state = 'published' AND p.id < $1 ORDER BY p.id DESC LIMIT $2`, string(before), limit)
	return collect(rows, err, func(r *sql.Rows, x *Publication) error { return scanPublication(r, x) })
}

// ErrNothingToShow refuses a publication of which every number is held back.
var ErrNothingToShow = errors.New("nothing of it may be published")

// Propose keeps a dataset for another person to approve: of a survey its
// released tables, else the statistics of the programme, counted now. Nothing
// else of the same kind is proposed until it is decided, so that what it was
// checked against stays all there is. ErrConflict when something is.
func (d *DB) Propose(ctx context.Context, by account.ID, office account.ID, x *Publication, c *statistics.Catalogue, at time.Time) error {
	basis := []survey.Statistic{}
	x.ID, x.State, x.By, x.Created = account.NewID(), PublicationAsked, by, at.UTC()
	if x.Subject == "" {
		data, list, err := d.count(ctx, x.Programme, c, at)
		if err != nil {
			return err
		}
		x.Data, basis = *data, list
	} else {
		heard, err := d.released(ctx, x.Programme, x.Subject)
		if err != nil {
			return err
		}
		x.Data = statistics.Dataset{At: at.UTC(), Tables: heard}
	}
	x.Data.Title = x.Title
	if !x.Data.Shows() {
		return ErrNothingToShow
	}
	doc, err := packJSON(x.Data)
	if err != nil {
		return err
	}
	checks, err := packJSON(basis)
	if err != nil {
		return err
	}
	title, err := json.Marshal(x.Title)
	if err != nil {
		return err
	}
	return d.Change(ctx, by, at, func(t *Tx) error {
		t.Record(account.Event{Verb: account.PublicationProposed, Object: x.ID, Organisation: office, Details: map[string]string{"programme": string(x.Programme), "survey": string(x.Subject)}})
		return t.one(ctx, ErrConflict, `INSERT INTO publications (id, programme_id, subject_id, state, by_id, created, decided_by, decided, title, doc, basis) VALUES (`+places(0, 6)+`, '', '', $7, $8, $9) ON CONFLICT DO NOTHING`,
			string(x.ID), string(x.Programme), string(x.Subject), string(x.State), string(by), ts(x.Created), string(title), doc, checks)
	})
}

// DecidePublication publishes a proposal or declines it. ErrSamePerson when who
// proposed it would publish it; ErrConflict when it is decided, or something was
// published since it was counted.
func (t *Tx) DecidePublication(ctx context.Context, office account.ID, x *Publication, publish bool) error {
	to, verb, unless := PublicationRefused, account.PublicationDeclined, ``
	if publish {
		to, verb = Published, account.PublicationApproved
		unless = ` AND NOT EXISTS (SELECT 1 FROM publications o WHERE o.programme_id = $2 AND o.subject_id = publications.subject_id AND o.subject_id = '' AND o.decided > publications.created AND o.state IN ('published', 'withdrawn'))`
		if x.By == t.By {
			return ErrSamePerson
		}
	}
	t.Record(account.Event{Verb: verb, Object: x.ID, Organisation: office, Details: map[string]string{"programme": string(x.Programme)}})
	return t.one(ctx, ErrConflict, `UPDATE publications SET state = $3, decided_by = $4, decided = $5 WHERE id = $1 AND programme_id = $2 AND state = 'proposed'`+unless,
		string(x.ID), string(x.Programme), string(to), string(t.By), ts(t.At))
}

// WithdrawPublication takes a publication off the pages. What was told stays told:
// later ones are checked against it all the same.
func (t *Tx) WithdrawPublication(ctx context.Context, office account.ID, x *Publication) error {
	t.Record(account.Event{Verb: account.PublicationWithdrawn, Object: x.ID, Organisation: office, Details: map[string]string{"programme": string(x.Programme)}})
	return t.one(ctx, ErrConflict, `UPDATE publications SET state = 'withdrawn' WHERE id = $1 AND programme_id = $2 AND state = 'published'`, string(x.ID), string(x.Programme))
}
