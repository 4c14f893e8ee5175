package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
)

// looker is somebody before a paper, and which of the canaries he may read.
type looker struct {
	actor *account.Actor
	reads string // the letters of the classes
}

// council is a database with an office, another office, a committee of a
// programme of the first, another committee, and readers of every standing.
type council struct {
	*testing.T
	db           *DB
	office       account.Organisation
	panel, other paper.Panel
	paper        paper.Paper
	readers      map[string]looker
}

func convened(t *testing.T, db *DB) *council {
	ctx := t.Context()
	now := time.Date(2022, 9, 2, 1, 0, 0, 0, time.UTC)
	c := &council{T: t, db: db, readers: map[string]looker{"stranger": {nil, "a"}}}
	person := func(name string, kind account.Kind, org *account.Organisation, reads string, roles ...account.Role) account.ID {
		p := account.Person{ID: account.NewID(), Name: name, Mail: name + "@example.jp", Lang: i18n.JA}
		if org.ID == "" {
			*org = account.Organisation{ID: account.NewID(), Kind: kind, Name: name}
			if err := db.Change(ctx, p.ID, now, func(tx *Tx) error { return tx.AddOrganisation(ctx, org) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Change(ctx, p.ID, now, func(tx *Tx) error {
			return errors.Join(tx.AddPerson(ctx, &p, ""), tx.AddRoles(ctx, p.ID, org.ID, kind, roles))
		}); err != nil {
			t.Fatal(err)
		}
		a, err := db.Actor(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		c.readers[name] = looker{a, reads}
		return p.ID
	}
	var office, ministry, firm, foreign account.Organisation
	person("clerk", account.Office, &office, "abc", account.Clerk)
	person("approver", account.Office, &office, "abc", account.Approver)
	member := person("member", account.Office, &office, "ab", account.Member)
	person("elsewhere", account.Office, &office, "a", account.Member) // sits in another committee
	guest := person("observer", account.Ministry, &ministry, "ab", account.Observer)
	person("unseated", account.Ministry, &ministry, "a", account.Observer)
	named := person("named", account.Firm, &firm, "ac", account.Diagnostician)
	person("unnamed", account.Firm, &firm, "a", account.Diagnostician)
	person("foreign", account.Office, &foreign, "a", account.Clerk, account.Approver)
	person("operator", account.Platform, &account.Organisation{}, "a", account.Operator)
	c.office = office
	programme := func(of account.ID, slug string) account.ID {
		id := account.NewID()
		if _, err := db.write.ExecContext(ctx, `INSERT INTO programmes (id, office_id, revision, slug, state, call_from, call_until, receipts, created, updated, doc) VALUES ($1, $2, 1, $3, 'draft', '', '', 0, '', '', '{}')`, string(id), string(of), slug); err != nil {
			t.Fatal(err)
		}
		return id
	}
	c.panel = paper.Panel{Programme: programme(office.ID, "own"), Name: "検討委員会"}
	c.other = paper.Panel{Programme: c.panel.Programme, Name: "別の委員会"}
	strange := paper.Panel{Programme: programme(foreign.ID, "foreign"), Name: "よその委員会"}
	c.change(func(tx *Tx) error {
		return errors.Join(tx.AddPanel(ctx, office.ID, &c.panel), tx.AddPanel(ctx, office.ID, &c.other), tx.AddPanel(ctx, foreign.ID, &strange),
			tx.Seat(ctx, office.ID, &c.panel, member, paper.Chair), tx.Seat(ctx, office.ID, &c.panel, member, paper.Member), tx.Seat(ctx, office.ID, &c.panel, guest, paper.Observer),
			tx.Seat(ctx, office.ID, &c.other, c.readers["elsewhere"].actor.Person.ID, paper.Member))
	})
	c.paper = paper.Paper{Panel: c.panel.ID, Kind: paper.Report, Number: "資料1", Class: paper.Public, Title: "事業の概要"}
	c.change(func(tx *Tx) error {
		if err := tx.AddPaper(ctx, office.ID, &c.paper); err != nil {
			return err
		}
		for _, class := range paper.Classes {
			var names []account.ID
			if class == paper.Closed {
				names = []account.ID{named}
			}
			k := canary(class)
			part := &paper.Part{Class: class, TitleClass: class, Title: "title-" + k, Text: "text-" + k, Caption: "caption-" + k, Figures: []paper.Figure{{Label: "figure-" + k, Value: 7}}, Names: names}
			file := &paper.File{Class: class, Name: "file-" + k + ".txt", Alt: "alt-" + k, Media: "text/plain", Names: names}
			action := &paper.Action{Panel: c.panel.ID, Class: class, Text: "action-" + k, Who: "who-" + k}
			if err := errors.Join(tx.SavePart(ctx, office.ID, &c.paper, part), tx.AddPaperFile(ctx, office.ID, &c.paper, file, []byte("bytes-"+k)), tx.AddAction(ctx, office.ID, action)); err != nil {
				return err
			}
		}
		return tx.IssuePaper(ctx, office.ID, &c.paper)
	})
	return c
}

// canary is a word that stands in every field of a class, and nowhere else.
func canary(c paper.Class) string { return "canary" + strings.ToUpper(string(c)) }

func (c *council) change(f func(*Tx) error) {
	c.Helper()
	if err := c.db.Change(c.Context(), "", time.Date(2022, 9, 2, 2, 0, 0, 0, time.UTC), f); err != nil {
		c.Fatal(err)
	}
}

// all is everything that the store gives an actor, as text.
func (c *council) all(a *account.Actor) (string, error) {
	ctx := c.Context()
	var b strings.Builder
	papers, err1 := c.db.PapersFor(ctx, a, "", 100)
	list, actions, err2 := c.db.Work(ctx, a, c.panel.ID)
	fmt.Fprintf(&b, "%+v %+v %+v", papers, list, actions)
	for _, p := range append(papers, list...) {
		if p.Withheld {
			continue
		}
		x, err := c.db.Paper(ctx, a, p.ID)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%+v", *x)
		for _, f := range x.Files {
			if !f.Withheld {
				_, data, err := c.db.PaperFile(ctx, a, p.ID, f.ID)
				if err != nil {
					return "", err
				}
				b.Write(data)
			}
		}
	}
	for _, class := range paper.Classes {
		for _, field := range []string{"title", "text", "caption", "figure", "file", "alt", "bytes", "action"} {
			hits, err := c.db.FindPapers(ctx, a, field+"-"+canary(class), 50)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%+v", hits)
		}
	}
	return b.String(), errors.Join(err1, err2)
}

// TestPaperReaders: of every field of every class nothing leaves the store but
// to those whom the matrix names.
func TestPaperReaders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		c := convened(t, db)
		for name, r := range c.readers {
			got, err := c.all(r.actor)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i, class := range paper.Classes {
				may := strings.Contains(r.reads, string(rune('a'+i)))
				fields := []string{"title-", "text-", "caption-", "figure-", "file-", "alt-", "bytes-", "action-", "who-"}
				if name == "named" && class == paper.Closed {
					fields = fields[:7] // nobody named him on the action
				}
				for _, field := range fields {
					if strings.Contains(got, field+canary(class)) != may {
						t.Errorf("%s reads %s of %s: %v", name, field, class, !may)
					}
				}
				if !may && strings.Contains(got, canary(class)) {
					t.Errorf("%s finds the canary of %s", name, class)
				}
			}
			hits, err := db.FindPapers(t.Context(), r.actor, "canary", 50)
			if err != nil || len(hits) != 2*len(r.reads) {
				t.Errorf("%s counts %d hits: %v", name, len(hits), err)
			}
		}
		x, err := db.Paper(t.Context(), nil, c.paper.ID)
		if err != nil || paper.Mark(x.Classes, i18n.JA) != "一部（非公開＋委員限り）" || len(x.Parts) != 2 || len(x.Files) != 2 || x.Parts[1].ID != "" || x.Files[1].Size != 0 || x.Revision != 0 {
			t.Errorf("a stranger reads %+v: %v", x, err)
		}
		if audit := c.audited(); strings.Contains(audit, "canary") || !strings.Contains(audit, string(account.PaperIssued)) {
			t.Error("the audit log tells what stands in papers")
		}
	})
}

func (c *council) audited() string {
	rows, err := c.db.read.QueryContext(context.WithoutCancel(c.Context()), `SELECT doc FROM audit`)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var doc string
		if err := rows.Scan(&doc); err != nil {
			c.Fatal(err)
		}
		b.WriteString(doc)
	}
	return b.String()
}

// TestClosedPaper: of a paper that is closed as a whole, the committee has a
// place without a name; who is named on one part reads that part and the rest
// of it not at all; a draft is the office's.
func TestClosedPaper(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		c := convened(t, db)
		office, named := c.office.ID, c.readers["named"].actor
		x := &paper.Paper{Panel: c.panel.ID, Kind: paper.Report, Number: "closed-number", Class: paper.Closed, Title: "closed-title"}
		open := &paper.Part{Class: paper.Public, TitleClass: paper.Public, Title: "public part", Text: "of a closed paper"}
		his := &paper.Part{Class: paper.Closed, TitleClass: paper.Closed, Title: "his part", Text: "his text", Names: []account.ID{named.Person.ID}}
		c.change(func(tx *Tx) error {
			return errors.Join(tx.AddPaper(ctx, office, x), tx.SavePart(ctx, office, x, open), tx.SavePart(ctx, office, x, his))
		})
		if _, err := db.Paper(ctx, named, x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("a draft is read: %v", err)
		}
		if list, _, err := db.Work(ctx, c.readers["member"].actor, c.panel.ID); err != nil || len(list) != 1 {
			t.Errorf("the committee is told of a draft: %+v %v", list, err)
		}
		c.change(func(tx *Tx) error { return tx.IssuePaper(ctx, office, x) })
		if err := db.Change(ctx, "", time.Now(), func(tx *Tx) error { return tx.SavePart(ctx, office, x, his) }); !errors.Is(err, ErrConflict) {
			t.Errorf("an issued paper was changed: %v", err)
		}
		member := c.readers["member"].actor
		list, _, err := db.Work(ctx, member, c.panel.ID)
		if err != nil || len(list) != 2 || !list[1].Withheld && !list[0].Withheld || strings.Contains(fmt.Sprintf("%+v", list), "closed-") {
			t.Errorf("the committee is told %+v: %v", list, err)
		}
		if _, err := db.Paper(ctx, member, x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the committee opens it: %v", err)
		}
		got, err := db.Paper(ctx, named, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Title != "" || got.Number != "" || len(got.Parts) != 2 || !got.Parts[0].Withheld || got.Parts[0].Title != "" || got.Parts[1].Text != "his text" {
			t.Errorf("the named one reads %+v", got)
		}
		// A heading may be wider than what stands under it.
		wide := &paper.Paper{Panel: c.panel.ID, Kind: paper.Report, Class: paper.Public, Title: "進捗"}
		c.change(func(tx *Tx) error {
			return errors.Join(tx.AddPaper(ctx, office, wide), tx.SavePart(ctx, office, wide, &paper.Part{Class: paper.Closed, TitleClass: paper.Public, Title: "見出しだけ公開", Text: "secret words"}), tx.IssuePaper(ctx, office, &paper.Paper{ID: wide.ID, Panel: c.panel.ID, Revision: 2}))
		})
		if got, err := db.Paper(ctx, nil, wide.ID); err != nil || got.Parts[0].Title != "見出しだけ公開" || !got.Parts[0].Withheld || strings.Contains(fmt.Sprintf("%+v", got), "secret words") || paper.Mark(got.Classes, i18n.JA) != "非公開" {
			t.Errorf("a stranger reads %+v: %v", got, err)
		}
		if hits, err := db.FindPapers(ctx, nil, "見出しだけ", 9); err != nil || len(hits) != 1 || hits[0].Excerpt != "" {
			t.Errorf("%+v %v", hits, err)
		}
		if hits, err := db.FindPapers(ctx, nil, "secret", 9); err != nil || len(hits) != 0 {
			t.Errorf("%+v %v", hits, err)
		}
		// Or narrower.
		narrow := &paper.Paper{Panel: c.panel.ID, Kind: paper.Report, Class: paper.Public, Title: "概要"}
		c.change(func(tx *Tx) error {
			return errors.Join(tx.AddPaper(ctx, office, narrow), tx.SavePart(ctx, office, narrow, &paper.Part{Class: paper.Public, TitleClass: paper.Closed, Title: "narrow title", Text: "words for all"}),
				tx.SavePart(ctx, office, narrow, &paper.Part{Class: paper.Closed, TitleClass: paper.Committee, Title: "of his part", Text: "for him", Names: []account.ID{named.Person.ID}}), tx.IssuePaper(ctx, office, narrow))
		})
		for name, r := range c.readers {
			got, err := db.Paper(ctx, r.actor, narrow.ID)
			hits, err2 := db.FindPapers(ctx, r.actor, "narrow", 9)
			more, err3 := db.FindPapers(ctx, r.actor, "words for all", 9)
			if err := errors.Join(err, err2, err3); err != nil || len(more) != 1 {
				t.Fatalf("%s: %v %v", name, more, err)
			}
			may := strings.Contains(r.reads, "abc")
			if (got.Parts[0].Title != "") != may || len(hits) > 0 != may || (more[0].Where != "") != may || got.Parts[0].Text == "" {
				t.Errorf("%s reads %+v, finds %v %v", name, got.Parts[0], hits, more)
			}
			if own := got.Parts[1]; (own.Title != "") != (name == "named" || strings.Contains(r.reads, "b")) {
				t.Errorf("%s reads the heading: %+v", name, own)
			}
		}
		// Who loses his seat reads what everybody reads.
		c.change(func(tx *Tx) error { return tx.Unseat(ctx, office, &c.panel, member.Person.ID) })
		if after, err := c.all(member); err != nil || strings.Contains(after, canary(paper.Committee)) {
			t.Errorf("without a seat he reads on: %v", err)
		}
	})
}
