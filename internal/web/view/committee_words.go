package view

import (
	"context"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/statistics"
)

// MeetingName is a meeting in words: 「第3回（2022-09-02）」; nothing for none.
func MeetingName(l i18n.Lang, number int, day string) string {
	if number == 0 {
		return ""
	}
	return i18n.T(l, "第{n}回（{day}）", i18n.Args{"n": strconv.Itoa(number), "day": day})
}

// paperMark is the mark of a paper. It is no verdict and has no colour.
func paperMark(ctx context.Context, x *paper.Paper) string { return paper.Mark(x.Classes, lang(ctx)) }

// paperTitle is how a list calls a paper.
func paperTitle(ctx context.Context, x *paper.Paper) string {
	if x.Title == "" {
		return paper.Withheld.In(lang(ctx))
	}
	return strings.TrimSpace(x.Number + " " + x.Title)
}

func classChoices(ctx context.Context, now paper.Class) []Choice {
	var out []Choice
	for _, c := range paper.Classes {
		out = append(out, Choice{Value: string(c), Name: c.Name(lang(ctx)), Chosen: c == now})
	}
	return out
}

func kindChoices(ctx context.Context, now paper.Kind) []Choice {
	var out []Choice
	for _, c := range paper.Kinds {
		out = append(out, Choice{Value: string(c), Name: c.Name(lang(ctx)), Chosen: c == now || now == "" && c == paper.Report})
	}
	return out
}

func seatChoices(ctx context.Context, now paper.Seat) []Choice {
	var out []Choice
	for _, c := range paper.Seats {
		out = append(out, Choice{Value: string(c), Name: c.Name(lang(ctx)), Chosen: c == now || now == "" && c == paper.Member})
	}
	return out
}

func meetingChoices(ctx context.Context, list []paper.Meeting, now account.ID) []Choice {
	var out []Choice
	for _, m := range list {
		out = append(out, Choice{Value: string(m.ID), Name: MeetingName(lang(ctx), m.Number, m.Day), Chosen: m.ID == now})
	}
	return out
}

// share is a figure's part of the longest, in per cent.
func share(list []paper.Figure, v int) string {
	longest := 1
	for _, f := range list {
		longest = max(longest, f.Value)
	}
	return strconv.Itoa(v*100/longest) + "%"
}

// foundIn names a place that a search found.
func foundIn(ctx context.Context, h paper.Hit) string {
	title := h.Title
	if title == "" {
		title = paper.Withheld.In(lang(ctx))
	}
	if h.Where == "" {
		return title
	}
	return title + " › " + h.Where
}

func reportChoices(ctx context.Context) []Choice {
	var out []Choice
	for _, k := range statistics.ReportKinds {
		out = append(out, Choice{Value: string(k), Name: k.Name(lang(ctx))})
	}
	return out
}
