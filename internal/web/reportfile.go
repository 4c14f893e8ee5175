package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/oscal"
	"miseban/internal/report/pdf"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// reportFormats are the formats in which a report is handed out.
var reportFormats = map[string]struct {
	media string
	write func(io.Writer, *report.Document) error
}{
	"html":  {"text/html; charset=utf-8", html.Write},
	"pdf":   {"application/pdf", pdf.Write},
	"docx":  {docx.Media, docx.Write},
	"xlsx":  {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.Write},
	"sarif": {"application/sarif+json", sarif.Write},
	"jsonl": {"application/jsonl", jsonl.Write},
	"oscal": {"application/json", oscal.Results},
	"poam":  {"application/json", oscal.PlanOf}, // with what happened since, see reportFile
}

// reportFile hands out the report of a diagnosis as a file, never shown within
// Miseban's own pages: what stands in it came from a stranger's shop.
func (s *Server) reportFile(w http.ResponseWriter, v *visit) error {
	kind := v.URL.Query().Get("format")
	f, ok := reportFormats[kind]
	if !ok {
		return errNoPage
	}
	x, run, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	doc, err := perform.Document(v.Context(), s.db, run, v.Lang)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if kind == "poam" {
		work, err := s.workOn(v)
		if err != nil {
			return err
		}
		f.write = func(w io.Writer, d *report.Document) error { return oscal.Plan(w, d, work) }
	}
	if err := f.write(&b, doc); err != nil {
		return err
	}
	ending := kind
	if kind == "oscal" || kind == "poam" {
		ending += ".json"
	}
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="miseban-%s.%s"`, x.Run, ending))
	_, err = w.Write(b.Bytes())
	if err != nil {
		s.log.WarnContext(v.Context(), "a report was not sent whole", "error", err)
	}
	return nil
}

// workOn is how far the findings of the shop have come, for a plan of action.
func (s *Server) workOn(v *visit) (map[string]oscal.Work, error) {
	list, _, err := s.db.Findings(v.Context(), v.Shop.ID, store.FindingFilter{State: store.AllStates, Limit: mostPlanned})
	if err != nil {
		return nil, err
	}
	out := map[string]oscal.Work{}
	for i := range list {
		f := &list[i]
		w := oscal.Work{Status: riskStatus[f.State], Due: f.Due, Note: f.State.Name(v.Lang)}
		if f.Reason != "" {
			w.Note += ": " + f.Reason
		}
		out[f.Fingerprint] = w
	}
	return out, nil
}

// mostPlanned is how many findings of the work list a plan looks at.
const mostPlanned = 2000

// riskStatus is the word of OSCAL for the state of a finding.
var riskStatus = map[workflow.State]string{
	workflow.New: "open", workflow.Confirmed: "investigating", workflow.Working: "remediating", workflow.Ready: "remediating", workflow.Resolved: "closed", workflow.FalseAlarm: "closed", workflow.Accepted: "deviation-approved",
}
