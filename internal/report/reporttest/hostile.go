package reporttest

import (
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// Malice are texts that a shop could put where a report shows them. Each holds
// the word MALICE so that a test can find what became of it.
var Malice = []string{
	`<script>alert("MALICE")</script><img src=x onerror=alert(1)>`,
	`</style></pre></details></td></table></body><h1>MALICE</h1>`,
	`=cmd|' /C calc'!A0 MALICE`, `@SUM(1+1) MALICE`, `+1+1 MALICE`, `-2+3 MALICE`, "\t=1+1 MALICE", "\r=1+1 MALICE",
	`=HYPERLINK("https://evil.example/","MALICE")`,
	`[MALICE](javascript:alert(1)) ![MALICE](https://evil.example/x.png) <https://evil.example/MALICE>`,
	"MALICE \u202Egpj.exe\u202C \u200B\u200D\uFEFF \x00\x01\x1b[31m \uFFFE\uFFFF \U0001F600👨\u200d👩\u200d👧 𠮷野家 ﷽ שלום",
	"MALICE " + strings.Repeat("長い名前", 75),
	"MALICE " + strings.Repeat("x", 300),
	"https://shop.example/MALICE/" + strings.Repeat("a%20b", 60),
	"MALICE ```\n# heading\n| a | b |\n~~~ `",
	"MALICE \xff\xfe\x80 broken",
	`{{.Title}} ${7*7} %s %d MALICE \u0000 \\ ()<>[]`,
}

// Hostile is the small document with malice in every place that holds words of a shop.
func Hostile(l i18n.Lang) *report.Document {
	d := build(l, len(Malice)*2)
	bad := func(i int) string { return Malice[i%len(Malice)] }
	d.Shop, d.Subtitle = "https://shop.example/?q="+Malice[0], Malice[0]
	for i := range d.Findings {
		f := &d.Findings[i]
		f.Where, f.Parameter, f.URL, f.Method = bad(i), bad(i+1), bad(i+2), bad(i+3)
		f.Excerpt = strings.Join(Malice, "\n")
		f.Seen = bad(i) + " `" + bad(i+4) + "`"
		f.References = append(f.References, report.Reference{Text: bad(i), URL: "javascript:alert('MALICE')"})
		f.Proof = &report.Proof{Words: bad(i), Curl: "curl '" + bad(i+1) + "'", Agreed: 4, Tried: 5}
		for _, m := range Malice {
			f.Proof.Steps = append(f.Proof.Steps, report.ProofStep{Value: m, Saw: m, Evidence: "x-1"})
		}
		f.Evidence = []report.Evidence{{ID: "x-1", At: At, Method: bad(i), URL: bad(i + 1), Status: 200, RequestHead: bad(i + 2), ResponseHead: bad(i + 3), Body: bad(i + 4)}}
	}
	d.Software, d.Scripts, d.Limits = nil, nil, nil
	for _, m := range Malice {
		d.Software = append(d.Software, report.Item{Name: m, Version: m, Where: m, Note: m})
		d.Scripts = append(d.Scripts, report.Item{Name: m, Where: m})
		d.Limits = append(d.Limits, report.Limit{What: m, Why: m})
		d.Ledger.ByCheck = append(d.Ledger.ByCheck, report.LedgerRow{Name: m, Count: 1})
	}
	w := writer{lang: l, doc: d}
	w.sections()
	s := &d.Sections[len(d.Sections)-1]
	for _, m := range Malice {
		s.Blocks = append(s.Blocks,
			report.Code{Caption: m, Text: m}, report.Facts{Rows: []report.Fact{{Name: m, Value: m}}},
			report.Prose{Markdown: m}, report.Callout{Title: m, Markdown: m, Tone: report.Tone(m)},
			report.Table{Caption: m, Head: []string{m, m}, Rows: [][]report.Cell{{{Text: m, Link: "javascript:alert(1)"}, {Text: m, Code: true, Tone: report.Bad}}, {{Text: m}}}},
			report.Bars{Caption: m, Rows: []report.Bar{{Label: m, Value: -5}, {Label: m, Value: 5}}}, report.Heading{Level: 3, ID: m, Text: m},
		)
	}
	return d
}
