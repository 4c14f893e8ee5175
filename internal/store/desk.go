package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/workflow"
)

// Desk is what lies on somebody's desk: how the shops in sight stand, and what
// waits for him.
type Desk struct {
	// Secured says that more than a password protects the account.
	Secured bool
	Shops   map[account.ID]*ShopStanding
	Mine    int // open findings that he is asked to mend
	Given   []Waiting
	Replied []Waiting // answers to his own instructions
	// For diagnosticians, in the shops that asked their firm.
	Diagnoses    []Waiting // under way, or waiting for a worker or their day
	Alternatives []Waiting // 代替策 that nobody has accepted
	Clashing     []Waiting // shops with answers that an open finding contradicts; N says how many
	Ready        []Waiting // shops with findings that are said to be mended; N says how many
}

// ShopStanding is how a shop stands at a glance.
type ShopStanding struct {
	Open     map[check.Severity]int // confirmed
	Possible map[check.Severity]int
	Late     int
	Ready    int // said to be mended, waiting for a retest
	Settled  int
	Finished int       // diagnoses
	Last     time.Time // when the last of them ended
	Active   int       // diagnoses under way or waiting for a worker
	Proofs   int
	Consents int // that hold
	Answered int
}

// All counts what is open.
func (s *ShopStanding) All() int {
	n := 0
	for sev, k := range s.Open {
		if sev > check.Info {
			n += k
		}
	}
	for sev, k := range s.Possible {
		if sev > check.Info {
			n += k
		}
	}
	return n
}

// Waiting is one thing that waits for somebody.
type Waiting struct {
	Shop  account.ID
	Name  string // of the shop
	ID    account.ID
	Words string // the task, the state, the edition
	More  string // the requirement, the question
	Day   string // until when, or since
	N     int
}

// deskLine is one line of the one question that fills a desk.
type deskLine struct {
	what string
	Waiting
	count int
}

// mostWaiting is how many lines of a kind a desk shows.
const mostWaiting = 12

// Desk fills the desk of an actor. shops are those whose standing is shown;
// claims are the answers' questions with the checks that speak against them.
func (d *DB) Desk(ctx context.Context, a *account.Actor, shops []account.ID, claims []Claim, at time.Time) (*Desk, error) {
	q := &deskQuery{actor: a, at: at}
	q.self()
	if len(shops) > 0 {
		q.standing(shops)
	}
	if len(a.Members) > 0 {
		q.instructions()
	}
	if len(q.firms()) > 0 {
		q.queue(claims)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT d.*, coalesce((SELECT s.name FROM shops s WHERE s.id = d.shop_id), '') FROM (`+strings.Join(q.parts, "\nUNION ALL\n")+`) d`, q.args...)
	list, err := collect(rows, err, func(r *sql.Rows, l *deskLine) error {
		return r.Scan(&l.what, &l.Shop, &l.ID, &l.Words, &l.More, &l.Day, &l.N, &l.count, &l.Name)
	})
	if err != nil {
		return nil, err
	}
	desk := &Desk{Shops: map[account.ID]*ShopStanding{}}
	for _, id := range shops {
		desk.Shops[id] = &ShopStanding{Open: map[check.Severity]int{}, Possible: map[check.Severity]int{}}
	}
	var bad error
	for i := range list {
		bad = errors.Join(bad, desk.put(&list[i]))
	}
	return desk, bad
}

func (k *Desk) put(l *deskLine) error {
	s := k.Shops[l.Shop]
	if s == nil {
		s = &ShopStanding{Open: map[check.Severity]int{}, Possible: map[check.Severity]int{}} // nobody looks at it
	}
	switch l.what {
	case "secured":
		k.Secured = l.count > 0
	case "mine":
		k.Mine = l.count
	case "open":
		if l.Words == string(check.Confirmed) {
			s.Open[check.Severity(l.N)] += l.count
		} else {
			s.Possible[check.Severity(l.N)] += l.count
		}
	case "late":
		s.Late = l.count
	case "state":
		switch workflow.State(l.Words) {
		case workflow.Ready:
			s.Ready = l.count
		case workflow.Resolved:
			s.Settled = l.count
		}
	case "finished":
		s.Finished = l.count
		return clock{&s.Last}.Scan(l.Day)
	case "active":
		s.Active = l.count
	case "proofs":
		s.Proofs = l.count
	case "consents":
		s.Consents = l.count
	case "answered":
		s.Answered = l.count
	case "given":
		k.Given = append(k.Given, l.Waiting)
	case "replied":
		k.Replied = append(k.Replied, l.Waiting)
	case "diagnosis":
		k.Diagnoses = append(k.Diagnoses, l.Waiting)
	case "alternative":
		k.Alternatives = append(k.Alternatives, l.Waiting)
	case "clash":
		l.Waiting.N = l.count
		k.Clashing = append(k.Clashing, l.Waiting)
	case "ready":
		l.Waiting.N = l.count
		k.Ready = append(k.Ready, l.Waiting)
	}
	return nil
}

// deskQuery collects the parts of the question. Each gives lines of the same
// columns: what, shop, id, words, more, day, n, count.
type deskQuery struct {
	actor *account.Actor
	at    time.Time
	parts []string
	args  []any
}

func (q *deskQuery) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

func (q *deskQuery) list(ids []account.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, q.arg(string(id)))
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func (q *deskQuery) add(part string) { q.parts = append(q.parts, part) }

func (q *deskQuery) self() {
	me := q.arg(string(q.actor.Person.ID))
	q.add(`SELECT 'secured' AS what, '' AS shop_id, '' AS id, '' AS words, '' AS more, '' AS day, 0 AS n, (SELECT count(*) FROM passkeys WHERE person_id = ` + me + `) + (SELECT count(*) FROM codes WHERE person_id = ` + me + ` AND confirmed <> '') AS one`)
	q.add(`SELECT 'mine', '', '', '', '', '', 0, count(*) FROM findings f WHERE f.assignee_id = ` + me + ` AND f.open = 1 AND ` + mends(q.actor, q.at, q.arg))
}

func (q *deskQuery) standing(shops []account.ID) {
	of := ` shop_id IN ` + q.list(shops) + ` `
	today, now := q.arg(workflow.Day(q.at)), q.arg(ts(q.at))
	q.add(`SELECT 'open', shop_id, '', confidence, '', '', severity, count(*) FROM findings WHERE` + of + `AND open = 1 GROUP BY shop_id, confidence, severity`)
	q.add(`SELECT 'late', shop_id, '', '', '', '', 0, count(*) FROM findings WHERE` + of + `AND open = 1 AND due <> '' AND due < ` + today + ` GROUP BY shop_id`)
	q.add(`SELECT 'state', shop_id, '', state, '', '', 0, count(*) FROM findings WHERE` + of + `GROUP BY shop_id, state`)
	q.add(`SELECT 'finished', shop_id, '', '', '', max(ended), 0, count(*) FROM diagnoses WHERE` + of + `AND state = 'finished' GROUP BY shop_id`)
	q.add(`SELECT 'active', shop_id, '', '', '', '', 0, count(*) FROM diagnoses WHERE` + of + `AND state IN ('running', 'queued') GROUP BY shop_id`)
	q.add(`SELECT 'proofs', shop_id, '', '', '', '', 0, count(*) FROM proofs WHERE` + of + `AND until > ` + now + ` GROUP BY shop_id`)
	q.add(`SELECT 'consents', shop_id, '', '', '', '', 0, count(*) FROM consents WHERE` + of + `AND withdrawn = '' AND until > ` + now + ` GROUP BY shop_id`)
	q.add(`SELECT 'answered', shop_id, '', '', '', '', 0, count(*) FROM answers WHERE` + of + Outside.of("answers") + ` GROUP BY shop_id`)
}

// instructions are those that wait for the actor: given to him or to an
// organisation for which he mends things, and replies to his own.
func (q *deskQuery) instructions() {
	to := []account.ID{q.actor.Person.ID}
	for _, o := range q.actor.Of(account.Contractor, account.Executive, account.Maintainer) {
		to = append(to, o.ID)
	}
	line := func(what, where string) string {
		return `SELECT * FROM (SELECT '` + what + `' AS what, f.shop_id, f.id, f.task, f.requirement, f.due, 0 AS n, 1 AS one FROM instructions f WHERE ` + where + ` AND ` + mends(q.actor, q.at, q.arg) + ` ORDER BY f.due, f.id LIMIT ` + strconv.Itoa(mostWaiting) + `) ` + what
	}
	q.add(line("given", `f.to_id IN `+q.list(to)+` AND f.state = 'given'`))
	q.add(line("replied", `f.by_id = `+q.arg(string(q.actor.Person.ID))+` AND f.state = 'replied'`))
}

// firms are the organisations as whose diagnostician or reviewer the actor works.
func (q *deskQuery) firms() []account.ID {
	var out []account.ID
	for _, o := range q.actor.Of(account.Firm, account.Diagnostician, account.Reviewer) {
		out = append(out, o.ID)
	}
	return out
}

// diagnoses is the condition that f is of a shop that asked the actor's firm,
// and that none of his organisations builds.
func (q *deskQuery) diagnoses() string {
	var all []account.ID
	for _, m := range q.actor.Members {
		all = append(all, m.Organisation.ID)
	}
	now := q.arg(ts(q.at))
	return `f.shop_id IN (SELECT g.shop_id FROM grants g WHERE g.organisation_id IN ` + q.list(q.firms()) + ` AND g.role = 'firm' AND g.revoked = '' AND g.valid_from <= ` + now + ` AND g.valid_until > ` + now + `)
AND f.shop_id NOT IN (SELECT g.shop_id FROM grants g WHERE g.organisation_id IN ` + q.list(all) + ` AND g.role IN ('own', 'contractor'))`
}

// Claim is a question with a check that speaks against its answer 実施済.
type Claim struct{ Edition, Question, Check string }

// Claims are the claims that an edition knows.
func Claims(editions []*guideline.Edition) []Claim {
	var out []Claim
	for _, e := range editions {
		for i := range e.Questions {
			for _, c := range e.Questions[i].ContradictedBy {
				out = append(out, Claim{e.ID, e.Questions[i].ID, c})
			}
		}
	}
	return out
}

// queue is what waits for a diagnostician.
func (q *deskQuery) queue(claims []Claim) {
	limit := strconv.Itoa(mostWaiting)
	q.add(`SELECT * FROM (SELECT 'diagnosis' AS what, f.shop_id, f.id, f.state, f.why, CASE WHEN f.due = '' THEN f.updated ELSE f.due END AS day, 0 AS n, 1 AS one FROM diagnoses f WHERE f.state IN ('running', 'queued', 'paused', 'planned') AND ` + q.diagnoses() + ` ORDER BY CASE f.state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 WHEN 'paused' THEN 2 ELSE 3 END, 6 LIMIT ` + limit + `) diagnosis`)
	q.add(`SELECT * FROM (SELECT 'alternative' AS what, f.shop_id, '' AS id, f.edition, f.question, f.at, 0 AS n, 1 AS one FROM answers f WHERE f.state = 'alternative' AND f.accepted_by = '' AND ` + q.diagnoses() + ` ORDER BY f.at LIMIT ` + limit + `) alternative`)
	q.add(`SELECT * FROM (SELECT 'ready' AS what, f.shop_id, '' AS id, '' AS words, '' AS more, min(f.moved) AS day, 0 AS n, count(*) AS one FROM findings f WHERE f.state = 'ready' AND ` + q.diagnoses() + ` GROUP BY f.shop_id ORDER BY 6 LIMIT ` + limit + `) ready`)
	if len(claims) == 0 {
		return
	}
	var rows []string
	for _, c := range claims {
		rows = append(rows, "("+q.arg(c.Edition)+", "+q.arg(c.Question)+", "+q.arg(c.Check)+")")
	}
	q.add(`SELECT * FROM (SELECT 'clash' AS what, f.shop_id, '' AS id, min(f.edition) AS words, '' AS more, max(f.at) AS day, 0 AS n, count(DISTINCT f.question) AS one FROM (WITH claim(edition, question, check_name) AS (VALUES ` + strings.Join(rows, ", ") + `) SELECT a.shop_id, a.edition, a.question, a.at FROM claim JOIN answers a ON a.edition = claim.edition AND a.question = claim.question
JOIN findings x ON x.shop_id = a.shop_id AND x.check_name = claim.check_name AND x.open = 1 AND x.confidence = 'confirmed' AND x.severity > 0 WHERE a.state IN ('done', 'not-applicable') OR a.state = 'alternative' AND a.accepted_by <> '') f WHERE ` + q.diagnoses() + ` GROUP BY f.shop_id ORDER BY 8 DESC LIMIT ` + limit + `) clash`)
}

// Work is a line of a work list over several shops.
type Work struct {
	Finding
	ShopName string
}

// Worklist is what is open in the shops for which an actor mends things, what
// presses most first.
func (d *DB) Worklist(ctx context.Context, a *account.Actor, at time.Time, limit int) ([]Work, error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+findingColumns+`, s.name FROM findings f JOIN shops s ON s.id = f.shop_id WHERE f.open = 1 AND f.severity > 0 AND `+mends(a, at, arg)+` ORDER BY f.rank, f.id LIMIT `+arg(limit), args...)
	return collect(rows, err, func(r *sql.Rows, w *Work) error { return scanFinding(r, &w.Finding, &w.ShopName) })
}
