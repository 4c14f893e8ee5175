package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Proof is how a finding was shown, in one language and as data: what was put
// in, what the answers showed, and a line that repeats it. Secrets in it were
// masked before it was kept.
type Proof struct {
	Words string // the difference in a sentence; plain text
	Steps []ProofStep
	Curl  string // repeats the decisive request; "" when one request does not show it
	// Agreed of Tried repetitions with fresh values agreed; 0, 0 when the check does not repeat.
	Agreed, Tried int
}

// ProofStep is one exchange of a proof.
type ProofStep struct {
	Value, Saw string
	Evidence   wire.ExchangeID
}

var (
	wProof      = i18n.Text{JA: "どのように確かめたか", EN: "How it was confirmed"}
	wDifference = i18n.Text{JA: "違い", EN: "Difference"}
	wRepeated   = i18n.Text{JA: "繰り返し", EN: "Repeated"}
	wValue      = i18n.Text{JA: "入れた値", EN: "Value sent"}
	wSaw        = i18n.Text{JA: "応答に現れたこと", EN: "What the answer showed"}
	wLedger     = i18n.Text{JA: "台帳", EN: "Ledger"}
	wAgreed     = i18n.Text{JA: "値を変えて {tried} 回試し、{agreed} 回とも同じ結果でした。", EN: "Tried {tried} {tried:time|times} with fresh values; the result was the same {agreed} {agreed:time|times}."}
	wAgreedOf   = i18n.Text{JA: "値を変えて {tried} 回試し、{agreed} 回が同じ結果でした。", EN: "Tried {tried} {tried:time|times} with fresh values; the result was the same {agreed} {agreed:time|times}."}
	wCurl       = i18n.Text{JA: "同じ結果を確かめるコマンド（Cookie などの秘密は伏せています。ご自分の値に置き換えてください）", EN: "Command that repeats it (secrets such as cookies are masked; put in your own)"}
)

// ProofTitle is the heading over the proof of a finding.
func ProofTitle(l i18n.Lang) string { return wProof.In(l) }

func proofOf(p *check.Proof, l i18n.Lang) *Proof {
	if p == nil {
		return nil
	}
	out := &Proof{Words: inLine(strings.TrimSpace(p.Words.In(l))), Curl: p.Curl, Agreed: p.Agreed, Tried: p.Tried}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, ProofStep{Value: cmp.Or(s.Value, s.Called.In(l)), Saw: s.Saw.In(l), Evidence: s.Evidence})
	}
	return out
}

// Repeated says how often the result was the same; "" when it was not
// repeated, or when the words say it already.
func (p *Proof) Repeated(l i18n.Lang) string {
	if p.Tried < 2 || p.Agreed == p.Tried && slices.Contains(numbers.FindAllString(p.Words, -1), strconv.Itoa(p.Tried)) {
		return ""
	}
	w := wAgreed
	if p.Agreed < p.Tried {
		w = wAgreedOf
	}
	return i18n.Format(w.In(l), i18n.Args{"agreed": fmt.Sprint(p.Agreed), "tried": fmt.Sprint(p.Tried)})
}

// Text is the whole proof as plain text, for cells and messages.
func (p *Proof) Text(l i18n.Lang) string {
	var out []string
	for _, s := range []string{p.Words, p.Repeated(l)} {
		if s != "" {
			out = append(out, s)
		}
	}
	for i, s := range p.Steps {
		out = append(out, fmt.Sprintf("%d. %s → %s", i+1, inLine(s.Value), s.Saw))
	}
	return strings.Join(out, "\n")
}

var numbers = regexp.MustCompile(`[0-9]+`)

// proof is the proof of a finding laid out for reading.
func (f *Finding) proof(l i18n.Lang) []Block {
	p := f.Proof
	if p == nil {
		return nil
	}
	var out []Block
	var facts Facts
	if w := strings.Join(strings.Fields(p.Words), " "); w != "" {
		facts.Rows = append(facts.Rows, Fact{Name: wDifference.In(l), Value: w})
	}
	if r := p.Repeated(l); r != "" {
		facts.Rows = append(facts.Rows, Fact{Name: wRepeated.In(l), Value: r})
	}
	if len(facts.Rows) > 0 {
		out = append(out, facts)
	}
	if len(p.Steps) > 0 {
		t := Table{Head: []string{wValue.In(l), wSaw.In(l), wLedger.In(l)}, Widths: []float64{5, 5, 2}}
		for _, s := range p.Steps {
			t.Rows = append(t.Rows, []Cell{{Text: inLine(s.Value), Code: true}, {Text: s.Saw}, {Text: string(s.Evidence)}})
		}
		out = append(out, t)
	}
	if p.Curl != "" {
		out = append(out, Code{Caption: wCurl.In(l), Text: p.Curl})
	}
	return out
}

// inLine shows a value in one line: ends of lines as \r and \n.
func inLine(v string) string {
	return strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(v)
}
