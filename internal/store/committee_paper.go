package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
)

// shown are the columns of papers as an actor may see them.
func (s *sight) shown() string {
	whole, open := s.whole(), s.open()
	only := func(when, column string) string {
		return "CASE WHEN " + when + " THEN " + column + " ELSE '' END"
	}
	return only(open, "p.id") + ", p.committee_id, p.meeting_id, " + only(whole, "p.kind") + ", " + only(whole, "p.number") + ", " + only(whole, "p.class") + ", " + only(whole, "p.title") + ", " + only(open, "p.issued") +
		", CASE WHEN " + s.ofOffice("p.committee_id") + " THEN p.revision ELSE 0 END, CASE WHEN " + s.ofOffice("p.committee_id") + " THEN 1 ELSE 0 END, p.id, p.class, " + only(open, "c.name") + ", COALESCE(m.number, 0), COALESCE(m.day, '')"
}

// papersFrom joins to a paper what says where it belongs.
const papersFrom = ` FROM papers p JOIN committees c ON c.id = p.committee_id LEFT JOIN meetings m ON m.id = p.meeting_id `

// scanned is a paper with what is needed to make its mark, which no caller gets.
type scanned struct {
	paper.Paper
	id    string
	class paper.Class
}

func scanPaper(r interface{ Scan(...any) error }, x *scanned) error {
	var edit int
	if err := r.Scan(&x.ID, &x.Panel, &x.Meeting, &x.Kind, &x.Number, &x.Class, &x.Title, clock{&x.Issued}, &x.Revision, &edit, &x.id, &x.class, &x.Place.Panel, &x.Place.Number, &x.Place.Day); err != nil {
		return err
	}
	x.MayEdit, x.Withheld = edit == 1, x.ID == ""
	return nil
}

// marked gives papers the classes that occur in them. A paper of which the
// actor may read nothing has none.
func (d *DB) marked(ctx context.Context, list []scanned) ([]paper.Paper, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var ids []any
	for i := range list {
		ids = append(ids, list[i].id)
	}
	in := places(0, len(ids))
	rows, err := d.read.QueryContext(ctx, `SELECT paper_id, class FROM paper_parts WHERE paper_id IN (`+in+`) UNION SELECT paper_id, class FROM paper_files WHERE paper_id IN (`+in+`)`, ids...)
	type row struct {
		paper string
		class paper.Class
	}
	got, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.paper, &x.class) })
	if err != nil {
		return nil, err
	}
	pieces := map[string][]paper.Class{}
	for _, x := range got {
		pieces[x.paper] = append(pieces[x.paper], x.class)
	}
	out := make([]paper.Paper, len(list))
	for i := range list {
		out[i] = list[i].Paper
		if !out[i].Withheld {
			out[i].Classes = paper.Occur(list[i].class, pieces[list[i].id])
		}
	}
	return out, nil
}

// Work lists the papers of a committee and what people took on in its
// meetings, as an actor may see them. Of the papers, without what stands in
// them: one he may not read is a withheld place, and neighbours of the same
// meeting are one place. Drafts are told to the office alone.
func (d *DB) Work(ctx context.Context, a *account.Actor, panel account.ID) ([]paper.Paper, []paper.Action, error) {
	s, err := d.sight(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	papers, err := d.papers(ctx, s, panel)
	if err != nil {
		return nil, nil, err
	}
	actions, err := d.actions(ctx, s, panel)
	return papers, actions, err
}

func (d *DB) papers(ctx context.Context, s *sight, panel account.ID) ([]paper.Paper, error) {
	s.again()
	columns, issued := s.shown(), s.issued()
	rows, err := d.read.QueryContext(ctx, `SELECT `+columns+papersFrom+`WHERE p.committee_id = `+s.arg(string(panel))+` AND `+issued+` ORDER BY p.meeting_id DESC, CASE p.kind WHEN 'agenda' THEN 0 WHEN 'paper' THEN 1 ELSE 2 END, p.id`, s.args...)
	list, err := collect(rows, err, func(r *sql.Rows, x *scanned) error { return scanPaper(r, x) })
	if err != nil {
		return nil, err
	}
	out, err := d.marked(ctx, list)
	return slices.CompactFunc(out, func(a, b paper.Paper) bool { return a.Withheld && b.Withheld && a.Meeting == b.Meeting }), err
}

// PapersFor lists the issued papers of all committees of which an actor may
// read something, newest first.
func (d *DB) PapersFor(ctx context.Context, a *account.Actor, before account.ID, limit int) ([]paper.Paper, error) {
	s, err := d.sight(ctx, a)
	if err != nil {
		return nil, err
	}
	if before == "" {
		before = "~" // after every ID
	}
	columns, open := s.shown(), s.open()
	rows, err := d.read.QueryContext(ctx, `SELECT `+columns+papersFrom+`WHERE p.issued <> '' AND `+open+` AND p.id < `+s.arg(string(before))+` ORDER BY p.id DESC LIMIT `+s.arg(limit), s.args...)
	list, err := collect(rows, err, func(r *sql.Rows, x *scanned) error { return scanPaper(r, x) })
	if err != nil {
		return nil, err
	}
	return d.marked(ctx, list)
}

// Paper reads a paper as an actor may see it: what he may not see has neither
// words nor names nor sizes, only a place. ErrNotFound when he may see nothing.
func (d *DB) Paper(ctx context.Context, a *account.Actor, id account.ID) (*paper.Paper, error) {
	s, err := d.sight(ctx, a)
	if err != nil {
		return nil, err
	}
	columns, open := s.shown(), s.open()
	var x scanned
	if err := scanPaper(d.read.QueryRowContext(ctx, `SELECT `+columns+papersFrom+`WHERE p.id = `+s.arg(string(id))+` AND `+open, s.args...), &x); err != nil {
		return nil, found("paper", err)
	}
	out := &x.Paper
	var pieces []paper.Class
	if out.Parts, err = d.parts(ctx, s, id, &pieces); err != nil {
		return nil, err
	}
	if out.Files, err = d.files(ctx, s, id, &pieces); err != nil {
		return nil, err
	}
	out.Classes = paper.Occur(x.class, pieces)
	if !out.MayEdit {
		out.Parts = paper.Merge(out.Parts)
		return out, nil
	}
	return out, d.paperNames(ctx, out)
}

// parts reads the parts of a paper as they may be seen, and adds to occur of
// which class each is, for the mark on the cover.
func (d *DB) parts(ctx context.Context, s *sight, id account.ID, occur *[]paper.Class) ([]paper.Part, error) {
	s.again()
	may, heading := s.piece(), s.heading()
	columns := "CASE WHEN " + may + " THEN 1 ELSE 0 END, CASE WHEN " + heading + " THEN x.title ELSE '' END"
	for _, c := range []string{"x.id", "x.class", "x.title_class", "x.text", "x.caption", "x.figures"} {
		columns += ", CASE WHEN " + may + " THEN " + c + " ELSE '' END"
	}
	rows, err := d.read.QueryContext(ctx, `SELECT x.class, `+columns+` FROM paper_parts x JOIN papers p ON p.id = x.paper_id WHERE x.paper_id = `+s.arg(string(id))+` ORDER BY x.position, x.id`, s.args...)
	return collect(rows, err, func(r *sql.Rows, x *paper.Part) error {
		var may int
		var figures string
		var class paper.Class
		if err := r.Scan(&class, &may, &x.Title, &x.ID, &x.Class, &x.TitleClass, &x.Text, &x.Caption, &figures); err != nil {
			return err
		}
		*occur = append(*occur, class)
		x.Withheld = may == 0
		x.Figures, _ = paper.ReadFigures(figures) // written by WriteFigures, which it reads
		return nil
	})
}

func (d *DB) files(ctx context.Context, s *sight, id account.ID, occur *[]paper.Class) ([]paper.File, error) {
	s.again()
	may := s.piece()
	columns := "CASE WHEN " + may + " THEN 1 ELSE 0 END, CASE WHEN " + may + " THEN x.size ELSE 0 END"
	for _, c := range []string{"x.id", "x.class", "x.name", "x.alt", "x.media", "x.sum"} {
		columns += ", CASE WHEN " + may + " THEN " + c + " ELSE '' END"
	}
	rows, err := d.read.QueryContext(ctx, `SELECT x.class, `+columns+` FROM paper_files x JOIN papers p ON p.id = x.paper_id WHERE x.paper_id = `+s.arg(string(id))+` ORDER BY x.id`, s.args...)
	list, err := collect(rows, err, func(r *sql.Rows, x *paper.File) error {
		var may int
		var class paper.Class
		err := r.Scan(&class, &may, &x.Size, &x.ID, &x.Class, &x.Name, &x.Alt, &x.Media, &x.Sum)
		*occur = append(*occur, class)
		x.Withheld = may == 0
		return err
	})
	return slices.CompactFunc(list, func(a, b paper.File) bool { return a.Withheld && b.Withheld }), err
}

// paperNames tells the office who is named on a paper and its pieces.
func (d *DB) paperNames(ctx context.Context, x *paper.Paper) error {
	rows, err := d.read.QueryContext(ctx, `SELECT n.object_id, n.person_id, p.mail FROM paper_names n JOIN people p ON p.id = n.person_id WHERE n.paper_id = $1
		UNION ALL SELECT '', s.sum, s.lang || ' ' || s.at FROM paper_sources s WHERE s.paper_id = $1 AND s.source = '' ORDER BY 2`, string(x.ID))
	type row struct {
		object, person account.ID
		mail           string
	}
	list, err := collect(rows, err, func(r *sql.Rows, n *row) error { return r.Scan(&n.object, &n.person, &n.mail) })
	by := map[account.ID][]account.ID{}
	x.Mails = map[account.ID]string{}
	for _, n := range list {
		if n.object == "" {
			l, at, _ := strings.Cut(n.mail, " ")
			x.Made = &paper.Made{Report: string(n.person), Lang: i18n.Lang(l)}
			if err := (clock{&x.Made.At}).Scan(at); err != nil {
				return err
			}
			continue
		}
		x.Mails[n.person] = n.mail
		by[n.object] = append(by[n.object], n.person)
	}
	x.Names = by[x.ID]
	for i := range x.Parts {
		x.Parts[i].Names = by[x.Parts[i].ID]
	}
	for i := range x.Files {
		x.Files[i].Names = by[x.Files[i].ID]
	}
	return err
}

// PaperFile reads an attachment with its bytes. ErrNotFound when the paper has
// no such one that the actor may read.
func (d *DB) PaperFile(ctx context.Context, a *account.Actor, of, id account.ID) (*paper.File, []byte, error) {
	s, err := d.sight(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	may := s.piece()
	var x paper.File
	var sealed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT x.id, x.class, x.name, x.alt, x.media, x.size, x.sum, x.data FROM paper_files x JOIN papers p ON p.id = x.paper_id WHERE x.id = `+s.arg(string(id))+` AND x.paper_id = `+s.arg(string(of))+` AND `+may, s.args...).
		Scan(&x.ID, &x.Class, &x.Name, &x.Alt, &x.Media, &x.Size, &x.Sum, &sealed); err != nil {
		return nil, nil, found("attachment", err)
	}
	data, err := unseal(d.master, sealed, "paper "+string(id))
	return &x, data, err
}

// FindPapers finds words in papers, in what an actor may see of them and in
// nothing else. There are at most limit hits.
func (d *DB) FindPapers(ctx context.Context, a *account.Actor, words string, limit int) ([]paper.Hit, error) {
	if strings.TrimSpace(words) == "" {
		return nil, nil
	}
	s, err := d.sight(ctx, a)
	if err != nil {
		return nil, err
	}
	whole, piece, heading := s.whole(), s.piece(), s.heading()
	like := s.arg(contains(strings.TrimSpace(words)))
	has := func(column string) string { return "lower(" + column + ") LIKE " + like + " ESCAPE '!'" }
	title := "CASE WHEN " + whole + " THEN p.title ELSE '' END"
	rows, err := d.read.QueryContext(ctx, `SELECT at, title, place, excerpt FROM (
		SELECT p.id AS at, p.title AS title, p.number AS place, '' AS excerpt, '0' AS sort FROM papers p WHERE `+whole+` AND (`+has("p.title")+` OR `+has("p.number")+`)
		UNION ALL SELECT p.id, `+title+`, CASE WHEN `+heading+` THEN x.title ELSE '' END, x.text, x.id FROM paper_parts x JOIN papers p ON p.id = x.paper_id WHERE `+piece+` AND (`+heading+` AND `+has("x.title")+` OR `+has("x.text")+` OR `+has("x.caption")+` OR `+has("x.figures")+`)
		UNION ALL SELECT p.id, `+title+`, x.title, '', x.id FROM paper_parts x JOIN papers p ON p.id = x.paper_id WHERE NOT `+piece+` AND `+heading+` AND `+has("x.title")+`
		UNION ALL SELECT p.id, `+title+`, x.name, x.alt, x.id FROM paper_files x JOIN papers p ON p.id = x.paper_id WHERE `+piece+` AND (`+has("x.name")+` OR `+has("x.alt")+`)
	) hits ORDER BY at DESC, sort LIMIT `+s.arg(limit), s.args...)
	return collect(rows, err, func(r *sql.Rows, x *paper.Hit) error {
		err := r.Scan(&x.Paper, &x.Title, &x.Where, &x.Excerpt)
		x.Excerpt = around(x.Excerpt, strings.TrimSpace(words), 60)
		return err
	})
}

// around is a piece of text with the words in its middle.
func around(text, words string, each int) string {
	runes, want := []rune(strings.Join(strings.Fields(text), " ")), []rune(strings.ToLower(words))
	low := []rune(strings.ToLower(string(runes)))
	if len(low) != len(runes) || len(want) == 0 {
		low = runes
	}
	at := 0
	for i := 0; i+len(want) <= len(low); i++ {
		if slices.Equal(low[i:i+len(want)], want) {
			at = i
			break
		}
	}
	from, until := max(0, at-each), min(len(runes), at+len(want)+each)
	out := string(runes[from:until])
	if from > 0 {
		out = "…" + out
	}
	if until < len(runes) {
		out += "…"
	}
	return out
}
