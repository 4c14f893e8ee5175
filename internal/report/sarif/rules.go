package sarif

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

// collectRules makes a rule of every check, with help where it found something.
func (b *builder) collectRules() {
	first := map[string]*report.Finding{}
	worst := map[string]float64{}
	for i := range b.d.Findings {
		f := &b.d.Findings[i]
		if first[f.Check] == nil || f.Severity > first[f.Check].Severity {
			first[f.Check] = f
		}
		worst[f.Check] = max(worst[f.Check], securitySeverity(f))
		if f.CWE != 0 {
			b.addTaxon(f.CWE)
		}
	}
	addRule := func(name, suite, title string) {
		if _, ok := b.rules[name]; ok {
			return
		}
		b.rules[name] = len(b.rule)
		r := descriptor{ID: name, Name: camel(name), ShortDescription: &multiformat{Text: title}}
		tags := []string{"security", suite}
		if f := first[name]; f != nil {
			r.FullDescription = &multiformat{Text: report.PlainText(f.Why), Markdown: f.Why}
			r.Help = b.help(f)
			r.Configuration = &configuration{Level: level(f.Severity)}
			for _, ref := range f.References {
				if strings.HasPrefix(ref.URL, "https://") {
					r.HelpURI = clean(ref.URL)
					break
				}
			}
			if i, ok := b.taxa[f.CWE]; ok {
				tags = append(tags, fmt.Sprintf("external/cwe/cwe-%03d", f.CWE))
				r.Relationships = []relationship{{Target: descriptorRef{ID: strconv.Itoa(f.CWE), Index: &i, ToolComponent: &componentRef{Name: "CWE"}}, Kinds: []string{"superset"}}}
			}
			r.Properties = map[string]any{"security-severity": strconv.FormatFloat(worst[name], 'f', 1, 64), "precision": precision(f)}
		} else {
			r.Properties = map[string]any{}
		}
		r.Properties["tags"] = tags
		b.rule = append(b.rule, r)
	}
	for _, c := range b.d.Checks {
		addRule(c.Name, c.Suite, c.Title)
	}
	for _, f := range b.d.Findings {
		addRule(f.Check, f.Suite, f.Title)
	}
}

func (b *builder) addTaxon(cwe int) {
	if _, ok := b.taxa[cwe]; ok {
		return
	}
	b.taxa[cwe] = len(b.taxon)
	id := strconv.Itoa(cwe)
	b.taxon = append(b.taxon, descriptor{ID: id, Name: "CWE-" + id, HelpURI: "https://cwe.mitre.org/data/definitions/" + id + ".html", ShortDescription: &multiformat{Text: "CWE-" + id}})
}

func (b *builder) help(f *report.Finding) *multiformat {
	var text, md []string
	for _, p := range []struct {
		title i18n.Text
		body  string
	}{
		{i18n.Text{JA: "なぜ問題か", EN: "Why it matters"}, f.Why},
		{i18n.Text{JA: "直し方: サイトを運用する方", EN: "How to fix: for the person who runs the site"}, f.Operator},
		{i18n.Text{JA: "直し方: 開発会社", EN: "How to fix: for the developer"}, f.Developer},
	} {
		if p.body != "" {
			text = append(text, p.title.In(b.d.Lang)+"\n"+report.PlainText(p.body))
			md = append(md, "## "+p.title.In(b.d.Lang)+"\n\n"+p.body)
		}
	}
	return &multiformat{Text: strings.Join(text, "\n\n"), Markdown: strings.Join(md, "\n\n")}
}

// securitySeverity is the number by which code hosts sort: the CVSS score, or
// the middle of the severity's band.
func securitySeverity(f *report.Finding) float64 {
	if s := max(f.Score31, f.Score40); s > 0 {
		return s
	}
	return map[check.Severity]float64{check.Critical: 9.5, check.High: 8, check.Medium: 5.5, check.Low: 2}[f.Severity]
}

func precision(f *report.Finding) string {
	if f.Confidence == check.Possible {
		return "medium"
	}
	return "very-high"
}

func camel(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// exchange is the first evidence of a finding as SARIF has it.
func exchange(f *report.Finding) (*webRequest, *webResponse) {
	if len(f.Evidence) == 0 {
		return nil, nil
	}
	e := &f.Evidence[0]
	req := &webRequest{Method: e.Method, Target: e.URL}
	line, headers := head(e.RequestHead)
	req.Headers = headers
	if parts := strings.Fields(line); len(parts) == 3 {
		req.Protocol, req.Version, _ = strings.Cut(parts[2], "/")
	}
	if u, err := url.Parse(e.URL); err == nil && u.RawQuery != "" {
		req.Parameters = map[string]string{}
		for k, v := range u.Query() {
			req.Parameters[k] = strings.Join(v, ", ")
		}
	}
	if e.ResponseHead == "" && e.Status == 0 {
		return req, nil
	}
	line, headers = head(e.ResponseHead)
	res := &webResponse{Status: e.Status, Headers: headers, Reason: http.StatusText(e.Status)}
	if version, rest, ok := strings.Cut(line, " "); ok && strings.HasPrefix(version, "HTTP/") {
		res.Protocol, res.Version, _ = strings.Cut(version, "/")
		if _, reason, ok := strings.Cut(rest, " "); ok {
			res.Reason = reason
		}
	}
	if e.Body != "" {
		res.Body = &content{Text: e.Body}
	}
	return req, res
}

// head reads a message head: its first line, and the header lines. Lines of
// one name are joined, as RFC 9110 allows (Set-Cookie too: this is evidence to read).
func head(raw string) (first string, headers map[string]string) {
	headers = map[string]string{}
	s := bufio.NewScanner(strings.NewReader(raw))
	for n := 0; s.Scan(); n++ {
		if n == 0 {
			first = s.Text()
			continue
		}
		name, value, ok := strings.Cut(s.Text(), ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if old, ok := headers[name]; ok {
			value = old + ", " + value
		}
		headers[name] = value
	}
	return first, headers
}
