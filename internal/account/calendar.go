package account

import (
	"math"
	"time"
)

// Japan has one zone and no summer time.
var tokyo = time.FixedZone("JST", 9*60*60)

// The years for which Workday knows the holidays: those of the law as it stands
// since 2022. The days of the equinoxes are computed; they have been announced
// as computed so far. A change of the law needs a new version.
const (
	firstYear = 2022
	lastYear  = 2099
)

// date is a day in Japan.
func date(year int, m time.Month, day int) time.Time {
	return time.Date(year, m, day, 0, 0, 0, 0, tokyo)
}

// equinox is the day of March or September on which one falls, between 1980 and 2099.
func equinox(year int, base float64) int {
	n := float64(year - 1980)
	return int(math.Floor(base+0.242194*n) - math.Floor(n/4))
}

// named says whether a day is one of those that the law on national holidays names.
func named(d time.Time) bool {
	monday := func(n int) bool { return d.Weekday() == time.Monday && (d.Day()-1)/7 == n-1 }
	switch d.Month() {
	case time.January:
		return d.Day() == 1 || monday(2)
	case time.February:
		return d.Day() == 11 || d.Day() == 23
	case time.March:
		return d.Day() == equinox(d.Year(), 20.8431)
	case time.April:
		return d.Day() == 29
	case time.May:
		return d.Day() >= 3 && d.Day() <= 5
	case time.July:
		return monday(3)
	case time.August:
		return d.Day() == 11
	case time.September:
		return monday(3) || d.Day() == equinox(d.Year(), 23.2488)
	case time.October:
		return monday(2)
	case time.November:
		return d.Day() == 3 || d.Day() == 23
	}
	return false
}

// Holiday says whether t falls on a national holiday in Japan: a named one, the
// day that takes the place of one on a Sunday, or a day between two of them.
func Holiday(t time.Time) bool {
	d := t.In(tokyo)
	d = date(d.Year(), d.Month(), d.Day())
	if named(d) {
		return true
	}
	for b := d.AddDate(0, 0, -1); named(b); b = b.AddDate(0, 0, -1) {
		if b.Weekday() == time.Sunday {
			return true
		}
	}
	return named(d.AddDate(0, 0, -1)) && named(d.AddDate(0, 0, 1))
}

// Workday says whether t falls on a day on which offices in Japan work: no
// weekend, no national holiday, not from 29 December to 3 January. Of years
// that it does not know it says no.
func Workday(t time.Time) bool {
	d := t.In(tokyo)
	switch {
	case d.Year() < firstYear || d.Year() > lastYear:
		return false
	case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
		return false
	case d.Month() == time.December && d.Day() >= 29, d.Month() == time.January && d.Day() <= 3:
		return false
	}
	return !Holiday(d)
}

// Blackout is a time in which nothing may be sent to a shop: its sale days.
type Blackout struct {
	ID      ID
	Shop    ID
	From    time.Time
	Until   time.Time // the first moment after it
	Note    string
	By      ID
	Added   time.Time
	Removed time.Time
}

// LongestBlackout is how many days one blackout may last.
const LongestBlackout = 92

// Days reads the first and the last day of a blackout as people type them.
func (b *Blackout) Days(first, last string, now time.Time) Problems {
	var p Problems
	from, err := time.ParseInLocation(time.DateOnly, first, tokyo)
	until, wrong := time.ParseInLocation(time.DateOnly, last, tokyo)
	until = until.AddDate(0, 0, 1)
	switch {
	case err != nil || wrong != nil:
		p.add("first", Reason{Message: "最初の日と最後の日を入力してください。"})
	case !until.After(from):
		p.add("first", Reason{Message: "最後の日が、最初の日より前になっています。"})
	case !until.After(now) || from.After(now.AddDate(2, 0, 0)):
		p.add("first", Reason{Message: "今日から2年以内の日付にしてください。"})
	case until.Sub(from) > LongestBlackout*24*time.Hour:
		p.add("first", Reason{Message: "1回の期間は {n} 日までにしてください。", Args: map[string]string{"n": "92"}})
	}
	b.From, b.Until = from.UTC(), until.UTC()
	if b.Note = Line(b.Note); longer(b.Note, 100) {
		p.add("note", Reason{Message: "100 文字までで入力してください。"})
	}
	return p
}

// Calendar says on which days a shop may be diagnosed.
type Calendar struct {
	Workdays  bool
	Blackouts []Blackout
}

// Closed says whether t is within a time in which nothing may be sent, and
// when to look again.
func (c Calendar) Closed(t time.Time) (until time.Time, closed bool) {
	for _, b := range c.Blackouts {
		if !t.Before(b.From) && t.Before(b.Until) {
			return b.Until, true
		}
	}
	if c.Workdays && !Workday(t) {
		d := t.In(tokyo)
		return date(d.Year(), d.Month(), d.Day()+1).UTC(), true
	}
	return time.Time{}, false
}
