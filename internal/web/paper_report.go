package web

import (
	"net/http"
	"strings"
	"time"

	"miseban/internal/paper"
	"miseban/internal/statistics"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// makeReport makes a report of the programme as a draft of the committee: its
// figures are those of the procedure and of the published statistics.
func (s *Server) makeReport(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	k := statistics.ReportKind(v.value("report"))
	if !k.Valid() {
		return errForm
	}
	at, err := s.reportDay(v, "report-day")
	if err != nil {
		return err
	}
	d := &paper.Paper{Panel: x.ID, Kind: paper.Report, Number: v.value("report-number"), Class: paper.Class(v.value("report-class")), Title: k.Name(v.Lang) + v.t("（{day} 時点）", "day", view.Day(at))}
	if d.Meeting, err = s.meetingIn(x, v.value("report-meeting")); err != nil {
		return err
	}
	if p := d.Tidy(); len(p) > 0 {
		return s.committeeForm(w, v, http.StatusUnprocessableEntity, view.Committee{Paper: *d, Problems: p})
	}
	n, err := s.db.Numbers(v.Context(), v.Programme, at, s.now())
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.MakeReport(v.Context(), v.Programme.Office, d, k, v.Lang, n.Report(k, v.Lang))
	}); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"/papers/"+string(d.ID), v.t("報告の下書きを作りました。文章を書き足し、区分を確かめてから配布してください。"))
}

// reportDay is as of which day a report is made: today when none is given.
func (s *Server) reportDay(v *visit, field string) (time.Time, error) {
	text := v.value(field)
	if text == "" {
		return s.now(), nil
	}
	at, err := dayFrom(text)
	if err != nil || at.After(s.now()) {
		return at, errForm
	}
	if view.Day(at) == view.Day(s.now()) {
		return s.now(), nil
	}
	return at, nil
}

// renewReport makes the figures of a report anew.
func (s *Server) renewReport(w http.ResponseWriter, v *visit) error {
	x, d, err := s.seenPaper(v, v.value("revision"))
	if err != nil {
		return err
	}
	is := d.Made
	if is == nil {
		return errNoPage
	}
	at, err := s.reportDay(v, "day")
	if err != nil {
		return err
	}
	n, err := s.db.Numbers(v.Context(), v.Programme, at, s.now())
	if err != nil {
		return err
	}
	var kept []string
	if err := s.change(v, func(tx *store.Tx) (err error) {
		kept, err = tx.RenewReport(v.Context(), v.Programme.Office, d, is.Lang, n.Report(statistics.ReportKind(is.Report), is.Lang))
		return err
	}); err != nil {
		return err
	}
	done := v.t("数字を更新しました。")
	if len(kept) > 0 {
		done = v.t("数字と図を更新しました。書き直されていた文章はそのままです: {parts}", "parts", strings.Join(kept, v.t("、")))
	}
	return s.see(w, v, panelURL(v, x)+"/papers/"+string(d.ID), done)
}
