package view

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/guideline"
	"miseban/internal/report"
)

// The measures of the map of places.
const (
	boxWidth  = 196
	pinWidth  = 54
	pinHeight = 30
	pinsInRow = 3
	gap       = 28
)

// PlaceMap shows where in a shop's systems requirements take effect.
type PlaceMap struct {
	Boxes  []*PlaceBox
	Judged bool
}

// PlaceBox is a system, or the organisation, with the requirements pinned to it.
type PlaceBox struct {
	Name   string
	Pins   []Pin
	x, y   int
	height int
}

// Pin is a requirement on the map.
type Pin struct {
	ID, Label, Words string
	Tone             report.Tone
	x, y             int
}

// boxOf says in which boxes of the map a place of an edition lies.
var boxOf = map[guideline.Place][]int{
	"user-terminal": {0}, "firewall": {1}, "network": {1}, "server": {2, 3}, "web-server": {2}, "web-app": {2}, "db-server": {3}, "admin-terminal": {4}, "organisation": {5}, "other": {5},
}

// MapOf places the requirements of a part; nil when none has a place.
func MapOf(ctx context.Context, e *guideline.Edition, list []Reading) *PlaceMap {
	m := &PlaceMap{}
	for _, name := range []string{t(ctx, "利用者端末"), t(ctx, "ファイアウォール"), t(ctx, "Webサーバ"), t(ctx, "DBサーバ"), t(ctx, "管理者端末"), t(ctx, "組織・そのほか")} {
		m.Boxes = append(m.Boxes, &PlaceBox{Name: name})
	}
	any := false
	for _, r := range list {
		in := map[int]bool{}
		for _, p := range r.Requirement.Where.Value {
			for _, b := range boxOf[p] {
				in[b] = true
				any = any || b != 5
			}
		}
		if len(in) == 0 {
			in[5] = true
		}
		p := Pin{ID: r.Requirement.ID, Label: r.Requirement.Number, Words: r.Requirement.Number + " " + r.Requirement.Title.In(lang(ctx)), Tone: report.Neutral}
		if r.Judgement != nil {
			m.Judged = true
			p.Tone = toneOfJudgement(r.Judgement)
			p.Label = strings.TrimSpace(p.Label + " " + p.Tone.Sign())
			p.Words += ": " + verdictName(ctx, e, r.Requirement, r.Judgement)
		}
		for b := range in {
			m.Boxes[b].Pins = append(m.Boxes[b].Pins, p)
		}
	}
	if !any {
		return nil
	}
	m.lay()
	return m
}

// lay places the boxes: the way of a customer above, administration below.
func (m *PlaceMap) lay() {
	tall := func(list []*PlaceBox) int {
		h := 0
		for _, b := range list {
			b.height = 40 + 38*max(1, (len(b.Pins)+pinsInRow-1)/pinsInRow)
			h = max(h, b.height)
		}
		return h
	}
	upper, lower := tall(m.Boxes[:4]), tall(m.Boxes[4:])
	for i, b := range m.Boxes[:4] {
		b.x, b.y, b.height = 4+i*(boxWidth+gap), 4, upper
	}
	for i, b := range m.Boxes[4:] {
		b.x, b.y, b.height = 4+(1+2*i)*(boxWidth+gap), 4+upper+gap, lower
	}
}

func (m *PlaceMap) height() string {
	last := m.Boxes[len(m.Boxes)-1]
	return strconv.Itoa(last.y + last.height + 4)
}

// lines join the boxes as the systems are joined: x1, y1, x2, y2.
func (m *PlaceMap) lines() [][4]string {
	var out [][4]string
	mid := m.Boxes[0].y + m.Boxes[0].height/2
	for _, b := range m.Boxes[:3] {
		out = append(out, [4]string{px(b.x + boxWidth), px(mid), px(b.x + boxWidth + gap), px(mid)})
	}
	fw, admin := m.Boxes[1], m.Boxes[4]
	return append(out, [4]string{px(fw.x + boxWidth/2), px(fw.y + fw.height), px(fw.x + boxWidth/2), px(admin.y)})
}

// pins are the box's pins with their places.
func (b *PlaceBox) pins() []Pin {
	out := slices.Clone(b.Pins)
	for i := range out {
		out[i].x = b.x + 11 + (i%pinsInRow)*(pinWidth+6)
		out[i].y = b.y + 38 + (i/pinsInRow)*38
	}
	return out
}

func px(n int) string { return strconv.Itoa(n) }

// SourcesOf are the documents from which an edition's values were taken.
func SourcesOf(e *guideline.Edition) []guideline.Source {
	var out []guideline.Source
	for _, k := range slices.Sorted(maps.Keys(e.Sources)) {
		out = append(out, e.Sources[k])
	}
	return out
}

func isWeb(ref string) bool { return strings.HasPrefix(ref, "https://") }

// hasHow says whether there is advice for anybody.
func hasHow(r *guideline.Requirement) bool {
	return slices.ContainsFunc(guideline.Roles, func(x guideline.Role) bool { return !r.How.For(x).IsZero() })
}

// editionFiles are the files of an edition beside its workbook.
func editionFiles(ctx context.Context) []Choice {
	return []Choice{
		{Value: "pdf", Name: t(ctx, "PDF で読む")}, {Value: "word", Name: "Word"}, {Value: "catalog", Name: t(ctx, "OSCAL カタログ（JSON）")}, {Value: "profile", Name: t(ctx, "OSCAL プロファイル（JSON）")}, {Value: "ciso-assistant", Name: t(ctx, "CISO Assistant 用ライブラリ（YAML）")}, {Value: "data", Name: t(ctx, "Miseban のデータ（YAML）")},
	}
}
