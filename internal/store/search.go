package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
)

// Hit is something that a search found.
type Hit struct {
	Kind HitKind
	Shop account.ID
	Name string // of the shop
	ID   string
	Text string // in which the words stand
	More string // the check, the edition, the state
	To   account.ID
	Day  string
}

// HitKind is what a search looks through.
type HitKind string

// The kinds of hits.
const (
	HitShop        HitKind = "shop"
	HitFinding     HitKind = "finding"
	HitComment     HitKind = "comment" // on a finding
	HitRemark      HitKind = "remark"  // on an answer; ID is the question
	HitInstruction HitKind = "instruction"
	HitRequest     HitKind = "request"
	HitDiagnosis   HitKind = "diagnosis"
)

// SearchWord is a word to look for, with the checks in whose titles it stands.
type SearchWord struct {
	Forms  []string
	Checks []string
}

// Search says what to look for, and who may see hits of which kind.
type Search struct {
	Words []SearchWord
	// Day is a day as people in Japan write it, when that is what is looked for.
	From, Until time.Time
	Who         map[HitKind][]account.Role
	// Addressed are the roles that see requests and instructions only when they
	// are addressed to them or to their organisations.
	Addressed []account.Role
	Limit     int
}

// MostSearched is how many shops are looked through for what belongs to shops;
// whoever stands before more of them finds it in those that changed last.
const MostSearched = 300

// Find looks for words in whatever an actor may see, a few hits of each kind.
// The roles say which shops are looked through; what only the shop's record
// tells (see account.Actor.OnShop) is left to the caller. bounded says that not
// all shops were looked through.
func (d *DB) Find(ctx context.Context, a *account.Actor, s *Search, at time.Time) (hits []Hit, bounded bool, err error) {
	q := &searchQuery{actor: a, search: s, at: at}
	q.shops()
	q.findings()
	q.said()
	if len(q.parts) == 0 {
		return nil, false, nil
	}
	rows, err := d.read.QueryContext(ctx, strings.Join(q.parts, "\nUNION ALL\n"), q.args...)
	all, err := collect(rows, err, func(r *sql.Rows, h *Hit) error {
		return r.Scan(&h.Kind, &h.Shop, &h.Name, &h.ID, &h.Text, &h.More, &h.To, &h.Day)
	})
	for _, h := range all {
		if h.Kind == "" {
			bounded = true
			continue
		}
		hits = append(hits, h)
	}
	return hits, bounded, err
}

type searchQuery struct {
	actor  *account.Actor
	search *Search
	at     time.Time
	parts  []string
	args   []any
}

func (q *searchQuery) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// sight is the shops before which the actor has one of the roles, as a
// question for their IDs; "" when there are none. Only those that changed last
// are meant, unless all is set.
func (q *searchQuery) sight(all bool, roles ...account.Role) string {
	last := ""
	if !all {
		last = ` ORDER BY updated DESC LIMIT ` + strconv.Itoa(MostSearched)
	}
	if q.actor.Has(account.Operator) && holds(roles, account.Operator) {
		return `SELECT id FROM shops` + last
	}
	var ways []string
	for _, w := range q.actor.Ways(roles...) {
		as := w.As
		if as == "" {
			as = own
		}
		ways = append(ways, `organisation_id = `+q.arg(string(w.Organisation))+` AND role = '`+string(as)+`'`)
	}
	if len(ways) == 0 {
		return ""
	}
	now := q.arg(ts(q.at))
	return `SELECT shop_id FROM grants WHERE (` + strings.Join(ways, " OR ") + `) AND revoked = '' AND valid_from <= ` + now + ` AND valid_until > ` + now + last
}

func holds(roles []account.Role, r account.Role) bool {
	for _, x := range roles {
		if x == r {
			return true
		}
	}
	return false
}

// words is the condition that every word stands in one of the columns, or, for
// findings, in the title of the check.
func (q *searchQuery) words(check string, columns ...string) string {
	var all []string
	for _, w := range q.search.Words {
		var any []string
		for _, f := range w.Forms {
			p := q.arg(contains(f))
			for _, c := range columns {
				any = append(any, `lower(`+c+`) LIKE `+p+` ESCAPE '!'`)
			}
		}
		if check != "" && len(w.Checks) > 0 {
			var names []string
			for _, c := range w.Checks {
				names = append(names, q.arg(c))
			}
			any = append(any, check+` IN (`+strings.Join(names, ", ")+`)`)
		}
		all = append(all, `(`+strings.Join(any, ` OR `)+`)`)
	}
	return strings.Join(all, ` AND `)
}

func (q *searchQuery) add(part, order string) {
	n := strconv.Itoa(len(q.parts) + 1)
	q.parts = append(q.parts, `SELECT * FROM (`+part+` ORDER BY `+order+` LIMIT `+strconv.Itoa(q.search.Limit)+`) part`+n)
}

func (q *searchQuery) shops() {
	seen := q.sight(true, q.search.Who[HitShop]...)
	if seen == "" {
		return
	}
	q.add(`SELECT 'shop', s.id, s.name, s.id, s.host, '', '', '' FROM shops s WHERE s.id IN (`+seen+`) AND `+q.words("", "s.name", "s.sort_name", "s.host", "s.corporate_number"), `s.sort_name, s.id`)
	// Whether there are more shops than are looked through for the rest.
	q.parts = append(q.parts, `SELECT '', '', '', '', '', '', '', '' WHERE (SELECT count(*) FROM (SELECT 1 FROM (`+q.sight(true, q.search.Who[HitShop]...)+`) shops_in_sight LIMIT `+strconv.Itoa(MostSearched+1)+`) counted) > `+strconv.Itoa(MostSearched))
}

func (q *searchQuery) findings() {
	if seen := q.sight(false, q.search.Who[HitFinding]...); seen != "" {
		q.add(`SELECT 'finding', f.shop_id, s.name, f.id, f.place, f.check_name, '', f.state FROM findings f JOIN shops s ON s.id = f.shop_id WHERE f.shop_id IN (`+seen+`) AND `+q.words("f.check_name", "f.place"), `f.open DESC, f.rank, f.id`)
		q.add(`SELECT 'comment', m.shop_id, s.name, m.finding_id, m.why, f.check_name, '', m.at FROM finding_moves m JOIN findings f ON f.id = m.finding_id JOIN shops s ON s.id = m.shop_id WHERE m.what = 'comment' AND m.shop_id IN (`+seen+`) AND `+q.words("", "m.why"), `m.id DESC`)
	}
	if seen := q.sight(false, q.search.Who[HitDiagnosis]...); seen != "" {
		which := `(` + q.words("", "d.run_id") + `)`
		if !q.search.From.IsZero() {
			from, until := q.arg(ts(q.search.From)), q.arg(ts(q.search.Until))
			which = `(` + which + ` OR d.created >= ` + from + ` AND d.created < ` + until + ` OR d.ended >= ` + from + ` AND d.ended < ` + until + `)`
		}
		q.add(`SELECT 'diagnosis', d.shop_id, s.name, d.id, d.run_id, d.state, '', d.created FROM diagnoses d JOIN shops s ON s.id = d.shop_id WHERE d.shop_id IN (`+seen+`) AND `+which, `d.id DESC`)
	}
}

// said is what people wrote.
func (q *searchQuery) said() {
	if seen := q.sight(false, q.search.Who[HitRemark]...); seen != "" {
		q.add(`SELECT 'remark', c.shop_id, s.name, c.question, c.comment, c.edition, '', c.at FROM answer_comments c JOIN shops s ON s.id = c.shop_id WHERE c.shop_id IN (`+seen+`)`+Outside.of("c")+` AND `+q.words("", "c.comment"), `c.id DESC`)
	}
	if which := q.addressed(HitInstruction, "i.shop_id", "i.to_id"); which != "" {
		q.add(`SELECT 'instruction', i.shop_id, s.name, i.id, i.task, i.state, i.to_id, i.due FROM instructions i JOIN shops s ON s.id = i.shop_id WHERE `+which+` AND `+q.words("", "i.task"), `i.id DESC`)
	}
	if which := q.addressed(HitRequest, "r.shop_id", "r.organisation_id"); which != "" {
		q.add(`SELECT 'request', r.shop_id, s.name, r.id, r.words, r.company, r.organisation_id, r.due FROM requests r JOIN shops s ON s.id = r.shop_id WHERE `+which+` AND `+q.words("", "r.words", "r.company", "r.person"), `r.id DESC`)
	}
}

// addressed is the condition that somebody sees what goes to a person or an
// organisation: with most roles always, with some only what goes to himself.
func (q *searchQuery) addressed(kind HitKind, shop, to string) string {
	var always, own []account.Role
	for _, r := range q.search.Who[kind] {
		if holds(q.search.Addressed, r) {
			own = append(own, r)
		} else {
			always = append(always, r)
		}
	}
	var any []string
	if seen := q.sight(false, always...); seen != "" {
		any = append(any, shop+` IN (`+seen+`)`)
	}
	if seen := q.sight(false, own...); seen != "" {
		me := []string{q.arg(string(q.actor.Person.ID))}
		for _, m := range q.actor.Members {
			me = append(me, q.arg(string(m.Organisation.ID)))
		}
		any = append(any, shop+` IN (`+seen+`) AND `+to+` IN (`+strings.Join(me, ", ")+`)`)
	}
	if len(any) == 0 {
		return ""
	}
	return `(` + strings.Join(any, ` OR `) + `)`
}

// Before reads shops, and the roles with which an actor stands before each.
func (d *DB) Before(ctx context.Context, a *account.Actor, ids []account.ID, at time.Time) (map[account.ID][]account.Role, map[account.ID][]account.Grant, error) {
	ids = distinct(ids)
	if len(ids) == 0 {
		return nil, nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	type row struct {
		account.Shop
		account.Grant
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+shopColumns+`, coalesce(g.id, ''), coalesce(g.organisation_id, ''), coalesce(g.role, ''), coalesce(g.valid_from, ''), coalesce(g.valid_until, ''), coalesce(g.revoked, ''), coalesce(g.by_id, '')
FROM shops s LEFT JOIN grants g ON g.shop_id = s.id AND g.role <> 'own' WHERE s.id IN (`+places(0, len(ids))+`)`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		g := &x.Grant
		return scanShop(r, &x.Shop, &g.ID, &g.Organisation, &g.As, clock{&g.From}, clock{&g.Until}, clock{&g.Revoked}, &g.By)
	})
	if err != nil {
		return nil, nil, err
	}
	shops, grants := map[account.ID]*account.Shop{}, map[account.ID][]account.Grant{}
	for i := range list {
		x := &list[i]
		shops[x.Shop.ID] = &x.Shop
		if x.Grant.ID != "" {
			x.Grant.Shop = x.Shop.ID
			grants[x.Shop.ID] = append(grants[x.Shop.ID], x.Grant)
		}
	}
	roles := map[account.ID][]account.Role{}
	for id, s := range shops {
		roles[id] = a.OnShop(s, grants[id], at)
	}
	return roles, grants, nil
}
