package web

import (
	"errors"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// mostSaid is how many characters a remark on a record may have.
const mostSaid = 2000

func (s *Server) gatePage(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	return s.showGate(w, v, http.StatusOK, d, nil)
}

// showGate shows what opens Step 3, who diagnoses and when, and the review of
// what was found.
func (s *Server) showGate(w http.ResponseWriter, v *visit, status int, d *desk, bad account.Problems) error {
	ctx := v.Context()
	known, err := s.db.CasesKnown(ctx, []programme.Case{d.Case}, s.now())
	if err != nil {
		return err
	}
	k := known[d.ID]
	list, err := s.db.CaseRecords(ctx, d.within, d.ID, programme.RecordSheet, programme.RecordCall, programme.RecordTrial, programme.RecordAssigned, programme.RecordReview)
	if err != nil {
		return err
	}
	f := view.Gate{CaseHead: s.head(v, d), Lines: programme.Opening(&k.Facts, k.Records, k.On), Consent: k.On.Consent, Problems: bad, Now: s.now(),
		MayCall: !d.onShop && v.has(caseDesk...), MayTry: !d.onShop || v.has(account.Diagnostician), MayAssign: !d.onShop && d.Shop != "", MayReview: d.onShop && v.has(account.Reviewer), Today: view.Day(s.now())}
	if f.Names, err = s.named(v, list); err != nil {
		return err
	}
	for i := range list {
		r := &list[i]
		said := view.Said{Record: r.Record}
		switch r.Kind {
		case programme.RecordSheet:
			if r.Name == "contacts" {
				f.ContactsRevision = r.Revision
				err = r.Read(&f.Contacts)
			}
		case programme.RecordAssigned:
			err = r.Read(&f.Plan)
		case programme.RecordCall:
			err = r.Read(&said.Words)
			f.Calls = append(f.Calls, said)
		case programme.RecordTrial:
			err = r.Read(&said.Words)
			f.Trials = append(f.Trials, said)
		case programme.RecordReview:
			err = r.Read(&said.Words)
			f.Reviews = append(f.Reviews, said)
		}
		if err != nil {
			return err
		}
	}
	slices.SortFunc(f.Calls, func(a, b view.Said) int { return b.At.Compare(a.At) })
	if d.Shop != "" {
		if f.Diagnoses, err = s.db.Diagnoses(ctx, d.Shop, "", 10); err != nil {
			return err
		}
	}
	if f.MayAssign {
		if f.People, err = s.db.FirmPeople(ctx, d.Shop, s.now()); err != nil {
			return err
		}
	}
	return s.page(w, v, status, view.GatePage(f))
}

// remark reads the remark of a form; problems name its field.
func remark(v *visit, field string, must bool) (string, account.Problems) {
	words := account.Paragraph(v.value(field))
	if must && words == "" || utf8.RuneCountInString(words) > mostSaid {
		return words, account.Problems{{Field: field, Reason: account.Reason{Message: "どのように確かめたかを、2,000 文字までで入力してください。"}}}
	}
	return words, nil
}

// recordCall notes a test call to an emergency contact: who called whom, at
// which number, and whether it was answered.
func (s *Server) recordCall(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	list, err := s.db.CaseRecords(v.Context(), d.within, d.ID, programme.RecordSheet)
	if err != nil {
		return err
	}
	words, bad := remark(v, "call-words", false)
	var to map[string]string
	revision := 0
	for i := range list {
		if list[i].Name == "contacts" {
			revision = list[i].Revision
			if err := list[i].Read(&to); err != nil {
				return err
			}
		}
	}
	who := map[string][2]string{"1": {to["name"], to["phone"]}, "2": {to["name2"], to["phone2"]}}[v.value("to")]
	state := v.value("answered")
	if who[1] == "" || v.value("contacts") != programme.ContactsMark(revision) {
		bad = append(bad, account.Problem{Field: "to", Reason: account.Reason{Message: "連絡先が変わったか、選ばれていません。かけた相手を選び直してください。"}})
	}
	if state != programme.IsAnswered && state != programme.IsFailed {
		bad = append(bad, account.Problem{Field: "answered", Reason: account.Reason{Message: "電話に出たかどうかを選んでください。"}})
	}
	if len(bad) > 0 {
		return s.showGate(w, v, http.StatusUnprocessableEntity, d, bad)
	}
	r := &store.CaseRecord{Record: programme.Record{Kind: programme.RecordCall, Name: string(account.NewID()), State: state, Mark: programme.ContactsMark(revision)}}
	if err := s.keep(v, d, r, view.Words{Who: who[0], Phone: who[1], Words: words}); err != nil {
		return err
	}
	return s.see(w, v, d.base+"/gate#call", v.t("試しの電話を記録しました。"))
}

// recordTrial notes that somebody tried a test account.
func (s *Server) recordTrial(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	words, bad := remark(v, "trial-words", true)
	state, name := v.value("outcome"), v.value("account")
	if state != programme.IsWorked && state != programme.IsFailed {
		bad = append(bad, account.Problem{Field: "outcome", Reason: account.Reason{Message: "ログインできたかどうかを選んでください。"}})
	}
	if len(bad) > 0 {
		return s.showGate(w, v, http.StatusUnprocessableEntity, d, bad)
	}
	r, err := s.latest(v, d, programme.RecordTrial, name)
	if err != nil {
		return err
	}
	r.State = state
	err = s.keep(v, d, r, view.Words{Who: name, Words: words})
	if errors.Is(err, store.ErrNoAccount) {
		return s.showGate(w, v, http.StatusUnprocessableEntity, d, account.Problems{{Field: "account", Reason: account.Reason{Message: "テスト用アカウントが削除されています。選び直してください。"}}})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, d.base+"/gate#accounts", v.t("ログインの確認を記録しました。"))
}

// latest is a record as it stands, or a new one of its name.
func (s *Server) latest(v *visit, d *desk, kind programme.RecordKind, name string) (*store.CaseRecord, error) {
	list, err := s.db.CaseRecords(v.Context(), d.within, d.ID, kind)
	for i := range list {
		if list[i].Name == name {
			return &list[i], err
		}
	}
	return &store.CaseRecord{Record: programme.Record{Kind: kind, Name: name}}, err
}

// assign says who diagnoses, and in which night it is planned.
func (s *Server) assign(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	person, day := account.ID(v.value("person")), v.value("day")
	wrong := func(field string, why account.Reason) error {
		return s.showGate(w, v, http.StatusUnprocessableEntity, d, account.Problems{{Field: field, Reason: why}})
	}
	at, err := dayFrom(day)
	switch {
	case !person.Valid():
		return wrong("person", account.Reason{Message: "一覧から選んでください。"})
	case err != nil || at.Before(programme.DayOf(s.now())) || at.After(s.now().AddDate(1, 0, 0)):
		return wrong("day", account.Reason{Message: "診断の予定日は、今日から1年以内の日付にしてください。"})
	}
	off, err := s.db.Blackouts(v.Context(), d.Shop, s.now())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(off, func(b account.Blackout) bool { return b.From.Before(at.Add(24*time.Hour)) && b.Until.After(at) }) {
		return wrong("day", account.Reason{Message: "その日は、お店が「診断しない日」に登録しています。"})
	}
	people, err := s.db.FirmPeople(v.Context(), d.Shop, s.now())
	if err != nil {
		return err
	}
	plan := view.DiagnosisPlan{Person: person, Day: day}
	for _, p := range people {
		if p.ID == person {
			plan.Name, plan.Firm = p.Name, p.FirmName
		}
	}
	r, err := s.latest(v, d, programme.RecordAssigned, "")
	if err != nil {
		return err
	}
	r.State, r.Mark = programme.IsAssigned, string(person)
	switch err := s.keep(v, d, r, plan); {
	case errors.Is(err, store.ErrBuilder):
		return wrong("person", account.Reason{Message: "このお店を作っている、または保守している会社の人は、診断を担当できません。"})
	case errors.Is(err, store.ErrNotLetIn):
		return wrong("person", account.Reason{Message: "お店がアクセスを許可している診断会社の診断員を選んでください。"})
	case err != nil:
		return err
	}
	return s.see(w, v, d.base+"/gate#plan", v.t("診断の担当者と予定日を決めました。"))
}

// review lets a second person release what a diagnosis has found, or send it back.
func (s *Server) review(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	words, bad := remark(v, "words", true)
	state, of := v.value("decision"), account.ID(v.value("diagnosis"))
	if !of.Valid() || state != programme.IsReleased && state != programme.IsReturned {
		return errForm
	}
	if len(bad) > 0 {
		return s.showGate(w, v, http.StatusUnprocessableEntity, d, bad)
	}
	r, err := s.latest(v, d, programme.RecordReview, string(of))
	if err != nil {
		return err
	}
	r.State = state
	err = s.keep(v, d, r, view.Words{Words: words})
	if errors.Is(err, store.ErrSamePerson) {
		return s.showGate(w, v, http.StatusConflict, d, account.Problems{{Reason: account.Reason{Message: "診断した人は、自分の結果を確認できません。別の人に頼んでください。"}}})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, d.base+"/gate#review", v.t("確認の結果を記録しました。"))
}
