package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Input is what Build needs beside the assessment.
type Input struct {
	Suites []*check.Suite // in the order of the report
	// Exchange returns stored evidence; nil, nil when it was not kept.
	Exchange func(ctx context.Context, id wire.ExchangeID) (*wire.Exchange, error)
	Ledger   []wire.Entry
	Zone     *time.Location // for times people read; nil: Asia/Tokyo, or UTC+9 where zones are missing
}

// MostEvidence is how many exchanges a report shows for a finding at most.
const MostEvidence = 3

// Build puts an assessment into words. Only a check without a text, or
// evidence that cannot be read, is an error.
func Build(ctx context.Context, a *assessment.Assessment, in Input, lang i18n.Lang) (*Document, error) {
	b := &builder{a: a, in: in, lang: lang, checks: map[string]*check.Check{}, texts: map[string]check.Text{}, suites: map[string]*check.Suite{}}
	if b.in.Zone == nil {
		b.in.Zone = Tokyo()
	}
	for _, s := range in.Suites {
		for _, c := range s.Checks {
			t, err := s.LoadText(c)
			if err != nil {
				return nil, err
			}
			b.checks[c.Name], b.texts[c.Name], b.suites[c.Name] = c, t[lang], s
		}
	}
	run := a.Run
	b.doc = &Document{
		Spoken: a.Said != nil && len(a.Said.Answers)+len(a.Said.Overrules) > 0,
		Lang:   lang, Title: b.t("ECサイト セキュリティ診断報告書"), Subtitle: hostOf(run.Shop), Shop: run.Shop, Made: a.At, Zone: b.in.Zone,
		Run: RunFacts{
			ID: run.ID, Parent: run.Parent, Version: run.Version, Level: run.Scope.Level.String(), Started: run.Started, Ended: run.Ended,
			State: string(run.State), IntelVersion: run.Intel.Version, IntelIssued: run.Intel.Issued, Browser: run.Browser,
			Pages: countPages(run),
		},
		Grade: GradeWords(a.Grade, lang),
		Terms: terms(lang),
	}
	b.doc.Ledger = b.ledger()
	b.doc.Run.Requests = b.doc.Ledger.Requests
	if err := b.findings(ctx); err != nil {
		return nil, err
	}
	b.requirements()
	b.checkRows()
	b.inventory()
	b.limits()
	b.doc.Sections = []Section{
		b.cover(), b.executive(), b.overall(), b.scope(), b.requirementSection(), b.findingSection(),
		b.plan(), b.inventorySection(), b.wkd(), b.appendix(),
	}
	return b.doc, nil
}

// Tokyo is the time zone of the reports.
func Tokyo() *time.Location {
	if z, err := time.LoadLocation("Asia/Tokyo"); err == nil {
		return z
	}
	return time.FixedZone("JST", 9*60*60)
}

type builder struct {
	a      *assessment.Assessment
	in     Input
	lang   i18n.Lang
	doc    *Document
	checks map[string]*check.Check
	texts  map[string]check.Text
	suites map[string]*check.Suite
}

// t says a Japanese source text in the document's language.
func (b *builder) t(ja string, kv ...string) string {
	var args i18n.Args
	if len(kv) > 0 {
		args = i18n.Args{}
		for i := 0; i+1 < len(kv); i += 2 {
			args[kv[i]] = kv[i+1]
		}
	}
	return i18n.T(b.lang, ja, args)
}

func (b *builder) time(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(b.in.Zone)
	if b.lang == i18n.EN {
		return t.Format("2 January 2006, 15:04 MST")
	}
	return t.Format("2006年1月2日 15:04")
}

func (b *builder) date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if b.lang == i18n.EN {
		return t.In(b.in.Zone).Format("2 January 2006")
	}
	return t.In(b.in.Zone).Format("2006年1月2日")
}

func toneOf(v verdict.Verdict) Tone {
	switch v {
	case verdict.Met:
		return Good
	case verdict.NotMet:
		return Bad
	case verdict.Partly, verdict.Undetermined:
		return Warn
	case verdict.NotApplicable:
		return Neutral
	}
	return Unknown
}

func severityTone(s check.Severity) Tone {
	switch s {
	case check.Critical, check.High:
		return Bad
	case check.Medium:
		return Warn
	}
	return Neutral
}

// findings fills Document.Findings in the order of the plan; info findings come last.
func (b *builder) findings(ctx context.Context) error {
	planned := map[string]bool{}
	add := func(f check.Finding) error {
		out, err := b.finding(ctx, f)
		if err != nil {
			return err
		}
		out.Number = len(b.doc.Findings) + 1
		out.ID = fmt.Sprintf("F-%02d", out.Number)
		b.doc.Findings = append(b.doc.Findings, out)
		return nil
	}
	for _, a := range b.a.Plan {
		planned[a.Check] = true
		fs := slices.Clone(a.Findings)
		slices.SortStableFunc(fs, func(x, y check.Finding) int {
			return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(string(x.Confidence), string(y.Confidence)), cmp.Compare(x.Where, y.Where))
		})
		for _, f := range fs {
			if err := add(f); err != nil {
				return err
			}
		}
	}
	for _, r := range b.results() {
		for _, f := range r.Findings {
			if f.Severity == check.Info || !planned[r.Check] {
				if err := add(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *builder) finding(ctx context.Context, f check.Finding) (Finding, error) {
	c, t := b.checks[f.Check], b.texts[f.Check]
	out := Finding{
		Fingerprint: Fingerprint(&f), Check: f.Check, Suite: b.suites[f.Check].Name, Title: t.Title,
		Severity: f.Severity, Confidence: f.Confidence, SeverityName: f.Severity.Name(b.lang),
		ConfidenceName: confidenceName(f.Confidence, b.lang), EffortName: EffortName(c.Effort, b.lang), FixerName: FixerName(c.Fixer, b.lang),
		Where: f.Where, Place: Place(&f, b.suites[f.Check].Name, b.lang), Parameter: f.Parameter, Seen: t.Describe(escaped(&f), b.lang), Why: t.Why, Operator: t.Operator, Developer: t.Developer,
		CWE: c.CWE, CVSS31: cmp.Or(f.CVSS31, c.CVSS31), CVSS40: cmp.Or(f.CVSS40, c.CVSS40), Excerpt: f.Excerpt, Tone: severityTone(f.Severity),
		Proof: proofOf(f.Proof, b.lang),
	}
	if f.Severity == check.Info {
		out.CVSS31, out.CVSS40 = "", ""
	}
	if v, err := gocvss31.ParseVector(out.CVSS31); out.CVSS31 != "" && err == nil {
		out.Score31 = v.BaseScore()
	}
	if v, err := gocvss40.ParseVector(out.CVSS40); out.CVSS40 != "" && err == nil {
		out.Score40 = v.Score()
	}
	for _, r := range f.References {
		out.References = append(out.References, reference(r))
	}
	if c.CWE != 0 {
		out.References = append(out.References, reference("CWE-"+strconv.Itoa(c.CWE)))
	}
	for _, r := range t.Refs {
		if ref := reference(r); !slices.Contains(out.References, ref) {
			out.References = append(out.References, ref)
		}
	}
	for i := range b.a.Judged {
		j := &b.a.Judged[i]
		for _, r := range j.Edition.RequirementsFor(f.Check) {
			out.RequirementIDs = append(out.RequirementIDs, j.Edition.ID+"/"+r.ID)
		}
		if i == 0 {
			out.Requirements = b.requirementNames(j.Edition, f.Check)
		}
	}
	for i, id := range f.Evidence {
		if i == MostEvidence || b.in.Exchange == nil {
			break
		}
		ex, err := b.in.Exchange(ctx, id)
		if err != nil {
			return out, fmt.Errorf("evidence %s of %s: %w", id, f.Check, err)
		}
		if ex == nil {
			continue
		}
		e := Evidence{
			ID: id, At: ex.At, Method: ex.Method, URL: ex.RawURL, Status: ex.Status,
			RequestHead: capText(string(ex.RequestHead), 1500), ResponseHead: capText(string(ex.ResponseHead), 2500),
		}
		if i == 0 {
			out.Method, out.URL = ex.Method, ex.RawURL
		}
		out.Evidence = append(out.Evidence, e)
	}
	if out.URL == "" {
		out.URL = b.a.Run.Shop
	}
	return out, nil
}

// results are the results of the run in the order of the report, however they
// were kept: a finding has the same number in each report of a run. A check
// that this version no longer has is left out; its result stays in the store.
func (b *builder) results() []*check.Result {
	var out []*check.Result
	for _, s := range b.in.Suites {
		for _, c := range s.Checks {
			if r := b.a.Run.Result(c.Name); r != nil {
				out = append(out, r)
			}
		}
	}
	return out
}

// escaped is f with values that Markdown leaves as they are.
func escaped(f *check.Finding) *check.Finding {
	out := *f
	out.Args, out.Words = i18n.Args{}, map[string]i18n.Text{}
	for k, v := range f.Args {
		out.Args[k] = escapeMarkdown.Replace(v)
	}
	for k, v := range f.Words {
		out.Words[k] = i18n.Text{JA: escapeMarkdown.Replace(v.JA), EN: escapeMarkdown.Replace(v.EN)}
	}
	return &out
}

// Place is where a finding of a suite is, for people: a product by its name,
// not by the word by which programs know it.
func Place(f *check.Finding, suite string, l i18n.Lang) string {
	switch {
	case f.Where == "" || strings.ContainsAny(f.Where, "/.:"):
	case suite == "cookie":
		return i18n.T(l, "Cookie「{name}」", i18n.Args{"name": f.Where})
	case suite == "software":
		if w, ok := f.Words["name"]; ok {
			return w.In(l)
		}
		return cmp.Or(f.Args["name"], f.Where)
	}
	return f.Where
}

// Fingerprint names a finding over all runs of a shop: the same fault at the
// same place has the same one.
func Fingerprint(f *check.Finding) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{"1", f.Check, f.Where, f.Parameter, f.Case, strings.Join(f.References, ",")}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func capText(s string, n int) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "\n…"
}

func (b *builder) checkRows() {
	for _, s := range b.in.Suites {
		for _, c := range s.Checks {
			r := b.a.Run.Result(c.Name)
			row := Check{
				Name: c.Name, Suite: s.Name, SuiteTitle: s.Title.In(b.lang), Title: b.texts[c.Name].Title, Level: c.Level.String(),
				Verdict: verdict.NotExamined, Reason: b.t("この診断では実行していません。"),
			}
			if r != nil {
				row.Verdict, row.Examined, row.Findings, row.Reason = r.Verdict, r.Examined, len(r.Findings), ""
				if r.Reason.Message != "" {
					row.Reason = r.Reason.In(b.lang)
				} else if row.Verdict == verdict.Met && row.Findings > 0 {
					row.Reason = b.t("弱点ではありませんが、参考の指摘があります。")
				}
			}
			row.VerdictName, row.Tone = row.Verdict.Name(b.lang), toneOf(row.Verdict)
			if r != nil && row.Verdict == verdict.Met && c.Severity == check.Info && len(r.Notes) > 0 {
				// What it saw is no fault, but there: "met" would read as if it were not.
				row.VerdictName, row.Tone, row.Reason = b.t("記録のみ"), Neutral, b.t("弱点ではないため、「ソフトウェア・スクリプト一覧」などに記録しました。")
			}
			b.doc.Checks = append(b.doc.Checks, row)
		}
	}
}

func (b *builder) ledger() Ledger {
	l := Ledger{Intact: wire.VerifyLedger(b.in.Ledger) == nil}
	byCheck, byStatus := map[string]int{}, map[string]int{}
	var sentTimes []int64
	for i := range b.in.Ledger {
		e := &b.in.Ledger[i]
		l.LastSum = e.Sum
		switch e.State {
		case wire.Refused:
			l.Refused++
		case wire.Answered:
			l.Bytes += e.Bytes
			if (e.Kind == wire.KindHTTP || e.Kind == wire.KindBrowser) && e.Status > 0 {
				byStatus[strconv.Itoa(e.Status)]++
			}
		case wire.Failed:
			// A closed port is no request without an answer.
			if e.Kind == wire.KindHTTP || e.Kind == wire.KindBrowser {
				byStatus[b.t("応答なし")]++
			}
		}
		if e.State != wire.Sent {
			continue
		}
		if l.First.IsZero() {
			l.First = e.At
		}
		l.Last = e.At
		if e.Kind != wire.KindDNS { // the limit holds for whatever reaches the shop
			sentTimes = append(sentTimes, e.At.UnixMilli())
		}
		switch e.Kind {
		case wire.KindHTTP, wire.KindBrowser:
			l.Requests++
			byCheck[cmp.Or(e.Check, "crawl")]++
		case wire.KindTCP:
			l.Connects++
		case wire.KindTLS:
			l.Handshakes++
		case wire.KindDNS:
			l.Lookups++
		}
	}
	slices.Sort(sentTimes)
	for i, j := 0, 0; j < len(sentTimes); j++ {
		for sentTimes[j]-sentTimes[i] >= 10_000 {
			i++
		}
		l.MaxIn10s = max(l.MaxIn10s, j-i+1)
	}
	l.ByCheck, l.ByStatus = rows(byCheck), rows(byStatus)
	return l
}

func rows(m map[string]int) []LedgerRow {
	out := make([]LedgerRow, 0, len(m))
	for k, n := range m {
		out = append(out, LedgerRow{k, n})
	}
	slices.SortFunc(out, func(x, y LedgerRow) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Name, y.Name))
	})
	return out
}
