package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/paper"
)

// Notice is something that one person is told.
type Notice struct {
	ID     account.ID
	Person account.ID
	At     time.Time
	Seen   time.Time // zero: not read yet
	notice.Note
}

const noticeColumns = `id, person_id, at, seen, doc`

func scanNotice(r *sql.Rows, n *Notice) error {
	var doc string
	if err := r.Scan(&n.ID, &n.Person, clock{&n.At}, clock{&n.Seen}, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), &n.Note)
}

// Notices lists what a person was told, newest first, those before a given
// one; only what was not read yet unless all is set.
func (d *DB) Notices(ctx context.Context, person, before account.ID, all bool, limit int) ([]Notice, error) {
	if before == "" {
		before = "~" // after every ID
	}
	unread := ` AND seen = ''`
	if all {
		unread = ""
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+noticeColumns+` FROM notices WHERE person_id = $1 AND id < $2`+unread+` ORDER BY id DESC LIMIT $3`, string(person), string(before), limit)
	return collect(rows, err, scanNotice)
}

// MostUnread is how far Unread counts.
const MostUnread = 100

// Unread counts what a person has not read yet, up to MostUnread.
func (d *DB) Unread(ctx context.Context, person account.ID) (int, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM notices WHERE person_id = $1 AND seen = '' LIMIT $2) x`, string(person), MostUnread).Scan(&n)
	return n, named(err)
}

// ReadNotice notes that a person has read something, and says what it was.
// Like sessions, what people read is not for the audit log.
func (d *DB) ReadNotice(ctx context.Context, person, id account.ID, at time.Time) (*Notice, error) {
	rows, err := d.write.QueryContext(ctx, `UPDATE notices SET seen = CASE WHEN seen = '' THEN $3 ELSE seen END WHERE id = $1 AND person_id = $2 RETURNING `+noticeColumns, string(id), string(person), ts(at))
	list, err := collect(rows, err, scanNotice)
	if err == nil && len(list) == 0 {
		return nil, fmt.Errorf("notice: %w", ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// ReadNotices notes that a person has read everything up to a notice; what came
// after it was not in sight.
func (d *DB) ReadNotices(ctx context.Context, person, upTo account.ID, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE notices SET seen = $3 WHERE person_id = $1 AND id <= $2 AND seen = ''`, string(person), string(upTo), ts(at))
	return named(err)
}

// NoticeSettings reads what a person has chosen, by kind; what is missing was not chosen.
func (d *DB) NoticeSettings(ctx context.Context, person account.ID) (map[notice.Kind]notice.How, error) {
	all, err := settings(ctx, d.read, []account.ID{person})
	return all[person], err
}

func settings(ctx context.Context, q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, people []account.ID) (map[account.ID]map[notice.Kind]notice.How, error) {
	args := make([]any, len(people))
	for i, p := range people {
		args[i] = string(p)
	}
	type row struct {
		person account.ID
		kind   notice.Kind
		how    notice.How
	}
	rows, err := q.QueryContext(ctx, `SELECT person_id, kind, how FROM notice_settings WHERE person_id IN (`+places(0, len(people))+`)`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.person, &x.kind, &x.how) })
	out := map[account.ID]map[notice.Kind]notice.How{}
	for _, x := range list {
		if out[x.person] == nil {
			out[x.person] = map[notice.Kind]notice.How{}
		}
		out[x.person][x.kind] = x.how
	}
	return out, err
}

// SetNotices writes how a person gets each kind of notice.
func (t *Tx) SetNotices(ctx context.Context, person account.ID, how map[notice.Kind]notice.How) error {
	t.Record(account.Event{Verb: account.NoticesSet, Object: person, Person: person})
	for _, k := range notice.Kinds() {
		h, ok := how[k]
		if !ok {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO notice_settings (person_id, kind, how) VALUES ($1, $2, $3) ON CONFLICT (person_id, kind) DO UPDATE SET how = excluded.how`, string(person), string(k), string(k.Choose(h))); err != nil {
			return err
		}
	}
	return nil
}

// tell writes what the events of a change mean to others: each change tells
// whom it concerns, or is not made.
func (t *Tx) tell(ctx context.Context) error {
	var list []Notice
	var once []string
	at := map[string]int{} // the same about the same shop is told once in a change
	for i := range t.events {
		e := &t.events[i]
		for _, told := range notice.Of(e) {
			people, err := t.concerned(ctx, e, told.To)
			if err != nil {
				return err
			}
			for _, p := range people {
				if p == t.By && t.By != "" {
					continue
				}
				key := strings.Join([]string{string(p), string(told.Kind), string(told.Shop)}, " ")
				if j, ok := at[key]; ok && told.Kind == notice.Assigned {
					list[j].add(told.Note)
					continue
				}
				at[key] = len(list)
				id := account.NewID()
				list = append(list, Notice{ID: id, Person: p, At: t.At, Note: told.Note})
				if told.Once == "" {
					once = append(once, string(id))
				} else {
					once = append(once, string(p)+" "+told.Once)
				}
			}
		}
	}
	return t.putNotices(ctx, list, once)
}

// add makes one notice of two about findings that were assigned together.
func (n *Notice) add(more notice.Note) {
	if more.Path == n.Path {
		n.Note = more
		return
	}
	count := 2
	if n.Case == "many" {
		_, _ = fmt.Sscan(n.Args["n"], &count)
		count++
	}
	n.Note = notice.Note{Kind: more.Kind, Case: "many", Shop: more.Shop, Path: "/shops/" + string(more.Shop) + "/findings?who=me", Args: map[string]string{"n": fmt.Sprint(count)}}
}

func (t *Tx) putNotices(ctx context.Context, list []Notice, once []string) error {
	if len(list) == 0 {
		return nil
	}
	people := make([]account.ID, 0, len(list))
	for _, n := range list {
		people = append(people, n.Person)
	}
	chosen := map[account.ID]map[notice.Kind]notice.How{}
	for i := 0; i < len(people); i += lot {
		part, err := settings(ctx, t.q, people[i:min(i+lot, len(people))])
		if err != nil {
			return err
		}
		for p, m := range part {
			chosen[p] = m
		}
	}
	for i, n := range list {
		doc, err := json.Marshal(n.Note)
		if err != nil {
			return err
		}
		post := string(n.Kind.Choose(chosen[n.Person][n.Kind]))
		if post == string(notice.Off) {
			post = ""
		}
		if _, err := t.q.ExecContext(ctx, `INSERT INTO notices (id, person_id, shop_id, kind, at, seen, post, once, doc) VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8) ON CONFLICT (once) DO NOTHING`,
			string(n.ID), string(n.Person), string(n.Shop), string(n.Kind), ts(n.At), post, once[i], string(doc)); err != nil {
			return fmt.Errorf("writing a notice: %w", named(err))
		}
	}
	return nil
}

// concerned finds the people of the circles, each once.
func (t *Tx) concerned(ctx context.Context, e *account.Event, circles []notice.Circle) ([]account.ID, error) {
	var out []account.ID
	seen := map[account.ID]bool{}
	for _, c := range circles {
		people, err := t.circle(ctx, e, c)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if p != "" && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// mostTold bounds how many people one change tells.
const mostTold = 200

func (t *Tx) ids(ctx context.Context, query string, args ...any) ([]account.ID, error) {
	rows, err := t.q.QueryContext(ctx, query, args...)
	return collect(rows, err, func(r *sql.Rows, id *account.ID) error { return r.Scan(id) })
}

// before is the condition of members m who stand before a shop by a grant g that holds.
// CROSS JOIN holds SQLite to the order: the shop's few grants come first.
const before = ` FROM grants g CROSS JOIN memberships m CROSS JOIN people p WHERE m.organisation_id = g.organisation_id AND p.id = m.person_id AND g.shop_id = $1 AND g.revoked = '' AND g.valid_from <= $2 AND g.valid_until > $2 AND p.erased = ''`

// has is the condition that a member has one of the roles.
func has(roles ...account.Role) string {
	var q []string
	for _, r := range roles {
		q = append(q, `',' || m.roles || ',' LIKE '%,`+string(r)+`,%'`)
	}
	return `(` + strings.Join(q, ` OR `) + `)`
}

func (t *Tx) circle(ctx context.Context, e *account.Event, c notice.Circle) ([]account.ID, error) {
	shop, object, limit := string(e.Shop), string(e.Object), fmt.Sprintf(` LIMIT %d`, mostTold)
	staff := `g.role = 'own' AND ` + has(account.Executive, account.Practitioner)
	switch c {
	case notice.ThePerson: // while he still stands before the shop
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND p.id = $3`, shop, ts(t.At), string(e.Person))
	case notice.Readers:
		return t.readers(ctx, e.Object, limit)
	case notice.Staff:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND `+staff+limit, shop, ts(t.At))
	case notice.Executives:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND g.role = 'own' AND `+has(account.Executive)+limit, shop, ts(t.At))
	case notice.Menders:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND (`+staff+` OR g.role = 'contractor' AND `+has(account.Executive, account.Maintainer)+`)`+limit, shop, ts(t.At))
	case notice.Starter: // while he still stands before the shop
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND p.id = (SELECT by_id FROM diagnoses WHERE id = $3 AND shop_id = $1)`, shop, ts(t.At), object)
	case notice.Giver:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND p.id = (SELECT by_id FROM instructions WHERE id = $3 AND shop_id = $1)`, shop, ts(t.At), object)
	case notice.Receiver:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND (p.id = (SELECT to_id FROM instructions WHERE id = $3 AND shop_id = $1) OR g.role = 'contractor' AND m.organisation_id = (SELECT to_id FROM instructions WHERE id = $3 AND shop_id = $1))`+limit, shop, ts(t.At), object)
	case notice.Asker:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND p.id = (SELECT by_id FROM requests WHERE id = $3 AND shop_id = $1)`, shop, ts(t.At), object)
	case notice.Asked:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND g.role = 'contractor' AND m.organisation_id = $3 AND `+has(account.Executive, account.Maintainer)+limit, shop, ts(t.At), string(e.Organisation))
	case notice.Delegator:
		return t.ids(ctx, `SELECT DISTINCT p.id`+before+` AND p.id = (SELECT by_id FROM delegations WHERE id = $3 AND shop_id = $1)`, shop, ts(t.At), e.Details["delegation"])
	case notice.Inviter:
		return t.ids(ctx, `SELECT p.id FROM links l JOIN people p ON p.id = l.by_id WHERE l.id = $1 AND l.purpose IN ('join', 'offer') AND p.erased = ''`, object)
	case notice.Organisation:
		return t.ids(ctx, `SELECT p.id FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.organisation_id = $1 AND p.erased = '' AND m.roles <> ''`+limit, string(e.Organisation))
	case notice.Operators:
		return t.ids(ctx, `SELECT p.id FROM memberships m JOIN people p ON p.id = m.person_id WHERE p.erased = '' AND `+has(account.Operator)+limit)
	}
	return nil, fmt.Errorf("notices to %q: nobody knows who that is", c)
}

// readers are who may read something of a committee paper beside the office: by
// their seats, as its class lets them, or because they are named on it.
func (t *Tx) readers(ctx context.Context, of account.ID, limit string) ([]account.ID, error) {
	var any []string
	for _, seat := range paper.Seats {
		for _, c := range paper.Classes {
			if may := paper.Readers[c]; slices.Contains(may, seat.Standing()) || slices.Contains(may, paper.Anyone) {
				any = append(any, `s.seat = '`+string(seat)+`' AND x.class = '`+string(c)+`'`)
			}
		}
	}
	return t.ids(ctx, `SELECT p.id FROM people p WHERE p.erased = '' AND p.id IN (SELECT s.person_id FROM committee_people s JOIN papers x ON x.committee_id = s.committee_id WHERE x.id = $1 AND (`+strings.Join(any, ` OR `)+`) UNION SELECT n.person_id FROM paper_names n WHERE n.paper_id = $1) ORDER BY p.id`+limit, string(of))
}
