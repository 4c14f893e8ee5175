package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miseban/internal/account"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/jsonl"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

type apiProgress struct {
	Stage    string `json:"stage,omitempty"`
	Pages    int    `json:"pages"`
	Waiting  int    `json:"waiting"`
	Done     int    `json:"done"`
	Total    int    `json:"total"`
	Requests int    `json:"requests"`
}

type apiDiagnosis struct {
	ID       string      `json:"id"`
	Shop     string      `json:"shop"`
	Run      string      `json:"run"`
	State    string      `json:"state" enum:"planned,queued,running,paused,stopped,finished,failed"`
	Wanted   string      `json:"wanted" enum:"go,pause,stop"`
	Level    string      `json:"level" enum:"offline,passive,safe,active,full"`
	Repeat   int         `json:"repeat_days"`
	Consent  string      `json:"consent,omitempty"`
	Due      time.Time   `json:"due,omitzero"`
	Created  time.Time   `json:"created"`
	Updated  time.Time   `json:"updated"`
	Ended    time.Time   `json:"ended,omitzero"`
	Progress apiProgress `json:"progress"`
}

// OfDiagnosis names a diagnosis of a shop in an address.
type OfDiagnosis struct {
	OfShop
	Diagnosis string `path:"diagnosis" maxLength:"40"`
}

type apiDiagnosesQuery struct {
	OfShop
	Paged
}

type apiDiagnosesAnswer struct{ Body list[apiDiagnosis] }

type apiDiagnosisAnswer struct{ Body apiDiagnosis }

func diagnosisOf(x *store.Diagnosis) apiDiagnosis {
	p := x.Progress
	return apiDiagnosis{ID: string(x.ID), Shop: string(x.Shop), Run: x.Run, State: string(x.State), Wanted: x.Wanted, Level: x.Plan.Level.String(), Repeat: x.Plan.Repeat, Consent: string(x.Plan.Consent),
		Due: x.Due, Created: x.Created, Updated: x.Updated, Ended: x.Ended, Progress: apiProgress{string(p.Stage), p.Pages, p.Waiting, p.Done, p.Total, p.Requests}}
}

func (s *Server) apiDiagnoses(v *visit, in *apiDiagnosesQuery) (*apiDiagnosesAnswer, error) {
	after, err := in.cursor()
	if err != nil {
		return nil, err
	}
	found, err := s.db.Diagnoses(v.Context(), v.Shop.ID, after.ID, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &apiDiagnosesAnswer{list[apiDiagnosis]{Items: []apiDiagnosis{}}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Body.Next = store.Cursor{Key: "-", ID: found[in.Limit-1].ID}.String()
	}
	for i := range found {
		out.Body.Items = append(out.Body.Items, diagnosisOf(&found[i]))
	}
	return out, nil
}

func (s *Server) apiDiagnosis(v *visit, _ *OfDiagnosis) (*apiDiagnosisAnswer, error) {
	x, _, err := s.diagnosis(v)
	if err != nil {
		return nil, err
	}
	return &apiDiagnosisAnswer{diagnosisOf(x)}, nil
}

type apiWindow struct {
	From  string `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$" example:"02:00"`
	Until string `json:"until" pattern:"^[0-2][0-9]:[0-5][0-9]$" example:"05:00"`
}

type apiPlan struct {
	Level  string     `json:"level" enum:"passive,safe,active,full"`
	Start  time.Time  `json:"start,omitzero"`
	Window *apiWindow `json:"window,omitempty"`
	Repeat int        `json:"repeat_days,omitempty" enum:"0,7,30,90"`
}

type apiPlanned struct {
	OfShop
	Key  string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200"`
	Body apiPlan
}

type apiPlannedAnswer struct {
	Status   int
	Location string `header:"Location"`
	Body     apiDiagnosis
}

// errAgain rolls back the change of a request that was carried out before.
var errAgain = errors.New("the request was carried out before")

// apiStartDiagnosis plans a diagnosis by the rules of the page. The authority
// is what the person stated when he made the token, or what the shop agreed to.
// Asked again under the same key, it answers with what it planned before.
func (s *Server) apiStartDiagnosis(v *visit, in *apiPlanned) (*apiPlannedAnswer, error) {
	o, err := s.mayAsk(v)
	if err != nil {
		return nil, err
	}
	want := view.DiagnosisForm{Level: in.Body.Level, Repeat: strconv.Itoa(in.Body.Repeat)}
	if w := in.Body.Window; w != nil {
		want.From, want.Until = w.From, w.Until
	}
	if !in.Body.Start.IsZero() {
		want.When = in.Body.Start.In(report.Tokyo()).Format("2006-01-02T15:04")
	}
	asked, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte(v.Shop.ID+"\n"), asked...))
	key, before := account.Fingerprint(in.Key), account.ID("")
	scope, due, problems := s.scopeFrom(v, o, &want)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].Field = map[string]string{"when": "start", "from": "window", "repeat": "repeat_days", "level": "level"}[problems[i].Field]
		}
		return nil, problems
	}
	x, err := s.addDiagnosis(v, o, scope, due, want.Repeat, func(tx *store.Tx, x *store.Diagnosis) error {
		before, err = tx.Once(v.Context(), key, hex.EncodeToString(sum[:]), x.ID)
		if errors.Is(err, store.ErrConflict) {
			return errKeyUsed
		}
		if err == nil && before != "" {
			return errAgain
		}
		return err
	})
	status := 201
	if errors.Is(err, errAgain) {
		status = 200
		x, err = s.db.Diagnosis(v.Context(), v.Shop.ID, before)
	}
	if err != nil {
		return nil, err
	}
	return &apiPlannedAnswer{status, apiRoot + diagnosisURL(x), diagnosisOf(x)}, nil
}

func (s *Server) apiStopDiagnosis(v *visit, _ *OfDiagnosis) (*apiDiagnosisAnswer, error) {
	x, _, err := s.diagnosis(v)
	if err != nil {
		return nil, err
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.WantDiagnosis(v.Context(), x.Shop, x.ID, store.WantStop) }); err != nil {
		return nil, err
	}
	return s.apiDiagnosis(v, nil)
}

type apiFound struct {
	Place      string `json:"place"`
	Severity   string `json:"severity" enum:"info,low,medium,high,critical"`
	Confidence string `json:"confidence"`
}

type apiResult struct {
	Check    string     `json:"check"`
	Title    string     `json:"title"`
	Verdict  string     `json:"verdict" enum:"met,not-met,partly,not-applicable,not-examined,undetermined"`
	Word     string     `json:"verdict_name"`
	Reason   string     `json:"reason,omitempty"`
	Examined int        `json:"examined"`
	Found    []apiFound `json:"found" nullable:"false"`
}

type apiRunResults struct {
	Diagnosis string      `json:"diagnosis"`
	State     string      `json:"state"`
	Reason    string      `json:"reason,omitempty"`
	Results   []apiResult `json:"results" nullable:"false"`
}

type apiResultsAnswer struct{ Body apiRunResults }

func (s *Server) apiResults(v *visit, _ *OfDiagnosis) (*apiResultsAnswer, error) {
	x, run, err := s.diagnosis(v)
	if err != nil {
		return nil, err
	}
	out := &apiResultsAnswer{apiRunResults{Diagnosis: string(x.ID), State: string(x.State), Reason: run.Reason.In(v.Lang), Results: []apiResult{}}}
	for i := range run.Results {
		r := &run.Results[i]
		o := apiResult{r.Check, titleOf(r.Check, v.Lang), string(r.Verdict), r.Verdict.Name(v.Lang), r.Reason.In(v.Lang), r.Examined, []apiFound{}}
		for k := range r.Findings {
			f := &r.Findings[k]
			o.Found = append(o.Found, apiFound{placeOf(f, v.Lang), f.Severity.String(), string(f.Confidence)})
		}
		out.Body.Results = append(out.Body.Results, o)
	}
	return out, nil
}

// reportLine is a line of the report for programs as it is written to files.
type reportLine json.RawMessage

// reportLineName is what the description of the API calls it; the shapes of
// the lines are named after it, too.
const reportLineName = "ReportLine"

// MarshalJSON hands the line on.
func (l reportLine) MarshalJSON() ([]byte, error) { return l, nil }

// Schema refers to what addReportSchemas adds.
func (reportLine) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Ref: "#/components/schemas/" + reportLineName}
}

type apiReportLines struct {
	Format int          `json:"format"`
	Lines  []reportLine `json:"lines" nullable:"false"`
}

type apiReportAnswer struct{ Body apiReportLines }

func (s *Server) apiReport(v *visit, _ *OfDiagnosis) (*apiReportAnswer, error) {
	_, run, err := s.diagnosis(v)
	if err != nil {
		return nil, err
	}
	doc, err := perform.Document(v.Context(), s.db, run, v.Lang)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := jsonl.Write(&b, doc); err != nil {
		return nil, err
	}
	out := &apiReportAnswer{apiReportLines{Format: jsonl.Version, Lines: []reportLine{}}}
	for line := range bytes.Lines(b.Bytes()) {
		out.Body.Lines = append(out.Body.Lines, reportLine(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return out, nil
}

// addReportSchemas adds the shapes of the lines of a report, which have a
// document of their own, to those of the API.
func addReportSchemas(schemas map[string]any) error {
	moved := strings.ReplaceAll(jsonl.Schema(), `"#/$defs/`, `"#/components/schemas/`+reportLineName+`-`)
	var line map[string]any
	if err := json.Unmarshal([]byte(moved), &line); err != nil {
		return fmt.Errorf("the shape of a report: %w", err)
	}
	defs, _ := line["$defs"].(map[string]any)
	for name, x := range defs {
		schemas[reportLineName+"-"+name] = x
	}
	delete(line, "$defs")
	delete(line, "$schema")
	schemas[reportLineName] = line
	return nil
}
