package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func instructionsURL(v *visit) string {
	return "/shops/" + string(v.Shop.ID) + "/checklists/instructions"
}

// concerns: the shop's own people see every instruction, a contractor those to
// his firm.
func concerns(v *visit, x *store.Instruction) bool { return v.has(staff...) || v.Actor.In(x.To) != nil }

// mayReply: the person it was given to, or anybody of the firm.
func mayReply(v *visit, x *store.Instruction) bool {
	return x.State == store.InstructionGiven && (x.To == v.by() || v.Actor.In(x.To) != nil)
}

// about is the requirement that an instruction is about, if there is one.
func (s *Server) about(v *visit, edition, requirement string) (*guideline.Edition, *guideline.Requirement) {
	editions, err := perform.Editions(v.Context(), s.db)
	if err != nil {
		return nil, nil
	}
	for _, e := range editions {
		if r, ok := e.Requirement(requirement); ok && e.ID == edition {
			return e, r
		}
	}
	return nil, nil
}

// recipients are those to whom an executive can give an instruction: the
// people of his organisation, and the contractors that may see the shop.
func (s *Server) recipients(v *visit) ([]view.Choice, error) {
	ctx := v.Context()
	people, err := s.db.People(ctx, v.Shop.Organisation, 200)
	if err != nil {
		return nil, err
	}
	given, err := s.db.Grants(ctx, v.Shop.ID)
	if err != nil {
		return nil, err
	}
	var out []view.Choice
	for _, p := range people {
		out = append(out, view.Choice{Value: string(p.ID), Name: p.Name})
	}
	for _, g := range given {
		same := func(c view.Choice) bool { return c.Value == string(g.Organisation) }
		if g.As == account.AsContractor && g.Valid(s.now()) && !slices.ContainsFunc(out, same) {
			out = append(out, view.Choice{Value: string(g.Organisation), Name: g.Name})
		}
	}
	return out, nil
}

func (s *Server) instructionsForm(v *visit) (*view.Instructions, error) {
	ctx := v.Context()
	after := store.ParseCursor(v.URL.Query().Get("after"))
	list, err := s.db.Instructions(ctx, v.Shop.ID, after.ID, rows+1)
	if err != nil {
		return nil, err
	}
	f := &view.Instructions{ShopHead: s.tabsOf(v), URL: instructionsURL(v), First: after == (store.Cursor{}), Today: view.Day(s.now()), MayGive: v.has(account.Executive)}
	if len(list) > rows {
		list = list[:rows]
		f.Next = store.Cursor{Key: "-", ID: list[rows-1].ID}.String()
	}
	for i := range list {
		if concerns(v, &list[i]) {
			f.List = append(f.List, list[i])
		}
	}
	if f.Names, err = s.instructionNames(v, f.List...); err != nil || !f.MayGive {
		return f, err
	}
	f.Recipients, err = s.recipients(v)
	return f, err
}

// instructionNames are the names of who gave instructions and to whom.
func (s *Server) instructionNames(v *visit, list ...store.Instruction) (map[account.ID]string, error) {
	var ids []account.ID
	for _, x := range list {
		ids = append(ids, x.By, x.To)
	}
	names, _, err := s.db.Anybody(v.Context(), ids)
	return names, err
}

func (s *Server) instructionsPage(w http.ResponseWriter, v *visit) error {
	f, err := s.instructionsForm(v)
	if err != nil {
		return err
	}
	q := v.URL.Query()
	if e, r := s.about(v, q.Get("edition"), q.Get("requirement")); r != nil {
		f.Edition, f.Requirement, f.Title = e.ID, r.ID, r.Title.In(v.Lang)
		f.Task = v.t("「{title}」について、今の状況を確かめ、対策してください。", "title", f.Title)
	}
	return s.page(w, v, http.StatusOK, view.InstructionsPage(*f))
}

// instruct gives an instruction: what, who, until when.
func (s *Server) instruct(w http.ResponseWriter, v *visit) error {
	to, err := s.recipients(v)
	if err != nil {
		return err
	}
	x := &store.Instruction{To: account.ID(v.value("to")), Task: account.Paragraph(v.PostFormValue("task")), Due: v.value("due")}
	if e, r := s.about(v, v.value("edition"), v.value("requirement")); r != nil {
		x.Edition, x.Requirement = e.ID, r.ID
	}
	var p account.Problems
	if !slices.ContainsFunc(to, func(c view.Choice) bool { return c.Value == string(x.To) }) {
		p = append(p, account.Problem{Field: "to", Reason: account.Reason{Message: "一覧から選んでください。"}})
	}
	if n := utf8.RuneCountInString(x.Task); n == 0 || n > assessment.MostReason {
		p = append(p, account.Problem{Field: "task", Reason: tooLong})
	}
	day, err := time.Parse("2006-01-02", x.Due)
	if err != nil || x.Due < view.Day(s.now()) || day.After(s.now().AddDate(2, 0, 0)) {
		p = append(p, account.Problem{Field: "due", Reason: account.Reason{Message: "期限は、今日から2年以内の日付にしてください。"}})
	}
	if len(p) > 0 {
		f, err := s.instructionsForm(v)
		if err != nil {
			return err
		}
		f.To, f.Task, f.Due, f.Edition, f.Requirement, f.Problems = x.To, x.Task, x.Due, x.Edition, x.Requirement, p
		return s.page(w, v, http.StatusUnprocessableEntity, view.InstructionsPage(*f))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddInstruction(ctx, v.Shop.ID, x) }); err != nil {
		return err
	}
	return s.see(w, v, instructionsURL(v)+"/"+string(x.ID), v.t("指示を出しました。"))
}

var tooLong = account.Reason{Message: "{n} 文字までで入力してください。", Args: i18n.Args{"n": strconv.Itoa(assessment.MostReason)}}

// instructionForm is one instruction and what happened to it. One that is not
// the visitor's business is told as absent.
func (s *Server) instructionForm(v *visit) (*view.Instruction, error) {
	id := account.ID(v.PathValue("instruction"))
	if !id.Valid() {
		return nil, errNoPage
	}
	x, steps, err := s.db.Instruction(v.Context(), v.Shop.ID, id)
	if err != nil {
		return nil, err
	}
	if !concerns(v, x) {
		return nil, errNoPage
	}
	f := &view.Instruction{ShopHead: s.tabsOf(v), Instruction: *x, Steps: steps, List: instructionsURL(v), URL: instructionsURL(v) + "/" + string(x.ID), Today: view.Day(s.now()), MayReply: mayReply(v, x), MayDecide: v.has(account.Executive)}
	if e, r := s.about(v, x.Edition, x.Requirement); r != nil {
		f.About = view.Item{Name: r.Number + " " + r.Title.In(v.Lang), URL: checklistURL(v, e) + "/requirements/" + r.ID}
	}
	all := []store.Instruction{*x}
	for _, st := range steps {
		all = append(all, store.Instruction{By: st.By})
	}
	f.Names, err = s.instructionNames(v, all...)
	return f, err
}

func (s *Server) instructionPage(w http.ResponseWriter, v *visit) error {
	f, err := s.instructionForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.InstructionPage(*f))
}

// replyInstruction says what was done.
func (s *Server) replyInstruction(w http.ResponseWriter, v *visit) error {
	f, err := s.instructionForm(v)
	if err != nil {
		return err
	}
	if f.Instruction.State == store.InstructionGiven && !f.MayReply {
		return errForbidden
	}
	return s.moveInstruction(w, v, f, store.InstructionReplied, true)
}

// decideInstruction is the executive's: done, not yet, or not needed any more.
func (s *Server) decideInstruction(w http.ResponseWriter, v *visit) error {
	f, err := s.instructionForm(v)
	if err != nil {
		return err
	}
	switch v.value("act") {
	case "acknowledge":
		return s.moveInstruction(w, v, f, store.InstructionAcknowledged, false)
	case "return":
		return s.moveInstruction(w, v, f, store.InstructionGiven, true)
	case "withdraw":
		return s.moveInstruction(w, v, f, store.InstructionWithdrawn, false)
	}
	return errForm
}

// moveInstruction takes an instruction on, with what was typed.
func (s *Server) moveInstruction(w http.ResponseWriter, v *visit, f *view.Instruction, to store.InstructionState, must bool) error {
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	f.Words = account.Paragraph(v.PostFormValue("words"))
	if n := utf8.RuneCountInString(f.Words); n > assessment.MostReason || must && n == 0 {
		f.Problems = account.Problems{{Field: "words", Reason: tooLong}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.InstructionPage(*f))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return tx.MoveInstruction(ctx, v.Shop.ID, f.Instruction.ID, revision, to, f.Words)
	}); err != nil {
		return err
	}
	return s.see(w, v, f.URL, v.t("保存しました。"))
}
