package web

import (
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/store"
)

// feedRows is how many days a calendar holds of each kind.
const feedRows = 500

// calendarOf writes the planned days of cases and the promises as a calendar
// that programs read (RFC 5545). It names cases by number and step alone: an
// address can get into wrong hands.
func (s *Server) calendarOf(v *visit, cases []store.BoardCase, promises []store.CaseNote, numbers map[account.ID]string) []byte {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(folded(name + ":" + value)) }
	stamp := s.now().UTC().Format("20060102T150405Z")
	host := s.opt.Public.Hostname()
	day := func(uid string, at time.Time, what string, url string) {
		line("BEGIN", "VEVENT")
		line("UID", uid+"@"+host)
		line("DTSTAMP", stamp)
		line("DTSTART;VALUE=DATE", at.Format("20060102"))
		line("DTEND;VALUE=DATE", at.AddDate(0, 0, 1).Format("20060102"))
		line("SUMMARY", escaped(what))
		line("URL", url)
		line("TRANSP", "TRANSPARENT")
		line("END", "VEVENT")
	}
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Miseban//"+strings.ToUpper(string(v.Lang)))
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", escaped(v.Programme.Name.In(v.Lang)))
	line("X-PUBLISHED-TTL", "PT1H")
	url := func(id account.ID) string {
		return strings.TrimSuffix(s.opt.Public.String(), "/") + programmeURL(v, "/cases/"+string(id))
	}
	for i := range cases {
		c := &cases[i]
		day(string(c.ID)+"-"+string(c.Step), c.Day, v.t("{number} {step} の期限", "number", c.Number, "step", c.Step.Name(v.Lang)), url(c.ID))
	}
	for i := range promises {
		n := &promises[i]
		if at, err := time.Parse(time.DateOnly, n.Due); err == nil {
			day(string(n.ID), at, v.t("{number} 約束の期限", "number", numbers[n.Case]), url(n.Case))
		}
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

// escaped is a text as a value of a calendar.
func escaped(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n").Replace(s)
}

// folded is a line of a calendar: no more than 75 bytes, then a blank on the
// next one; no character is cut in two.
func folded(s string) string {
	var b strings.Builder
	room := 75
	for _, r := range s {
		if n := utf8.RuneLen(r); n > room {
			b.WriteString("\r\n ")
			room = 74
		}
		b.WriteRune(r)
		room -= utf8.RuneLen(r)
	}
	b.WriteString("\r\n")
	return b.String()
}
