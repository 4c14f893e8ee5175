package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

// Card is a finding laid out for reading: what FindingCard stands for.
type Card struct {
	Facts    []Fact
	Parts    []CardPart // the first says what was seen
	Proof    []Block    // how it was confirmed, read after the first part; empty for what is plain to see
	Excerpt  *Code
	Evidence []Code
	// References are empty where the card refers to another finding.
	References []Reference
}

// CardPart is one titled text of a card. Links says that the text is our own
// and its links may be followed; what was seen holds words of the shop.
type CardPart struct {
	Title, Markdown string
	Links           bool
}

// The words of a card.
var (
	wSeverity     = i18n.Text{JA: "危険度", EN: "Severity"}
	wConfidence   = i18n.Text{JA: "確からしさ", EN: "Confidence"}
	wWhere        = i18n.Text{JA: "場所", EN: "Place"}
	wParameter    = i18n.Text{JA: "対象の項目", EN: "Item"}
	wFixer        = i18n.Text{JA: "誰が直すか", EN: "Who fixes it"}
	wEffort       = i18n.Text{JA: "手間の目安", EN: "Effort"}
	wRequirements = i18n.Text{JA: "関係する要件", EN: "Requirements"}
	wClass        = i18n.Text{JA: "分類", EN: "Classification"}
	wSeen         = i18n.Text{JA: "見つかったこと", EN: "What was seen"}
	wWhy          = i18n.Text{JA: "なぜ問題か", EN: "Why it matters"}
	wOperator     = i18n.Text{JA: "直し方: サイトを運用する方", EN: "How to fix: for the person who runs the site"}
	wDeveloper    = i18n.Text{JA: "直し方: 開発会社", EN: "How to fix: for the developer"}
	wExcerpt      = i18n.Text{JA: "該当箇所", EN: "Excerpt"}
	wEvidence     = i18n.Text{JA: "証跡 {n}（{at}）", EN: "Evidence {n} ({at})"}
	wRepair       = i18n.Text{JA: "なぜ問題か・直し方", EN: "Why it matters, and how to fix it"}
	wSame         = i18n.Text{JA: "{id} と同じです。まとめて直してください。", EN: "The same as {id}: repair them together."}
	wReferences   = i18n.Text{JA: "参考", EN: "References"}
	wListSep      = i18n.Text{JA: "、", EN: ", "}
	wOpenParen    = i18n.Text{JA: "（CVSS {score}）", EN: " (CVSS {score})"}
)

// sameRepair is the first of the findings just before i that say the same of
// why and how: one check's findings stand together and are repaired together,
// so a report says it once.
func (d *Document) sameRepair(i int) int {
	f, first := &d.Findings[i], i
	for first > 0 {
		p := &d.Findings[first-1]
		if p.Check != f.Check || p.Why != f.Why || p.Operator != f.Operator || p.Developer != f.Developer {
			break
		}
		first--
	}
	return first
}

// ReferencesTitle is the heading over the references of a finding.
func ReferencesTitle(l i18n.Lang) string { return wReferences.In(l) }

// Card lays out Findings[i].
func (d *Document) Card(i int) Card {
	f, l := &d.Findings[i], d.Lang
	var c Card
	fact := func(name i18n.Text, value string, tone Tone) {
		if value != "" {
			c.Facts = append(c.Facts, Fact{Name: name.In(l), Value: value, Tone: tone})
		}
	}
	severity := f.SeverityName
	if s := f.score(); s != "" {
		severity += i18n.Format(wOpenParen.In(l), i18n.Args{"score": s})
	}
	fact(wSeverity, severity, f.Tone)
	if first := d.sameRepair(i); first != i {
		c.Facts = nil
		fact(wSeverity, severity+wListSep.In(l)+f.ConfidenceName, f.Tone)
		d.shortCard(&c, f, &d.Findings[first])
		return c
	}
	fact(wConfidence, f.ConfidenceName, "")
	fact(wWhere, f.place(), "")
	fact(wParameter, f.Parameter, "")
	fact(wFixer, f.FixerName, "")
	fact(wEffort, f.EffortName, "")
	fact(wRequirements, strings.Join(f.Requirements, "\n"), "")
	fact(wClass, f.class(), "")
	part := func(title i18n.Text, md string, links bool) {
		if md != "" {
			c.Parts = append(c.Parts, CardPart{title.In(l), md, links})
		}
	}
	part(wSeen, f.Seen, false)
	c.Proof = f.proof(l)
	part(wWhy, f.Why, true)
	part(wOperator, f.Operator, true)
	part(wDeveloper, f.Developer, true)
	c.References = f.References
	if f.Excerpt != "" {
		c.Excerpt = &Code{Caption: wExcerpt.In(l), Text: f.Excerpt}
	}
	for n := range f.Evidence {
		e := &f.Evidence[n]
		caption := i18n.Format(wEvidence.In(l), i18n.Args{"n": strconv.Itoa(n + 1), "at": d.Time(e.At)})
		text := e.line() // the first is shown whole, the others are alike
		if n == 0 {
			text = e.text()
		}
		c.Evidence = append(c.Evidence, Code{Caption: caption, Text: text})
	}
	return c
}

// shortCard is the card of a further place of a fault that first tells in full:
// what is different there.
func (d *Document) shortCard(c *Card, f, first *Finding) {
	l := d.Lang
	c.Facts = append(c.Facts, Fact{Name: wWhere.In(l), Value: f.place()})
	c.Parts = append(c.Parts, CardPart{wSeen.In(l), f.Seen, false})
	c.Proof = f.proof(l)
	same := i18n.Format(wSame.In(l), i18n.Args{"id": "[" + first.ID + "](#" + first.ID + ")"})
	if f.Excerpt != "" {
		c.Excerpt = &Code{Caption: wExcerpt.In(l), Text: f.Excerpt}
	}
	c.Parts = append(c.Parts, CardPart{wRepair.In(l), same, true})
	if !slices.Equal(f.References, first.References) {
		for _, r := range f.References {
			if !slices.Contains(first.References, r) {
				c.References = append(c.References, r)
			}
		}
	}
}

// Time writes a moment for people, in the zone of the report.
func (d *Document) Time(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	zone := d.Zone
	if zone == nil {
		zone = Tokyo()
	}
	if d.Lang == i18n.EN {
		return t.In(zone).Format("2 January 2006, 15:04:05 MST")
	}
	return t.In(zone).Format("2006年1月2日 15:04:05")
}

func (f *Finding) score() string {
	var s []string
	if f.Score31 > 0 {
		s = append(s, fmt.Sprintf("3.1: %.1f", f.Score31))
	}
	if f.Score40 > 0 {
		s = append(s, fmt.Sprintf("4.0: %.1f", f.Score40))
	}
	return strings.Join(s, " / ")
}

// place is the URL with the place in it, where the URL does not already say it.
func (f *Finding) place() string {
	switch {
	case f.Where == "" || strings.HasSuffix(f.URL, f.Where):
		return f.URL
	case f.URL == "":
		return cmp.Or(f.Place, f.Where)
	}
	return cmp.Or(f.Place, f.Where) + "\n" + f.URL
}

func (f *Finding) class() string {
	var s []string
	if f.CWE != 0 {
		s = append(s, "CWE-"+strconv.Itoa(f.CWE))
	}
	if f.Severity > check.Info {
		for _, v := range []string{f.CVSS31, f.CVSS40} {
			if v != "" {
				s = append(s, v)
			}
		}
	}
	return strings.Join(s, "\n")
}

// line is an exchange in short: what was asked and the status of the answer.
func (e *Evidence) line() string { return e.Method + " " + e.URL + "\n" + strconv.Itoa(e.Status) }

// text is an exchange as it went over the wire: request, answer, and the part
// of the body that shows it.
func (e *Evidence) text() string {
	request := withoutValues(withoutOurs(e.RequestHead))
	if request == "" {
		request = e.Method + " " + e.URL
	}
	// Over HTTP/2 the request is kept in the form of HTTP/1.1.
	if strings.HasPrefix(e.ResponseHead, "HTTP/2") {
		request = strings.Replace(request, " HTTP/1.1\n", " HTTP/2\n", 1)
	}
	parts := []string{request}
	if e.ResponseHead != "" {
		parts = append(parts, withoutValues(e.ResponseHead))
	} else if e.Status != 0 {
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.Body != "" {
		parts = append(parts, e.Body)
	}
	return strings.Join(parts, "\n\n")
}

// ours are the headers that every request of Miseban carries alike; they say
// nothing about a finding.
var ours = []string{"user-agent:", "accept:", "accept-language:", "accept-encoding:", "x-miseban:", "from:"}

// withoutOurs leaves those out of a request's head.
func withoutOurs(head string) string {
	var out []string
	for _, line := range strings.Split(head, "\n") {
		low := strings.ToLower(line)
		if !slices.ContainsFunc(ours, func(h string) bool { return strings.HasPrefix(low, h) }) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// withoutValues shows cookies by name only. What is stored for them is no
// secret but a stand-in of the same shape, which a reader would take for one.
func withoutValues(head string) string {
	lines := strings.Split(head, "\n")
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "cookie":
			pairs := strings.Split(value, ";")
			for k := range pairs {
				pairs[k] = withoutValue(pairs[k])
			}
			lines[i] = name + ":" + strings.Join(pairs, ";")
		case "set-cookie":
			pair, attributes, some := strings.Cut(value, ";")
			lines[i] = name + ":" + withoutValue(pair)
			if some {
				lines[i] += ";" + attributes
			}
		}
	}
	return strings.Join(lines, "\n")
}

func withoutValue(pair string) string {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || strings.Trim(value, " ●*") == "" {
		return pair
	}
	return name + "=***"
}
