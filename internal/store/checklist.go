package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/verdict"
)

const answerColumns = `a.edition, a.question, a.revision, a.state, a.day, a.doer, a.reason, a.by_id, a.at`

func scanAnswer(r interface{ Scan(...any) error }, a *assessment.Answer, more ...any) error {
	return r.Scan(append([]any{&a.Edition, &a.Question, &a.Revision, &a.Value, &a.Day, &a.Doer, &a.Reason, &a.By, clock{&a.At}}, more...)...)
}

const (
	currentColumns = `SELECT ` + answerColumns + `, a.accepted_by, a.accepted,
	(SELECT count(*) FROM evidence e WHERE e.shop_id = a.shop_id AND e.edition = a.edition AND e.question = a.question AND e.removed = '')`
	currentAnswers = currentColumns + ` FROM answers a WHERE a.shop_id = $1 AND a.edition = $2`
	statement      = currentColumns + `, '', '' FROM answers a WHERE a.shop_id = $1`
)

// Answers are what a shop answers now to the questions of an edition, in no order.
func (d *DB) Answers(ctx context.Context, shop account.ID, edition string, sight Sight) ([]assessment.Answer, error) {
	rows, err := d.read.QueryContext(ctx, currentAnswers+sight.of("a"), string(shop), edition)
	return collect(rows, err, func(r *sql.Rows, a *assessment.Answer) error {
		return scanAnswer(r, a, &a.AcceptedBy, clock{&a.AcceptedAt}, &a.Evidence)
	})
}

// Statement is what a shop says of itself now, to an edition or ("") to all of
// them, and what was judged in place of the table: one question.
func (d *DB) Statement(ctx context.Context, shop *account.Shop, edition string, sight Sight) (*assessment.Statement, error) {
	args, of := []any{string(shop.ID)}, ""
	if edition != "" {
		args, of = append(args, edition), ` AND edition = $2`
	}
	rows, err := d.read.QueryContext(ctx, statement+of+sight.of("a")+` UNION ALL SELECT edition, requirement, -1, verdict, '', '', note, by_id, at, rule, '', 0, against, id FROM overrules WHERE shop_id = $1`+of+sight.of("overrules")+` ORDER BY 1, 2, 14`, args...)
	type line struct {
		assessment.Answer
		accepted, against, id string
	}
	list, err := collect(rows, err, func(r *sql.Rows, l *line) error {
		return scanAnswer(r, &l.Answer, &l.AcceptedBy, &l.accepted, &l.Evidence, &l.against, &l.id)
	})
	said := &assessment.Statement{Traits: assessment.ShopTraits(shop), Form: assessment.ShopForm(shop)}
	var overrules []assessment.Overrule
	for i := range list {
		l := &list[i]
		if l.Revision < 0 {
			overrules = append(overrules, assessment.Overrule{Edition: l.Edition, Requirement: l.Question, Verdict: verdict.Verdict(l.Value), Note: l.Reason, Rule: verdict.Verdict(l.AcceptedBy), Against: split[string](l.against), By: l.By, At: l.At})
			continue
		}
		if err == nil {
			err = clock{&l.AcceptedAt}.Scan(l.accepted)
		}
		said.Answers = append(said.Answers, l.Answer)
	}
	said.Overrules = newest(overrules)
	return said, err
}

// Answer is what a shop answers now to a question. ErrNotFound when it never did.
func (d *DB) Answer(ctx context.Context, shop account.ID, edition, question string, sight Sight) (*assessment.Answer, error) {
	var a assessment.Answer
	err := scanAnswer(d.read.QueryRowContext(ctx, currentAnswers+` AND a.question = $3`+sight.of("a"), string(shop), edition, question), &a, &a.AcceptedBy, clock{&a.AcceptedAt}, &a.Evidence)
	return &a, found("answer", err)
}

// AnswerHistory is every answer a shop gave to a question, the last one first.
func (d *DB) AnswerHistory(ctx context.Context, shop account.ID, edition, question string, sight Sight, limit int) ([]assessment.Answer, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+answerColumns+` FROM answer_history a WHERE a.shop_id = $1 AND a.edition = $2 AND a.question = $3`+sight.of("a")+` ORDER BY a.revision DESC LIMIT $4`, string(shop), edition, question, limit)
	return collect(rows, err, func(r *sql.Rows, a *assessment.Answer) error { return scanAnswer(r, a) })
}

// SaveAnswer keeps an answer beside those before it. ErrConflict when the
// question is not at a.Revision any more; on success a has the next one. What
// a diagnostician accepted was another answer, so that ends.
func (t *Tx) SaveAnswer(ctx context.Context, shop account.ID, a *assessment.Answer) error {
	args := []any{string(shop), a.Edition, a.Question, a.Revision + 1, string(a.Value), a.Day, string(a.Doer), a.Reason, string(t.author()), ts(t.At)}
	if a.Revision == 0 {
		if err := t.one(ctx, ErrConflict, `INSERT INTO answers (shop_id, edition, question, revision, state, day, doer, reason, by_id, at, accepted_by, accepted) VALUES (`+places(0, 10)+`, '', '') ON CONFLICT DO NOTHING`, args...); err != nil {
			return err
		}
	} else if err := t.one(ctx, ErrConflict, `UPDATE answers SET revision = $4, state = $5, day = $6, doer = $7, reason = $8, by_id = $9, at = $10, accepted_by = '', accepted = '' WHERE shop_id = $1 AND edition = $2 AND question = $3 AND revision = $4 - 1`, args...); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO answer_history (shop_id, edition, question, revision, state, day, doer, reason, by_id, at) VALUES (`+places(0, 10)+`)`, args...); err != nil {
		return err
	}
	a.Revision++
	a.By, a.At, a.AcceptedBy = t.author(), t.At, ""
	t.Record(account.Event{Verb: account.AnswerSaved, Object: shop, Shop: shop, Details: map[string]string{"edition": a.Edition, "question": a.Question, "answer": string(a.Value)}})
	return nil
}

// AcceptAnswer notes that a diagnostician accepts an alternative, or does not
// any more. ErrConflict when the question is answered otherwise now.
func (t *Tx) AcceptAnswer(ctx context.Context, shop account.ID, edition, question string, revision int, accept bool) error {
	by, at, verb := string(t.By), ts(t.At), account.AlternativeAccepted
	if !accept {
		by, at, verb = "", "", account.AlternativeRefused
	}
	t.Record(account.Event{Verb: verb, Object: shop, Shop: shop, Details: map[string]string{"edition": edition, "question": question}})
	return t.one(ctx, ErrConflict, `UPDATE answers SET accepted_by = $5, accepted = $6 WHERE shop_id = $1 AND edition = $2 AND question = $3 AND revision = $4 AND state = 'alternative'`,
		string(shop), edition, question, revision, by, at)
}

// Comment is what somebody said beside an answer.
type Comment struct {
	ID   account.ID
	By   account.ID
	At   time.Time
	Text string
}

// Thread is what was said to one question: the answers so far, the newest
// first, and the comments, the first one first.
func (d *DB) Thread(ctx context.Context, shop account.ID, edition, question string, sight Sight, limit int) ([]assessment.Answer, []Comment, error) {
	of := ` WHERE a.shop_id = $1 AND a.edition = $2 AND a.question = $3` + sight.of("a")
	type line struct {
		assessment.Answer
		comment account.ID
	}
	rows, err := d.read.QueryContext(ctx, `SELECT * FROM (SELECT `+answerColumns+`, '' AS id FROM answer_history a`+of+` ORDER BY a.revision DESC LIMIT $4) answers
UNION ALL SELECT * FROM (SELECT a.edition, a.question, 0, '', '', '', a.comment, a.by_id, a.at, a.id FROM answer_comments a`+of+` ORDER BY a.id LIMIT $4) comments ORDER BY 3 DESC, 10`, string(shop), edition, question, limit)
	list, err := collect(rows, err, func(r *sql.Rows, l *line) error { return scanAnswer(r, &l.Answer, &l.comment) })
	var answers []assessment.Answer
	var comments []Comment
	for _, l := range list {
		if l.comment == "" {
			answers = append(answers, l.Answer)
		} else {
			comments = append(comments, Comment{ID: l.comment, By: l.By, At: l.At, Text: l.Reason})
		}
	}
	return answers, comments, err
}

// AddAnswerComment says something beside an answer.
func (t *Tx) AddAnswerComment(ctx context.Context, shop account.ID, edition, question, text string) error {
	id := account.NewID()
	t.Record(account.Event{Verb: account.AnswerCommented, Object: id, Shop: shop, Details: map[string]string{"edition": edition, "question": question}})
	_, err := t.exec(ctx, `INSERT INTO answer_comments (id, shop_id, edition, question, by_id, at, comment) VALUES (`+places(0, 7)+`)`, string(id), string(shop), edition, question, string(t.By), ts(t.At), text)
	return err
}

// Beside counts what stands beside the answers to an edition: question by
// question the comments.
func (d *DB) Beside(ctx context.Context, shop account.ID, edition string, sight Sight) (map[string]int, error) {
	type count struct {
		question string
		n        int
	}
	rows, err := d.read.QueryContext(ctx, `SELECT question, count(*) FROM answer_comments WHERE shop_id = $1 AND edition = $2`+sight.of("answer_comments")+` GROUP BY question`, string(shop), edition)
	list, err := collect(rows, err, func(r *sql.Rows, c *count) error { return r.Scan(&c.question, &c.n) })
	out := map[string]int{}
	for _, c := range list {
		out[c.question] = c.n
	}
	return out, err
}

// Overrules are the judgements that diagnosticians put in place of the
// table's, the newest of each requirement.
func (d *DB) Overrules(ctx context.Context, shop account.ID, edition string, sight Sight) ([]assessment.Overrule, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT edition, requirement, verdict, note, rule, against, by_id, at FROM overrules WHERE shop_id = $1 AND edition = $2`+sight.of("overrules")+` ORDER BY requirement, id`, string(shop), edition)
	all, err := collect(rows, err, func(r *sql.Rows, o *assessment.Overrule) error {
		var against string
		err := r.Scan(&o.Edition, &o.Requirement, &o.Verdict, &o.Note, &o.Rule, &against, &o.By, clock{&o.At})
		o.Against = split[string](against)
		return err
	})
	return newest(all), err
}

// newest are the overrules that stand, the last of each requirement; all are
// in the order of edition, requirement and time.
func newest(all []assessment.Overrule) []assessment.Overrule {
	var out []assessment.Overrule
	for i, o := range all {
		if (i+1 == len(all) || all[i+1].Requirement != o.Requirement || all[i+1].Edition != o.Edition) && o.Verdict != "" {
			out = append(out, o)
		}
	}
	return out
}

// AddOverrule puts a diagnostician's judgement in place of the table's; an
// empty verdict takes the one before back.
func (t *Tx) AddOverrule(ctx context.Context, shop account.ID, o *assessment.Overrule) error {
	id, verb := account.NewID(), account.JudgementOverruled
	if o.Verdict == verdict.Verdict("") {
		verb = account.OverruleWithdrawn
	}
	t.Record(account.Event{Verb: verb, Object: id, Shop: shop, Details: map[string]string{"edition": o.Edition, "requirement": o.Requirement, "verdict": string(o.Verdict), "rule": string(o.Rule)}})
	_, err := t.exec(ctx, `INSERT INTO overrules (id, shop_id, edition, requirement, verdict, note, rule, against, by_id, at) VALUES (`+places(0, 10)+`)`,
		string(id), string(shop), o.Edition, o.Requirement, string(o.Verdict), o.Note, string(o.Rule), list(o.Against), string(t.By), ts(t.At))
	return err
}
