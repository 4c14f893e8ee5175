package web

import (
	"bytes"
	"net/http"
	"regexp"

	"miseban/internal/handout"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/web/view"
)

// channelName is how a channel of distribution is named in an address.
var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (s *Server) leafletPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.LeafletPage(handout.Executives()))
}

// leafletFile is the leaflet to print. The address in it, and in its code,
// names the channel by which it is spread, where one is given.
func (s *Server) leafletFile(w http.ResponseWriter, v *visit) error {
	x := handout.Executives()
	u := origin(s.opt.Public) + "/leaflet"
	if from := v.URL.Query().Get("from"); from != "" {
		if !channelName.MatchString(from) {
			return errForm
		}
		u += "?from=" + from
	}
	l := &pdf.Leaflet{Document: &report.Document{Lang: v.Lang, Title: x.Title.In(v.Lang), Made: s.now()}, Lead: x.Lead.In(v.Lang), Why: x.Why.In(v.Lang), Back: x.Back.In(v.Lang), First: x.First.In(v.Lang), Step: x.Step.In(v.Lang),
		Call: x.Call.In(v.Lang), URL: u, Sources: v.t("出典（番号は表面の数字）"), Publisher: v.t("Miseban 店番　数字は二次資料を含みます。原文で確かめたものには、その印があります。")}
	for _, f := range x.Figures() {
		l.Numbers = append(l.Numbers, pdf.LeafletNumber{Text: f.Text.In(v.Lang), Says: f.Says.In(v.Lang), Source: f.Cite(v.Lang)})
	}
	for _, r := range x.Reasons {
		l.Reasons = append(l.Reasons, r.In(v.Lang))
	}
	for _, i := range x.Items {
		l.Items = append(l.Items, i.In(v.Lang))
	}
	var b bytes.Buffer
	if err := pdf.WriteLeaflet(&b, l); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="miseban-leaflet.pdf"`)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a leaflet was not sent whole", "error", err)
	}
	return nil
}
