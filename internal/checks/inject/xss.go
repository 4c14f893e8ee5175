package inject

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
)

// shown is a value with which one answer was proved to hold what a sender put there.
type shown struct {
	answer *probe.Answer
	on     *page.Page // the answer, or the page to which it led
	value  string
	made   probe.Escape
	place  *probe.Place // where it comes back; nil when that is not known
}

// proves reads an answer: what name made of it, and on which page.
func proves(a *probe.Answer, name string) (best probe.Escape, on *page.Page) {
	for _, pg := range a.Pages() {
		if !probe.Renders(pg.Ex) {
			continue
		}
		for _, e := range probe.Escapes(pg.Tree(), name) { // what runs by itself says more than what can be made to
			if on == nil || rank(e.Made) > rank(best.Made) {
				best, on = e, pg
			}
		}
	}
	return best, on
}

func rank(m probe.Made) int {
	switch m {
	case probe.MadeCode, probe.MadeHandler, probe.MadeSource:
		return 2
	case probe.MadeScriptURL, probe.MadeElement:
		return 1
	}
	return 0
}

// scripted looks for a way to put a script into the answers of t: first in the
// answer to the marker that all checks share, then by the shortest values that
// leave the places where it came back, at most mostWays of them.
func scripted(ctx context.Context, p *check.Pass, t *probe.Target, opts ...probe.Option) (*shown, []*probe.Answer, error) {
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	m, answer, at, places := r.Marker, r.Answer, r.Page, r.Places
	if e, on := proves(answer, m.Name()); on != nil {
		first := &shown{answer, on, m.Probe(), e, placeOf(on, m, e)}
		if again, ok, err := shortest(ctx, p, t, r.Page, places, opts); err != nil || ok {
			return again, []*probe.Answer{answer}, err
		}
		return first, nil, nil
	}
	if r.Blocked || len(places) == 0 && answer.Ex.Status >= 400 {
		b, err := t.Baseline(ctx, p)
		if err != nil || len(b.Other.Value) > 3 && strings.Trim(b.Other.Value, "0123456789") != "" && !b.Echoes() {
			return nil, nil, err // nor does the unknown word come back
		}
		// The signs were refused as a whole: a plain word tells whether the place is worth it.
		m = t.Markers().New(xssName, t.ID, t.Name, "plain")
		if answer, err = t.Send(ctx, p, m.Tag(), append(opts, probe.Because("where a plain word comes back"))...); err != nil {
			return nil, nil, err
		}
		at = answer.Page
		if places = probe.Tagged(at, m); len(places) == 0 && answer.Then != nil {
			at = answer.Then
			places = probe.Tagged(at, m)
		}
		if len(places) == 0 {
			return nil, nil, nil
		}
	}
	s, _, err := shortest(ctx, p, t, at, places, opts)
	return s, []*probe.Answer{answer}, err
}

// mostWays values are tried at one target before it is held to be in order.
const mostWays = 4

// shortest sends the shortest values that ought to leave the places.
func shortest(ctx context.Context, p *check.Pass, t *probe.Target, at *page.Page, places []probe.Place, opts []probe.Option) (*shown, bool, error) {
	tried := map[string]bool{}
	blocked := 0
	for i := range places {
		m := t.Markers().New(xssName, t.ID, t.Name, fmt.Sprint("ways ", i))
		for _, w := range probe.Leaves(at, &places[i], m.Name()) {
			if tried[w.Value] || len(tried) >= mostWays {
				continue
			}
			tried[w.Value] = true
			m := t.Markers().New(xssName, t.ID, t.Name, w.Value)
			v := w.Fill(m.Name())
			a, err := t.Send(ctx, p, v, append(opts, probe.Because("a value that leaves its place"))...)
			var u *probe.Unsettled
			if errors.As(err, &u) && a != nil {
				blocked++
				continue
			}
			if err != nil {
				return nil, false, err
			}
			t.Markers().Sent(m, a.Ex.ID)
			if e, on := proves(a, m.Name()); on != nil {
				return &shown{a, on, v, e, &places[i]}, true, nil
			}
			if a.Blocked() {
				blocked++
			}
		}
	}
	if blocked > 0 && blocked == len(tried) {
		return nil, false, probe.Hindered(t)
	}
	return nil, false, nil
}

// xssName is how markers of these checks are labelled.
const xssName = "xss"

// placeOf is the place of m that e came from, as far as it can be told.
func placeOf(on *page.Page, m probe.Marker, e probe.Escape) *probe.Place {
	places := probe.Places(on, m)
	for i := range places {
		switch k := places[i].Kind; {
		case k == probe.InHeader, k == probe.InBody:
		case places[i].Fate.Raw("<") || e.Made == probe.MadeAttribute && k == probe.InAttribute:
			return &places[i]
		}
	}
	return nil
}

// madeWords says what a value made, in a sentence's half.
func madeWords(e probe.Escape) i18n.Text {
	switch e.Made {
	case probe.MadeElement:
		return i18n.Text{JA: "入力した名前の要素（タグ）がページに増えました", EN: "an element (tag) with the name that was sent appeared in the page"}
	case probe.MadeAttribute:
		return i18n.Text{JA: "<" + e.Element + "> に、入力した名前の属性が増えました", EN: "an attribute with the name that was sent appeared in <" + e.Element + ">"}
	case probe.MadeCode:
		return i18n.Text{JA: "入力した語が、ページのスクリプトの変数として書き込まれました", EN: "the word that was sent became a variable in a script of the page"}
	case probe.MadeHandler:
		return i18n.Text{JA: "入力した語が、<" + e.Element + "> の " + e.Attr + " で動くスクリプトの変数になりました", EN: "the word that was sent became a variable in the script of " + e.Attr + " of <" + e.Element + ">"}
	case probe.MadeScriptURL:
		return i18n.Text{JA: "<" + e.Element + "> の " + e.Attr + " に、スクリプトを動かすアドレス（javascript:）がそのまま入りました", EN: "an address that runs a script (javascript:) was taken into " + e.Attr + " of <" + e.Element + ">"}
	case probe.MadeSource:
		return i18n.Text{JA: "ページがスクリプトを読み込む先を、別のサイトに変えられました", EN: "the place from which the page loads a script was changed to another site"}
	}
	return i18n.Text{}
}

// tell fills in what people read of s: where, with which value, what it made,
// the proof and the line that repeats it.
func tell(f *check.Finding, t *probe.Target, s *shown, before []*probe.Answer) {
	made := madeWords(s.made)
	place := i18n.Text{JA: "ページ", EN: "the page"}
	if s.place != nil {
		place = s.place.Words()
	}
	f.Parameter = t.Name
	f.Words = map[string]i18n.Text{"place": place, "made": made, "way": t.Words()}
	f.Excerpt = around(s.on.Text, s.value, s.made)
	pr := &check.Proof{Curl: probe.Curl(s.answer.Sent()), Agreed: 1, Tried: 1}
	for _, a := range before {
		pr.Steps = append(pr.Steps, check.ProofStep{Value: a.Value, Saw: i18n.Text{JA: "送った文字が " + place.JA + " に戻りました", EN: "what was sent came back in " + place.EN}, Evidence: a.Ex.ID})
		f.Evidence = append(f.Evidence, a.Ex.ID)
	}
	pr.Steps = append(pr.Steps, check.ProofStep{Value: visible(s.value), Saw: made, Evidence: s.on.Ex.ID})
	pr.Words = i18n.Text{
		JA: fmt.Sprintf("%s に「%s」を送ると、%s。応答を HTML として解析して確かめました。", t.Words().JA, visible(s.value), made.JA),
		EN: fmt.Sprintf("With \"%s\" in %s, %s, as a parse of the answer shows.", visible(s.value), t.Words().EN, made.EN),
	}
	f.Proof = pr
}

// visible writes the sign that begins a change of character sets in ISO-2022-JP
// as people write it.
func visible(value string) string { return strings.ReplaceAll(value, "\x1b", `\x1b`) }

// around is the part of text that shows the value, a line or two.
func around(text, value string, e probe.Escape) string {
	low := strings.ToLower(text)
	i := strings.Index(low, strings.ToLower(value))
	if i < 0 && e.Element != "" {
		i = strings.Index(low, "<"+strings.ToLower(e.Element))
	}
	if i < 0 {
		return ""
	}
	from, to := max(0, i-80), min(len(text), i+len(value)+80)
	return strings.Join(strings.Fields(strings.ToValidUTF8(text[from:to], "")), " ")
}
