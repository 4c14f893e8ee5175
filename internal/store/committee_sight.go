package store

import (
	"context"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/paper"
)

// sight is what an actor may see of papers, as a condition of queries: what he
// may not see does not leave the database.
type sight struct {
	person                    account.ID
	seated, attending, office []string // committees
	args                      []any
	said                      map[string]string // parts of the condition that are in the query already
}

// sight finds out where an actor has a seat, and whose office he belongs to.
// nil is somebody who is not signed in.
func (d *DB) sight(ctx context.Context, a *account.Actor) (*sight, error) {
	s := &sight{said: map[string]string{}}
	if a == nil {
		return s, nil
	}
	s.person = a.Person.ID
	query, args := `SELECT committee_id, seat FROM committee_people WHERE person_id = $1`, []any{string(s.person)}
	if offices := a.Of(account.Office, account.Clerk, account.Approver); len(offices) > 0 {
		query += ` UNION ALL SELECT c.id, 'office' FROM committees c JOIN programmes p ON p.id = c.programme_id WHERE p.office_id IN (` + places(1, len(offices)) + `)`
		for _, o := range offices {
			args = append(args, string(o.ID))
		}
	}
	rows, err := d.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, named(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, seat string
		if err := rows.Scan(&id, &seat); err != nil {
			return nil, err
		}
		switch {
		case seat == "office":
			s.office = append(s.office, id)
		case paper.Seat(seat).Standing() == paper.Attending:
			s.attending = append(s.attending, id)
		default:
			s.seated = append(s.seated, id)
		}
	}
	return s, rows.Err()
}

// arg adds an argument to the query and gives its placeholder.
func (s *sight) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// again begins another query.
func (s *sight) again() { s.args, s.said = nil, map[string]string{} }

func (s *sight) in(column string, ids []string) string {
	if len(ids) == 0 {
		return "1 = 0"
	}
	key := strings.Join(ids, " ")
	if s.said[key] == "" {
		var list []string
		for _, id := range ids {
			list = append(list, s.arg(id))
		}
		s.said[key] = strings.Join(list, ", ")
	}
	return column + " IN (" + s.said[key] + ")"
}

// isNamed is true of what the actor is named on: column holds its ID.
func (s *sight) isNamed(column, object string) string {
	if s.person == "" {
		return "1 = 0"
	}
	if s.said["person"] == "" {
		s.said["person"] = s.arg(string(s.person))
	}
	return "EXISTS (SELECT 1 FROM paper_names n WHERE n." + column + " = " + object + " AND n.person_id = " + s.said["person"] + ")"
}

// ofOffice is true of what belongs to a committee whose office the actor belongs to.
func (s *sight) ofOffice(committee string) string { return s.in(committee, s.office) }

// may is true of what the actor may read, given the columns that hold its
// class, its ID and its committee. It is made of paper.Readers and of nothing else.
func (s *sight) may(class, object, committee string) string {
	var any []string
	for _, c := range paper.Classes {
		var by []string
		for _, st := range paper.Readers[c] {
			switch st {
			case paper.Anyone:
				by = append(by, "1 = 1")
			case paper.Seated:
				by = append(by, s.in(committee, s.seated))
			case paper.Attending:
				by = append(by, s.in(committee, s.attending))
			case paper.OfOffice:
				by = append(by, s.ofOffice(committee))
			case paper.Named:
				by = append(by, s.isNamed("object_id", object))
			}
		}
		any = append(any, class+" = '"+string(c)+"' AND ("+strings.Join(by, " OR ")+")")
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// whole is true of a paper p whose own class lets the actor read it, drafts by
// the office alone.
func (s *sight) whole() string {
	return "(" + s.issued() + " AND " + s.may("p.class", "p.id", "p.committee_id") + ")"
}

// open is true of a paper p of which the actor may read something.
func (s *sight) open() string {
	return "(" + s.issued() + " AND (" + s.may("p.class", "p.id", "p.committee_id") + " OR " + s.isNamed("paper_id", "p.id") + "))"
}

func (s *sight) issued() string { return "(p.issued <> '' OR " + s.ofOffice("p.committee_id") + ")" }

// piece is true of a part or an attachment x of a paper p that the actor may
// read: both the piece and the paper ask for it, unless he is named on the piece.
func (s *sight) piece() string {
	return "(" + s.issued() + " AND " + s.may("x.class", "x.id", "p.committee_id") + " AND (" + s.may("p.class", "p.id", "p.committee_id") + " OR " + s.isNamed("object_id", "x.id") + "))"
}

// heading is true of a part x whose heading the actor may read: by its own
// class, which may be wider or narrower than that of what stands under it, or
// because he is named on the part.
func (s *sight) heading() string {
	own := s.may("x.title_class", "x.id", "p.committee_id")
	return "(" + s.piece() + " AND (" + own + " OR " + s.isNamed("object_id", "x.id") + ") OR " + s.issued() + " AND " + own + " AND " + s.may("p.class", "p.id", "p.committee_id") + ")"
}
