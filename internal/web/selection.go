package web

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/report/xlsx"
	"miseban/internal/selection"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// explainSelection puts into words why a choice cannot be made, proposed or approved.
func explainSelection(v *visit, err error) (status int, title, text string, known bool) {
	for _, x := range []struct {
		err         error
		title, text string
	}{
		{store.ErrCallOpen, v.t("まだ選定できません"), v.t("募集の期間が終わるまで、くじの種は封印されています。")},
		{store.ErrStale, v.t("選定をやり直してください"), v.t("この選定の後に、応募の訂正、取り下げ、資格の変更がありました。今の応募で選定し直し、もう一度承認を依頼してください。")},
		{store.ErrUndecided, v.t("資格が決まっていない応募があります"), v.t("「応募」のページですべての応募の資格を決め、選定し直してください。")},
		{store.ErrDecided, v.t("選定はすでに承認されています"), v.t("欠けたサイトは「補欠と繰り上げ」のページで補ってください。")},
		{store.ErrNoPlace, v.t("空いている枠がありません"), v.t("選定されたサイトの数が、承認された選定の数に達しています。")},
		{store.ErrOwn, v.t("承認できるのは、別の組織の承認者です"), v.t("事務局が依頼した選定は、事務局に所属していない承認者（所管の省庁など）が承認します。")},
	} {
		if errors.Is(err, x.err) {
			if x.err == store.ErrOwn {
				return http.StatusForbidden, x.title, x.text, true
			}
			return http.StatusConflict, x.title, x.text, true
		}
	}
	return 0, "", "", false
}

// selectionPage shows where the selection of a programme stands.
func (s *Server) selectionPage(w http.ResponseWriter, v *visit) error {
	ctx, p := v.Context(), v.Programme
	f := view.Selection{ProgrammeHead: s.programmeHead(v), Over: p.Phase(s.now()) == programme.After, MayRun: v.has(clerks...), Names: map[account.ID]string{}}
	seed, err := s.db.SelectionSeed(ctx, p.ID)
	switch {
	case err == nil:
		f.Seed = seed
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if f.Counts, err = s.db.ApplicationCounts(ctx, p.ID); err != nil {
		return err
	}
	if f.Runs, err = s.db.Selections(ctx, p.ID, 0, 100); err != nil {
		return err
	}
	if f.Proposals, err = s.db.Proposals(ctx, p.ID, 100); err != nil {
		return err
	}
	var people []account.ID
	for i := range f.Runs {
		people = append(people, f.Runs[i].By)
	}
	for i := range f.Proposals {
		x := &f.Proposals[i]
		people = append(people, x.By, x.DecidedBy)
		switch {
		case x.State == selection.Pending:
			f.Open = x
			_, may := p.Approves(v.Actor, x.For)
			f.MayAnswer = may && v.has(signers...)
		case x.State == selection.Approved && x.Kind == selection.WholeChoice:
			f.Approved = x
		}
	}
	f.Names, err = s.db.Names(ctx, people)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.SelectionPage(f))
}

// sealSeed makes the seed of a programme that was announced before there were any.
func (s *Server) sealSeed(w http.ResponseWriter, v *visit) error {
	if v.Programme.Phase(s.now()) == programme.NoCall {
		return store.ErrCallOpen
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SealSeed(v.Context(), v.Programme, store.NewSeed()) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/selection"), v.t("くじの種を封印し、ハッシュ値を公募のページに載せました。"))
}

// choice is the one that the address names.
func (s *Server) choice(v *visit, id string) (*store.Selection, error) {
	if !account.ID(id).Valid() {
		return nil, errNoPage
	}
	return s.db.Selection(v.Context(), v.Programme.ID, account.ID(id))
}

// choose makes a choice of an order and keeps it. Searches take turns: each may
// take seconds of a processor.
func (s *Server) choose(v *visit, o *selection.Order, parent account.ID) (*store.Selection, error) {
	ctx := v.Context()
	select {
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := s.now()
	var err error
	if o.Seed, err = s.db.OpenSeed(ctx, v.Programme, now); err != nil {
		return nil, err
	}
	if _, err = s.db.Approved(ctx, v.Programme.ID); !errors.Is(err, store.ErrNotFound) {
		return nil, errors.Join(err, store.ErrDecided)
	}
	f, err := s.db.Applied(ctx, v.Programme)
	if err != nil {
		return nil, err
	}
	for _, m := range o.Marks {
		if !slices.ContainsFunc(f.Applicants, func(a selection.Applicant) bool { return a.Receipt == m.ID }) {
			return nil, account.Problems{{Field: "receipt", Reason: account.Reason{Message: "受付番号「{n}」の応募は、取り下げられたか、ありません。", Args: map[string]string{"n": m.ID}}}}
		}
	}
	o.At = now.In(report.Tokyo()).Format(time.RFC3339)
	call, err := f.Call(o)
	if err != nil {
		return nil, faultsOf(v, err)
	}
	r, err := call.Select()
	if err != nil {
		return nil, faultsOf(v, err)
	}
	x := &store.Selection{ID: account.NewID(), Parent: parent, Basis: f.Basis(), Summary: *selection.Summarise(o, r)}
	return x, s.change(v, func(tx *store.Tx) error { return tx.AddSelection(ctx, v.Programme, x, r) })
}

// faultsOf is what is wrong with an order, as problems of a form; any other error is itself.
func faultsOf(v *visit, err error) error {
	var out account.Problems
	for _, f := range selection.Faults(err) {
		out = append(out, account.Problem{Reason: account.Reason{Message: f.Message, Args: f.ArgsIn(v.Lang)}})
	}
	if len(out) == 0 {
		return err
	}
	return out
}

// choiceForm is what the page of a choice shows.
func (s *Server) choiceForm(v *visit) (*view.ChoiceSheet, error) {
	ctx := v.Context()
	x, err := s.choice(v, v.PathValue("choice"))
	if err != nil {
		return nil, err
	}
	f := &view.ChoiceSheet{ProgrammeHead: s.programmeHead(v), Run: *x, Fate: selection.Fate(v.URL.Query().Get("fate")), Receipt: v.URL.Query().Get("receipt"), MayRun: v.has(clerks...)}
	if x.Parent != "" {
		if f.Before, err = s.db.Selection(ctx, v.Programme.ID, x.Parent); err != nil {
			return nil, err
		}
	}
	r, err := s.record(v, x.ID)
	if err != nil {
		return nil, err
	}
	places, err := s.db.SelectionPlaces(ctx, v.Programme.ID)
	if err != nil {
		return nil, err
	}
	f.Fill(r, places, v.URL.Query().Get("after"))
	list, err := s.db.Proposals(ctx, v.Programme.ID, 100)
	if err != nil {
		return nil, err
	}
	f.Free = !slices.ContainsFunc(list, func(p selection.Proposal) bool {
		return p.State == selection.Pending || p.State == selection.Approved
	})
	f.Signers = v.Programme.Signers()
	return f, nil
}

// record reads the record of a choice that was found in the programme. The one
// read last is kept: to read one of 10,000 applications takes a while.
func (s *Server) record(v *visit, id account.ID) (*selection.Record, error) {
	if last := s.read.Load(); last != nil && last.id == id {
		return last.record, nil
	}
	b, err := s.db.SelectionRecord(v.Context(), v.Programme.ID, id)
	if err != nil {
		return nil, err
	}
	r, err := selection.ReadRecord(bytes.NewReader(b))
	if err == nil {
		s.read.Store(&readRecord{id, r})
	}
	return r, err
}

// readRecord is a record that is kept for the next page; nobody writes to it.
type readRecord struct {
	id     account.ID
	record *selection.Record
}

func (s *Server) choicePage(w http.ResponseWriter, v *visit) error {
	f, err := s.choiceForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ChoicePage(*f))
}

// markChoice pins or bars a site, or takes that back, and makes the choice anew:
// the page of the new one shows what it costs.
func (s *Server) markChoice(w http.ResponseWriter, v *visit) error {
	x, err := s.choice(v, v.PathValue("choice"))
	if err != nil {
		return err
	}
	m := selection.Mark{ID: v.value("receipt"), Pin: v.value("do") == "pin", Note: account.Paragraph(v.PostFormValue("note"))}
	o := &selection.Order{Places: x.Places, Quotas: x.Quotas, Effort: x.Effort}
	o.Marks = slices.DeleteFunc(slices.Clone(x.Marks), func(old selection.Mark) bool { return old.ID == m.ID })
	var problems account.Problems
	switch v.value("do") {
	case "pin", "bar":
		if m.ID == "" {
			problems = append(problems, account.Problem{Field: "receipt", Reason: account.Reason{Message: "受付番号を入力してください。"}})
		}
		if n := len([]rune(m.Note)); n == 0 || n > 300 {
			problems = append(problems, account.Problem{Field: "note", Reason: account.Reason{Message: "理由を 300 文字までで入力してください。"}})
		}
		o.Marks = append(o.Marks, m)
	case "drop":
		if len(o.Marks) == len(x.Marks) {
			return errForm
		}
	default:
		return errForm
	}
	if len(problems) == 0 {
		made, err := s.choose(v, o, x.ID)
		if err == nil {
			return s.see(w, v, programmeURL(v, "/selection/runs/"+string(made.ID)), v.t("選定し直しました。"))
		}
		if !errors.As(err, &problems) {
			return err
		}
	}
	f, err := s.choiceForm(v)
	if err != nil {
		return err
	}
	f.Problems, f.Receipt, f.Note, f.Bar = problems, m.ID, m.Note, v.value("do") == "bar"
	return s.page(w, v, http.StatusUnprocessableEntity, view.ChoicePage(*f))
}

// choiceFile hands out the record of a choice: as it is, or printed.
func (s *Server) choiceFile(w http.ResponseWriter, v *visit) error {
	x, err := s.choice(v, v.PathValue("choice"))
	if err != nil {
		return err
	}
	b, err := s.db.SelectionRecord(v.Context(), v.Programme.ID, x.ID)
	if err != nil {
		return err
	}
	media, ending := "application/json", ".json"
	if format := v.URL.Query().Get("format"); format != "" {
		r, err := selection.ReadRecord(bytes.NewReader(b))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		doc := report.Selection(r, v.Lang)
		switch format {
		case "pdf":
			media, ending, err = "application/pdf", ".pdf", pdf.WriteLetter(&out, doc)
		case "xlsx":
			media, ending, err = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", xlsx.WriteTables(&out, doc)
		default:
			return errNoPage
		}
		if err != nil {
			return err
		}
		b = out.Bytes()
	}
	s.send(w, v, "miseban-selection-"+v.Programme.Slug+"-"+strconv.Itoa(x.Number)+ending, media, b)
	return nil
}

// send hands out a file.
func (s *Server) send(w http.ResponseWriter, v *visit, name, media string, b []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if _, err := w.Write(b); err != nil {
		s.log.WarnContext(v.Context(), "a file was not sent whole", "error", err)
	}
}

// choiceLogFile hands out the log of all choices.
func (s *Server) choiceLogFile(w http.ResponseWriter, v *visit) error {
	b, err := s.db.SelectionLog(v.Context(), v.Programme.ID)
	if err != nil {
		return err
	}
	s.send(w, v, "miseban-selection-"+v.Programme.Slug+"-log.jsonl", "application/jsonl", b)
	return nil
}

// compareChoicesPage sets two choices side by side.
func (s *Server) compareChoicesPage(w http.ResponseWriter, v *visit) error {
	ctx, q := v.Context(), v.URL.Query()
	f := view.Compared{ProgrammeHead: s.programmeHead(v)}
	if q.Get("a") == "" || q.Get("b") == "" { // nothing chosen yet
		list, err := s.db.Selections(ctx, v.Programme.ID, 0, 100)
		if err != nil {
			return err
		}
		f.Runs = list
		return s.page(w, v, http.StatusOK, view.CompareChoicesPage(f))
	}
	a, err := s.choice(v, q.Get("a"))
	if err != nil {
		return err
	}
	b, err := s.choice(v, q.Get("b"))
	if err != nil {
		return err
	}
	before, err := s.record(v, a.ID)
	if err != nil {
		return err
	}
	after, err := s.record(v, b.ID)
	if err != nil {
		return err
	}
	places, err := s.db.SelectionPlaces(ctx, v.Programme.ID)
	if err != nil {
		return err
	}
	f.A, f.B = a, b
	f.Fill(before, after, places)
	return s.page(w, v, http.StatusOK, view.CompareChoicesPage(f))
}
