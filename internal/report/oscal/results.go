package oscal

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/verdict"
)

// assessed turns a report into observations and risks, each once.
type assessed struct {
	d            *report.Document
	tool         origin
	part         string // of the file: UUIDs are of their own in each
	observations []observation
	at           map[string]string // the UUID of each observation by what it is of
}

// begin is the start of a part of a file, which stands for itself.
func begin(d *report.Document, part string) *assessed {
	a := &assessed{d: d, part: part, at: map[string]string{}}
	a.tool = origin{Actors: []actor{{Type: "assessment-platform", UUID: a.platform()}}}
	return a
}

func (a *assessed) platform() string { return a.uuid("platform", a.d.Run.Version) }

// uuid is that of a thing in this part of what is known of the run.
func (a *assessed) uuid(words ...string) string {
	return uuid(append([]string{a.d.Run.ID, a.part}, words...)...)
}

// fingerprint tells a finding from the others of the report.
func fingerprint(f *report.Finding) string { return cmp.Or(f.Fingerprint, f.ID) }

func (a *assessed) t(ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(a.d.Lang, ja, args)
}

func (a *assessed) collected() string {
	if a.d.Run.Ended.IsZero() {
		return moment(a.d.Run.Started)
	}
	return moment(a.d.Run.Ended)
}

func (a *assessed) head(title string) metadata {
	return metadata{Title: line(title), LastModified: moment(a.d.Made), Version: line(a.d.Run.ID), OSCAL: Version, Props: []prop{
		{Name: "language", NS: ns, Value: string(a.d.Lang)}, {Name: "run", NS: ns, Value: line(a.d.Run.ID)}, {Name: "shop", NS: ns, Value: line(a.d.Shop)}, {Name: "marking", Value: line(a.d.Secrecy())},
	}}
}

func (a *assessed) local() *local {
	return &local{Assets: &assets{Platforms: []platform{{UUID: a.platform(), Title: line("Miseban " + a.d.Run.Version)}}}}
}

// checked is the observation of a check's outcome.
func (a *assessed) checked(name string) string {
	if id, ok := a.at["check "+name]; ok {
		return id
	}
	for _, c := range a.d.Checks {
		if c.Name != name || c.Verdict == verdict.NotExamined {
			continue
		}
		o := observation{
			UUID: a.uuid("check", name), Title: line(c.Title), Methods: []string{"TEST"}, Collected: a.collected(), Origins: []origin{a.tool},
			Description: prose(a.t("結果: {verdict}。見た数: {n}。", "verdict", c.VerdictName, "n", fmt.Sprint(c.Examined)) + "\n\n" + c.Reason),
			Props:       []prop{{Name: "check", NS: ns, Value: name}, {Name: "verdict", NS: ns, Value: string(c.Verdict)}},
		}
		a.observations = append(a.observations, o)
		a.at["check "+name] = o.UUID
		return o.UUID
	}
	return ""
}

// told is the observation of what the shop answers.
func (a *assessed) told(edition string, x *report.Answered) string {
	key := "answer " + edition + " " + x.Question
	if id, ok := a.at[key]; ok {
		return id
	}
	o := observation{
		UUID: a.uuid("answer", edition, x.Question), Title: line(x.Text), Methods: []string{"INTERVIEW"}, Collected: moment(a.d.Made),
		Description: prose(strings.TrimSpace(x.Answer + "\n\n" + x.Reason)), Props: []prop{{Name: "question", NS: ns, Value: line(x.Question)}},
	}
	if x.Documents > 0 {
		o.Methods = append(o.Methods, "EXAMINE")
	}
	if x.Day != "" {
		o.Props = append(o.Props, prop{Name: "confirmed-on", NS: ns, Value: x.Day})
	}
	a.observations = append(a.observations, o)
	a.at[key] = o.UUID
	return o.UUID
}

// found is the observation of one place where a check found a fault.
func (a *assessed) found(f *report.Finding) string {
	key := "finding " + f.ID
	if id, ok := a.at[key]; ok {
		return id
	}
	o := observation{
		UUID: a.uuid("finding", fingerprint(f)), Title: line(f.Title), Description: prose(f.Seen), Methods: []string{"TEST"}, Types: []string{"finding"}, Collected: a.collected(), Origins: []origin{a.tool},
		Props: []prop{{Name: "check", NS: ns, Value: f.Check}, {Name: "place", NS: ns, Value: line(f.Where)}, {Name: "confidence", NS: ns, Value: line(string(f.Confidence))}},
	}
	for _, e := range f.Evidence {
		o.Evidence = append(o.Evidence, evidence{Description: line(fmt.Sprintf("%s %s → %d", e.Method, e.URL, e.Status))})
	}
	a.observations = append(a.observations, o)
	a.at[key] = o.UUID
	return o.UUID
}

func (a *assessed) riskOf(f *report.Finding) risk {
	x := risk{
		UUID: a.uuid("risk", fingerprint(f)), Title: line(f.Title + " (" + f.Where + ")"), Description: prose(f.Seen), Statement: prose(f.Why), Status: "open", Related: []relatedObservation{{a.found(f)}},
		Characters: []characterization{{Origin: a.tool, Facets: []facet{{Name: "severity", System: ns, Value: f.Severity.String()}}}},
	}
	for _, v := range []struct{ name, system, value string }{{"cvss-v3.1", "https://www.first.org/cvss/v3-1", f.CVSS31}, {"cvss-v4.0", "https://www.first.org/cvss/v4-0", f.CVSS40}} {
		if v.value != "" {
			x.Characters[0].Facets = append(x.Characters[0].Facets, facet{Name: v.name, System: v.system, Value: line(v.value)})
		}
	}
	for _, how := range []struct{ who, title, text string }{{"operator", a.t("運営者が行うこと"), f.Operator}, {"developer", a.t("開発者が行うこと"), f.Developer}} {
		if how.text != "" {
			x.Responses = append(x.Responses, response{UUID: a.uuid("remedy", fingerprint(f), how.who), Lifecycle: "recommendation", Title: line(how.title), Description: prose(how.text)})
		}
	}
	return x
}

// satisfied says how a verdict stands in OSCAL, which knows only two words;
// what was not examined or does not apply is no finding.
func satisfied(r *report.Requirement) (status, bool) {
	s := status{Remarks: prose(r.VerdictName + "\n\n" + r.Reason)}
	switch r.Verdict {
	case verdict.Met:
		s.State, s.Reason = "satisfied", "pass"
	case verdict.NotMet:
		s.State, s.Reason = "not-satisfied", "fail"
	case verdict.Partly:
		s.State, s.Reason = "not-satisfied", "other"
	default:
		return s, false
	}
	return s, true
}

// Results writes assessment results: a result for each edition that was judged.
// What could not be examined is named in the remarks and is no finding.
func Results(w io.Writer, d *report.Document) error {
	out := assessmentResults{UUID: uuid("results", d.Run.ID, moment(d.Made), string(d.Lang))}
	a := begin(d, "")
	out.Metadata = a.head(d.Title + " – " + d.Subtitle)
	plan := uuid("plan", d.Run.ID)
	out.Plan = href{Href: "#" + plan}
	out.Back = &backMatter{Resources: []resource{{UUID: plan, Title: line(a.t("診断の範囲")), Description: prose(d.Shop + "\n\n" + report.LevelName(d.Run.Level, d.Lang))}}}
	for i := 0; i < len(d.Requirements); {
		edition := d.Requirements[i].Edition
		end := i
		for end < len(d.Requirements) && d.Requirements[end].Edition == edition {
			end++
		}
		out.Results = append(out.Results, begin(d, edition).result(d.Requirements[i:end]))
		i = end
	}
	if len(out.Results) == 0 {
		return errors.New("nothing was judged")
	}
	return write(w, "assessment-results", out)
}

func (a *assessed) result(list []report.Requirement) result {
	d, first := a.d, &list[0]
	r := result{
		UUID: a.uuid("result", first.EditionRevision), Title: line(first.EditionTitle), Start: moment(d.Run.Started), Local: a.local(),
		Description: prose(a.t("{title}（データの第 {n} 改訂）", "title", first.EditionTitle, "n", first.EditionRevision)),
		Props:       []prop{{Name: "edition", NS: ns, Value: line(first.Edition)}, {Name: "edition-revision", NS: ns, Value: line(first.EditionRevision)}},
	}
	if !d.Run.Ended.IsZero() {
		r.End = moment(d.Run.Ended)
	}
	sel := controlSelection{}
	var left []string
	seen := map[int]bool{}
	for i := range list {
		x := &list[i]
		s, ok := satisfied(x)
		if x.Verdict != verdict.NotExamined && x.Verdict != verdict.Undetermined {
			sel.Include = append(sel.Include, controlID{token(x.ID)})
		}
		if !ok {
			left = append(left, x.Number+" "+x.Title+": "+x.VerdictName)
			continue
		}
		f := finding{
			UUID: a.uuid("requirement", x.ID), Title: line(x.Number + " " + x.Title), Description: prose(x.Reason),
			Target: target{Type: "statement-id", ID: token(x.ID) + "_smt", Title: line(x.Title), Status: s},
			Props:  []prop{{Name: "verdict", NS: ns, Value: string(x.Verdict)}},
		}
		if x.Declared {
			f.Props = append(f.Props, prop{Name: "declared", NS: ns, Value: "true", Remarks: prose(a.t("お店の自己申告だけによる適合です。"))})
		}
		add := func(id string) {
			if id != "" {
				f.Observations = append(f.Observations, relatedObservation{id})
			}
		}
		for _, b := range x.Basis {
			add(a.checked(b.Check))
		}
		for k := range x.Answers {
			add(a.told(x.Edition, &x.Answers[k]))
		}
		for _, n := range x.Findings {
			if n < 1 || n > len(d.Findings) {
				continue
			}
			k := a.riskOf(&d.Findings[n-1])
			if !seen[n] {
				seen[n] = true
				r.Risks = append(r.Risks, k)
			}
			f.Risks = append(f.Risks, relatedRisk{k.UUID})
		}
		r.Findings = append(r.Findings, f)
	}
	if len(sel.Include) == 0 { // OSCAL wants at least one; nothing of it was found out
		sel.Include, sel.Description = []controlID{{token(first.ID)}}, prose(a.t("この基準の要件は、どれも確認できませんでした。"))
	}
	r.Reviewed, r.Observations = reviewed{[]controlSelection{sel}}, a.observations
	if len(left) > 0 {
		r.Remarks = prose(a.t("次の要件は、適合とも不適合とも判定していません。") + "\n\n- " + strings.Join(left, "\n- "))
	}
	return r
}

// Work is how far a finding of the report has come since, by its fingerprint.
type Work struct {
	Status string // of OSCAL: open, investigating, remediating, deviation-approved, closed
	Due    string // day, 2006-01-02; "" = none
	Note   string
}

// Plan writes a plan of action and milestones: what was found and is to be
// done, and what the shop itself says is not done. work may be nil.
func Plan(w io.Writer, d *report.Document, work map[string]Work) error {
	a := begin(d, "plan")
	out := poam{UUID: uuid("plan of action", d.Run.ID, moment(d.Made), string(d.Lang)), System: systemID{"http://ietf.org/rfc/rfc4122", uuid("shop", d.Shop)}, Local: a.local()}
	out.Metadata = a.head(a.t("対策計画") + " – " + d.Subtitle)
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Severity == check.Info {
			continue
		}
		x := a.riskOf(f)
		item := poamItem{UUID: uuid("item", d.Shop, fingerprint(f)), Title: x.Title, Description: x.Description, Risks: []relatedRisk{{x.UUID}}, Observations: x.Related, Props: []prop{{Name: "finding", NS: ns, Value: f.ID}, {Name: "order", NS: ns, Value: fmt.Sprint(f.Number)}}}
		if wk, ok := work[fingerprint(f)]; ok {
			x.Status = wk.Status
			if wk.Due != "" {
				x.Deadline = wk.Due + "T00:00:00+09:00"
			}
			if wk.Note != "" {
				item.Remarks = prose(wk.Note)
			}
		}
		out.Risks = append(out.Risks, x)
		out.Items = append(out.Items, item)
	}
	for i := range d.Requirements {
		r := &d.Requirements[i]
		if len(r.Findings) > 0 || r.Verdict != verdict.NotMet && r.Verdict != verdict.Partly {
			continue
		}
		item := poamItem{UUID: uuid("item", d.Shop, r.Edition, r.ID), Title: line(r.Number + " " + r.Title), Description: prose(r.EditionTitle + "\n\n" + r.Reason), Props: []prop{{Name: "edition", NS: ns, Value: r.Edition}, {Name: "requirement", NS: ns, Value: line(r.ID)}}}
		for k := range r.Answers {
			item.Observations = append(item.Observations, relatedObservation{a.told(r.Edition, &r.Answers[k])})
		}
		out.Items = append(out.Items, item)
	}
	if len(out.Items) == 0 { // OSCAL wants at least one
		out.Items = []poamItem{{UUID: uuid("item", d.Shop, "none"), Title: line(a.t("対応が必要なことは見つかっていません。")), Description: prose(d.Grade.Advice)}}
	}
	out.Observations = a.observations
	return write(w, "plan-of-action-and-milestones", out)
}

// PlanOf is Plan without anything that happened since.
func PlanOf(w io.Writer, d *report.Document) error { return Plan(w, d, nil) }
