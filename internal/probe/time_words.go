package probe

import (
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Lag is a place that waits for as long as it is told to.
type Lag struct {
	target  *Target
	fit     *fit
	answers []*Answer // of all requests, controls too
	seconds []int
}

// Longest is the answer to the longest delay, which shows the fault best.
func (l *Lag) Longest() *wire.Exchange { return l.at(slices.Max(l.seconds)).Ex }

// at is the last answer to a delay of that many seconds.
func (l *Lag) at(seconds int) *Answer {
	for i, s := range slices.Backward(l.seconds) {
		if s == seconds {
			return l.answers[i]
		}
	}
	return nil
}

// levels are the delays that were asked for, each once.
func (l *Lag) levels() []int {
	out := slices.Clone(l.seconds)
	slices.Sort(out)
	return slices.Compact(out)
}

// Proof is l in the form that goes into a finding.
func (l *Lag) Proof() *check.Proof {
	p := &check.Proof{Agreed: l.fit.agreed(), Tried: len(l.fit.clocks)}
	var asked, took []string
	for _, s := range l.levels() {
		a := l.at(s)
		sec := a.Ex.Took.Seconds()
		asked = append(asked, itoa(s))
		took = append(took, fmt.Sprintf("%.1f", sec))
		p.Steps = append(p.Steps, check.ProofStep{Value: a.Value, Evidence: a.Ex.ID, Saw: i18n.Text{
			JA: fmt.Sprintf("待ち時間 %d 秒を指定し、応答まで %.1f 秒かかりました", s, sec),
			EN: fmt.Sprintf("asked to wait %d s, the answer took %.1f s", s, sec),
		}})
	}
	p.Curl = Curl(l.at(slices.Max(l.seconds)).sent)
	twiceJA, twiceEN := "", ""
	if l.fit.times > 1 {
		twiceJA = fmt.Sprintf("値は 1 回の要求で %d 回実行されています。", l.fit.times)
		twiceEN = fmt.Sprintf(" One request carries the value out %d times.", l.fit.times)
	}
	p.Words = i18n.Text{
		JA: fmt.Sprintf("%sに待ち時間 %s 秒を指定したところ、応答にはそれぞれ %s 秒かかりました。順番をくじで決めて %d 回送り、%d 回で指定どおりに遅れました（1 秒の指定につき %.2f 秒、指定しないとき %.2f 秒、ばらつき %.2f 秒）。偶然にこうなる見込みは 1 万分の 1 未満です。%s",
			l.target.Words().JA, strings.Join(asked, "/"), strings.Join(took, "/"), p.Tried, p.Agreed, l.fit.slope, l.fit.floor, l.fit.spread, twiceJA),
		EN: fmt.Sprintf("With delays of %s s in %s the answers took %s s. In an order drawn by lot %d of %d were late by just what was asked for (%.2f s for each second, %.2f s without delay, spread %.2f s). Chance does this less often than once in 10,000.%s",
			strings.Join(asked, "/"), l.target.Words().EN, strings.Join(took, "/"), p.Agreed, p.Tried, l.fit.slope, l.fit.floor, l.fit.spread, twiceEN),
	}
	return p
}
