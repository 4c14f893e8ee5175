package probe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Proof is o in the form that goes into a finding.
func (o *Outcome) Proof() *check.Proof {
	p := &check.Proof{Agreed: o.Agreed, Tried: o.Agreed}
	var same, other []string
	var last *Answer
	for i := range o.Steps {
		s := &o.Steps[i]
		v := s.Answer.Value
		p.Steps = append(p.Steps, check.ProofStep{Value: v, Saw: s.Text(), Evidence: s.Answer.Ex.ID})
		switch {
		case i == 0:
		case s.Alike == Same:
			same = append(same, v)
		default:
			other = append(other, v)
			last = s.Answer
		}
	}
	if n := len(o.Steps); n > 1 && o.Steps[n-1].Shows != "" {
		s := &o.Steps[n-1]
		p.Curl = Curl(s.Answer.sent)
		p.Words = i18n.Text{
			JA: fmt.Sprintf("%s に「%s」を送ると、応答に %s が現れました。値を変えて繰り返した %d 回すべてで同じ結果でした。", o.Target.Words().JA, visible(s.Answer.Value), s.Shows, o.Agreed),
			EN: fmt.Sprintf("With \"%s\" in %s the answer holds %s; %d of %d times, with fresh values.", visible(s.Answer.Value), o.Target.Words().EN, s.Shows, o.Agreed, o.Agreed),
		}
		return p
	}
	if last != nil {
		p.Curl = Curl(last.sent)
	}
	p.Words = i18n.Text{
		JA: fmt.Sprintf("パラメータ %s に %s を送ると元の値と同じ画面、%s を送ると違う画面になりました。値を変えて繰り返した %d 回すべてで同じ結果でした。", o.Target.Name, listed(same, "、"), listed(other, "、"), o.Agreed),
		EN: fmt.Sprintf("With %s in the parameter %s the page is as for the original value, with %s it is another; %d of %d times, with fresh values.", listed(same, ", "), o.Target.Name, listed(other, ", "), o.Agreed, o.Agreed),
	}
	return p
}

func listed(values []string, sep string) string {
	var out []string
	for _, v := range values {
		out = append(out, "「"+visible(v)+"」")
	}
	if sep != "、" {
		for i := range out {
			out[i] = `"` + visible(values[i]) + `"`
		}
	}
	return strings.Join(out, sep)
}

// visible writes control characters as people write them.
func visible(s string) string {
	if s == "" {
		return "(empty)"
	}
	return strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`).Replace(s)
}

// Curl is the line that repeats r. Secrets are masked when the finding is kept.
func Curl(r *wire.Request) string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("curl -sS -i")
	if m := cmp.Or(r.Method, "GET"); m != "GET" {
		b.WriteString(" -X " + m)
	}
	for _, k := range sortedHeader(r) {
		for _, v := range r.Header[k] {
			b.WriteString(" -H " + shellQuote(k+": "+v))
		}
	}
	if len(r.Body) > 0 {
		b.WriteString(" --data-binary " + shellQuote(string(r.Body)))
	}
	b.WriteString(" " + shellQuote(r.URL.String()))
	return b.String()
}

func sortedHeader(r *wire.Request) []string {
	var out []string
	for k := range r.Header {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func shellQuote(s string) string {
	if strings.ContainsAny(s, "\n\r\t") {
		return "$'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Sent is the request that brought the answer, for Curl.
func (a *Answer) Sent() *wire.Request { return a.sent }
