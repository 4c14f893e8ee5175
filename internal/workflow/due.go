package workflow

import (
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/report"
)

// days are the working days within which a finding is to be settled.
var days = map[check.Severity]int{check.Critical: 1, check.High: 10, check.Medium: 60, check.Low: 120}

// Due is the day (2006-01-02, in Japan) by which a finding is to be settled.
func Due(s check.Severity, from time.Time) string {
	at := from.In(report.Tokyo())
	for n := days[s]; n > 0 && at.Before(from.AddDate(1, 0, 0)); { // of far years the calendar knows no day of work
		if at = at.AddDate(0, 0, 1); account.Workday(at) {
			n--
		}
	}
	return at.Format(time.DateOnly)
}

// Day is the day in Japan at a moment.
func Day(at time.Time) string { return at.In(report.Tokyo()).Format(time.DateOnly) }
