// Package view is what people see: the frame around every page, the parts that
// pages are made of, and the pages as functions of typed values. It decides
// nothing and reads nothing from the store.
package view

import (
	"context"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/store"
)

// Frame is what every page shows around its own.
type Frame struct {
	Lang    i18n.Lang
	Theme   string // "light", "dark" or "" as the machine likes it
	Self    string // path and query of the page, for the switches of language and theme
	Person  string // name of who is signed in; "" = nobody
	Menu    []Item
	Unread  int    // notices, up to store.MostUnread
	Stopped bool   // an operator holds all diagnoses
	Done    string // what was just done, said once
	Version string
}

// Item is a link of a menu, a row of tabs or a trail.
type Item struct {
	Name, URL string
	Current   bool
}

type frameKey struct{}

// With gives f to the pages that are drawn with the context.
func With(ctx context.Context, f *Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

func frame(ctx context.Context) *Frame {
	f, ok := ctx.Value(frameKey{}).(*Frame)
	if !ok {
		return &Frame{Lang: i18n.JA}
	}
	return f
}

func lang(ctx context.Context) i18n.Lang { return frame(ctx).Lang }

// t says a Japanese source text in the language of the page; after it come
// names and values.
func t(ctx context.Context, ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(lang(ctx), ja, args)
}

// say says a reason in the language of the page.
func say(ctx context.Context, r account.Reason) string { return r.In(lang(ctx)) }

// Moment is a time as people in Japan read it.
func Moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(report.Tokyo()).Format("2006-01-02 15:04")
}

// Day is a date as people in Japan read it.
func Day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(report.Tokyo()).Format("2006-01-02")
}

// machine is a time for <time datetime>.
func machine(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func number(n int) string { return strconv.Itoa(n) }

// roles lists roles in words.
func roles(ctx context.Context, list []account.Role) string {
	var out []string
	for _, r := range list {
		out = append(out, r.Name(lang(ctx)))
	}
	return join(ctx, out)
}

// join makes a list for reading.
func join(ctx context.Context, words []string) string {
	if lang(ctx) == i18n.EN {
		return strings.Join(words, ", ")
	}
	return strings.Join(words, "、")
}

// other is the language that the switch leads to.
func other(ctx context.Context) i18n.Lang {
	if lang(ctx) == i18n.JA {
		return i18n.EN
	}
	return i18n.JA
}

// with is the address of the page with one value of its query changed.
func with(ctx context.Context, name, value string) string {
	return Query(frame(ctx).Self, name, value)
}

// short is the part of a title that stands at the end of the trail.
func short(title string) string {
	part, _, _ := strings.Cut(title, " – ")
	return part
}

// unread is a number of notices for a small place.
func unread(n int) string {
	if n >= store.MostUnread {
		return strconv.Itoa(store.MostUnread-1) + "+"
	}
	return strconv.Itoa(n)
}

// seeks says whether the frame has a field for searching: the page of a search
// has one of its own.
func seeks(ctx context.Context) bool {
	f := frame(ctx)
	return f.Person != "" && f.Self != "/search" && !strings.HasPrefix(f.Self, "/search?")
}
