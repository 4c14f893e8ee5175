package web

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// guide is the edition of the guideline whose checklist the shops of a programme answer.
func guide(p *programme.Programme) string { return cmp.Or(p.Edition, "ipa-ec-2023") }

func (s *Server) sheetPage(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	return s.showSheet(w, v, http.StatusOK, d, nil)
}

// sheetOf reads the sheet of a case: what stands in each item.
func (s *Server) sheetOf(v *visit, d *desk) ([]view.EnvironmentRow, *store.CaseRecord, error) {
	list, err := s.db.CaseRecords(v.Context(), d.within, d.ID, programme.RecordSheet, programme.RecordHandIn)
	if err != nil {
		return nil, nil, err
	}
	names, err := s.named(v, list)
	if err != nil {
		return nil, nil, err
	}
	var rows []view.EnvironmentRow
	var handed *store.CaseRecord
	items := programme.Sheet()
	for k := range items {
		rows = append(rows, view.EnvironmentRow{Item: &items[k], Values: map[string]string{}})
	}
	for i := range list {
		r := &list[i]
		if r.Kind == programme.RecordHandIn {
			handed = r
			continue
		}
		for k := range rows {
			if rows[k].Item.ID != r.Name {
				continue
			}
			if err := r.Read(&rows[k].Values); err != nil {
				return nil, nil, err
			}
			rows[k].Revision, rows[k].At, rows[k].By = r.Revision, r.At, names[r.By]
		}
	}
	return rows, handed, nil
}

// showSheet draws the sheet; typed is the item of a form that was not accepted.
func (s *Server) showSheet(w http.ResponseWriter, v *visit, status int, d *desk, typed *view.EnvironmentRow) error {
	rows, handed, err := s.sheetOf(v, d)
	if err != nil {
		return err
	}
	f := view.Environment{CaseHead: s.head(v, d), Rows: rows, MayFill: v.has(caseDesk...) || v.has(caseWriters...), MayHandIn: v.has(staff...) && d.Step == programme.Step1}
	if handed != nil {
		f.HandedIn = handed.At
	}
	if typed != nil {
		f.Problems = typed.Problems
		for k := range rows {
			if rows[k].Item.ID != typed.Item.ID {
				continue
			}
			if typed.Revision != rows[k].Revision {
				typed.Other, typed.By, typed.At = rows[k].Values, rows[k].By, rows[k].At
				typed.Revision = rows[k].Revision
			}
			rows[k] = *typed
		}
	}
	if d.Shop != "" {
		if f.Checklist, err = s.answered(v, d); err != nil {
			return err
		}
		if f.Accounts, err = s.db.TestAccounts(v.Context(), d.Shop); err != nil {
			return err
		}
	}
	return s.page(w, v, status, view.EnvironmentPage(f))
}

// answered says how far the shop has answered the checklist of the programme.
func (s *Server) answered(v *visit, d *desk) (*view.Answering, error) {
	e, err := s.editionNamed(v, guide(d.prog))
	if err != nil {
		return nil, err
	}
	shop := v.Shop
	if shop == nil {
		if shop, err = s.db.Shop(v.Context(), d.Shop); err != nil {
			return nil, err
		}
	}
	said, err := s.db.Statement(v.Context(), shop, e.ID, store.Inside) // how many, not what
	if err != nil {
		return nil, err
	}
	n := said.Count(e)
	return &view.Answering{Title: e.Title.In(v.Lang), URL: "/shops/" + string(d.Shop) + "/checklists/" + e.ID, Answered: n.Answered(), Asked: n.Asked}, nil
}

// saveSheet keeps one item of the sheet.
func (s *Server) saveSheet(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	item := programme.SheetItemOf(v.PathValue("item"))
	if item == nil {
		return errNoPage
	}
	seen, err := strconv.Atoi(v.value("revision"))
	if err != nil || seen < 0 || !d.Step.Open() {
		return errForm
	}
	typed := map[string]string{}
	for _, f := range item.Fields {
		typed[f.ID] = v.PostFormValue(item.ID + "-" + f.ID)
	}
	values, bad := item.Tidy(typed)
	row := &view.EnvironmentRow{Item: item, Values: maps.Clone(values), Revision: seen, Problems: bad}
	if len(bad) > 0 {
		return s.showSheet(w, v, http.StatusUnprocessableEntity, d, row)
	}
	state, _ := item.State(values)
	err = s.keep(v, d, &store.CaseRecord{Record: programme.Record{Kind: programme.RecordSheet, Name: item.ID, State: string(state), Mark: item.Mark(values), Revision: seen}}, values)
	if errors.Is(err, store.ErrConflict) {
		return s.showSheet(w, v, http.StatusConflict, d, row)
	}
	if err != nil {
		return err
	}
	return s.see(w, v, d.base+"/sheet#i-"+item.ID, v.t("「{item}」を保存しました。", "item", item.Title.In(v.Lang)))
}

// handIn hands the self-check in: every question of the checklist and of the
// sheet has an answer, be it 「わからない」.
func (s *Server) handIn(w http.ResponseWriter, v *visit) error {
	d, err := s.deskOf(v)
	if err != nil {
		return err
	}
	rows, handed, err := s.sheetOf(v, d)
	if err != nil {
		return err
	}
	n, err := s.answered(v, d)
	if err != nil {
		return err
	}
	open := n.Asked - n.Answered
	for k := range rows {
		if state, _ := rows[k].Item.State(rows[k].Values); state == programme.SheetMissing {
			open++
		}
	}
	if open > 0 || d.Step != programme.Step1 {
		return s.see(w, v, d.base+"/sheet#hand-in", v.t("まだ答えていない項目が {n} 件あります。すべて答えてから提出してください。", "n", strconv.Itoa(open)))
	}
	r := &store.CaseRecord{Case: d.ID, Record: programme.Record{Kind: programme.RecordHandIn, State: programme.IsHandedIn}}
	if handed != nil {
		r.Revision = handed.Revision
	}
	if err := s.change(v, func(tx *store.Tx) error {
		if err := tx.KeepCaseRecord(v.Context(), d.within, r, map[string]int{"asked": n.Asked, "answered": n.Answered}); err != nil {
			return err
		}
		return awaits(v, tx, d, programme.WaitsOffice)
	}); err != nil {
		return err
	}
	return s.see(w, v, d.base+"/sheet", v.t("セルフチェックを提出しました。事務局が内容を確かめ、ヒアリングの日程をご連絡します。"))
}
