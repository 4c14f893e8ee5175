package notice

import (
	"miseban/internal/check"
	"miseban/internal/i18n"
)

// Danger is why a finding cannot wait for the report (緊急速報).
type Danger string

// The dangers.
const (
	Skimmer  Danger = "skimmer"  // card numbers are being stolen
	Intruder Danger = "intruder" // a stranger has changed what the shop sends
	Leak     Danger = "leak"     // customers' data can be fetched by anybody
)

// Dangers lists the dangers, the worst first.
var Dangers = []Danger{Skimmer, Intruder, Leak}

var dangers = map[Danger]struct{ name, first i18n.Text }{
	Skimmer: {
		i18n.Text{JA: "カード情報を盗むスクリプトの疑い", EN: "signs of a script that steals card data"},
		i18n.Text{
			JA: "カード決済をすぐに止め、決済代行会社と、サイトを作った会社に電話してください。ファイルやログは消さずに残してください。",
			EN: "Stop taking cards now, and telephone the payment provider and whoever built the site. Keep files and logs: do not delete anything.",
		},
	},
	Intruder: {
		i18n.Text{JA: "サイトが侵入者に書き換えられている疑い", EN: "signs that an intruder has changed the site"},
		i18n.Text{
			JA: "サイトを作った会社とサーバの会社に電話し、サイトを止めるかどうかを決めてください。ファイルやログは消さずに残してください。",
			EN: "Telephone whoever built the site and the hosting company, and decide whether to close the site. Keep files and logs: do not delete anything.",
		},
	},
	Leak: {
		i18n.Text{JA: "お客様の情報が誰でも読める状態の疑い", EN: "signs that customers' data can be read by anybody"},
		i18n.Text{
			JA: "サイトを作った会社に電話し、外から読めないようにしてください。そのあと、アクセスログで誰が読んだかを調べます。ログは消さずに残してください。",
			EN: "Telephone whoever built the site and close the access. Then look in the access log who read the data. Keep the logs.",
		},
	},
}

// Name is what is said to have been found: a suspicion, until a person has looked.
func (d Danger) Name(l i18n.Lang) string { return dangers[d].name.In(l) }

// First is what to do before anything else.
func (d Danger) First(l i18n.Lang) string { return dangers[d].first.In(l) }

// Valid says that d is one of Dangers.
func (d Danger) Valid() bool { _, ok := dangers[d]; return ok }

// urgent are the checks whose findings cannot wait; with cases, only those.
// What shows a password, but no data of customers, is a critical finding and
// waits for its notice.
var urgent = []struct {
	check string
	cases []string
	Danger
}{
	{"skimmer-sign", nil, Skimmer},
	{"cloaked-redirect", nil, Intruder},
	{"hidden-seo-spam", nil, Intruder},
	{"backup-file", []string{"dump", "archive"}, Leak},
	{"database-tool", []string{"open"}, Leak},
	{"log-exposed", nil, Leak},
	{"idor", []string{""}, Leak},
}

// Urgent says whether a finding cannot wait, and why.
func Urgent(f *check.Finding) (Danger, bool) {
	for _, u := range urgent {
		if u.check != f.Check {
			continue
		}
		if len(u.cases) == 0 {
			return u.Danger, true
		}
		for _, c := range u.cases {
			if c == f.Case {
				return u.Danger, true
			}
		}
	}
	return "", false
}
