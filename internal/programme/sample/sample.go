// Package sample makes up applicants of a programme, for trials and
// demonstrations: plausible, the same for the same seed, and nobody's.
package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/selection"
)

// Applicant is a made-up application. Every company name ends with （見本）,
// every host lies under .test.
type Applicant struct {
	Receipt     string `json:"receipt"`
	Company     string `json:"company"`
	CompanyKana string `json:"company_kana"`
	Shop        string `json:"shop"`
	ShopKana    string `json:"shop_kana"`
	Person      string `json:"person"`
	PersonKana  string `json:"person_kana"`
	Mail        string `json:"mail"`
	URL         string `json:"url"`
	Prefecture  string `json:"prefecture"`
	Business    string `json:"business"` // what it sells
	Industry    string `json:"industry"` // value of selection.Industry
	Method      string `json:"method"`   // value of selection.Method
	Package     string `json:"package"`  // with version, as an applicant writes it
	Yen         int64  `json:"yen"`      // sales of the shop a year
	Turnover    string `json:"turnover"` // value of selection.Turnover
	Capital     int64  `json:"capital"`  // yen
	Staff       int    `json:"staff"`
	Hosting     string `json:"hosting"` // HostingOwn …
	// Permission says that who runs the machine allows a diagnosis.
	Permission bool     `json:"permission"`
	Answers    []Answer `json:"answers"`
	Measures   string   `json:"measures"` // value of selection.Measures
	// Day is on which day of the call it came, from 0.
	Day      int         `json:"day"`
	Eligible bool        `json:"eligible"`
	Why      []i18n.Text `json:"why,omitempty"`
}

// Answer is an answer to a question about security in the application.
type Answer struct {
	Question string `json:"question"` // one of Questions
	Value    string `json:"value"`    // yes, no, unsure
}

// Where a shop runs.
const (
	HostingOwn    = "on-premises"
	HostingIaaS   = "iaas"
	HostingShared = "shared"
)

// Questions are about what Measures is made from, in the order of the form.
var Questions = []string{"updates", "patch-plan", "admin-restricted", "admin-two-factor", "diagnosed", "logs-kept", "backup", "tls-everywhere", "card-not-held", "maintenance-contract"}

// CallDays is how long a call lasts, both ends included: 8 March to 20 April.
const CallDays = 44

type dice struct{ pcg *rand.PCG }

func newDice(seed string) *dice {
	sum := sha256.Sum256([]byte("miseban sample\x00" + seed))
	return &dice{rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))}
}

func (d *dice) upTo(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

func (d *dice) percent(n int) bool { return d.upTo(100) < n }

// weighted picks an index by weight.
func (d *dice) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := d.upTo(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// Applicants makes up n applications, the same ones for the same seed; those of
// a smaller n begin those of a larger.
func Applicants(n int, seed string) []Applicant {
	d := newDice(seed)
	out := make([]Applicant, 0, n)
	for i := range n {
		out = append(out, one(d, i))
	}
	return out
}

func one(d *dice, i int) Applicant {
	trade := trades[d.weighted(weightsOf(trades, func(t trade) int { return t.weight }))]
	goods := trade.goods[d.upTo(len(trade.goods))]
	place := places[d.upTo(len(places))]
	noun := nouns[d.upTo(len(nouns))]
	family, given := families[d.upTo(len(families))], givens[d.upTo(len(givens))]
	band := d.weighted([]int{24, 27, 17, 18, 8, 6})
	a := Applicant{
		Receipt: fmt.Sprintf("R-%05d", i+1), Shop: place.ja + noun.ja + goods.shop.ja, ShopKana: place.kana + noun.kana + goods.shop.kana,
		Person: family.ja + " " + given.ja, PersonKana: family.kana + " " + given.kana,
		Prefecture: place.prefecture, Business: goods.what, Industry: trade.industry,
		Yen: bands[band].from + int64(d.upTo(1000))*((bands[band].to-bands[band].from)/1000),
	}
	a.Turnover = selection.TurnoverOf(a.Yen)
	a.Company, a.CompanyKana = "株式会社"+place.ja+noun.ja+"（見本）", "カブシキガイシャ"+place.kana+noun.kana
	if d.percent(25) {
		a.Company, a.CompanyKana = "有限会社"+noun.ja+goods.shop.ja+"（見本）", "ユウゲンガイシャ"+noun.kana+goods.shop.kana
	}
	host := fmt.Sprintf("%s-%s-%05d.test", place.roman, noun.roman, i+1)
	a.URL, a.Mail = "https://www."+host+"/", "shop@"+host
	m := methods[d.weighted(weightsOf(methods, func(m method) int { return m.weights[band] }))]
	a.Method, a.Package = m.id, m.versions[d.upTo(len(m.versions))]
	a.Staff = 1 + d.upTo(bands[band].staff)
	a.Capital = []int64{1_000_000, 3_000_000, 5_000_000, 10_000_000, 20_000_000, 30_000_000, 45_000_000}[min(6, band+d.upTo(3))]
	a.Hosting = []string{HostingOwn, HostingIaaS, HostingShared}[d.weighted([]int{18, 47, 35})]
	a.Permission = a.Hosting == HostingOwn || d.percent(93)
	a.Day = min(CallDays-1, d.upTo(CallDays)*(40+d.upTo(61))/100+d.upTo(8)) // many come early, some on the last days
	a.answer(d, band)
	a.judge(d)
	return a
}

// answer answers the questions: larger shops and newer packages tend to do more.
func (a *Applicant) answer(d *dice, band int) {
	care := []int{10, 35, 55, 75, 90}[d.weighted([]int{16, 24, 26, 22, 12})] + 2*band
	lost := d.percent(13) // nobody in the shop knows
	yes, no, unsure := 0, 0, 0
	for _, q := range Questions {
		v := "no"
		switch {
		case lost && d.percent(70), d.percent(7):
			v = "unsure"
			unsure++
		case d.percent(care):
			v = "yes"
			yes++
		default:
			no++
		}
		a.Answers = append(a.Answers, Answer{q, v})
	}
	a.Measures = selection.MeasuresOf(yes, no, unsure)
}

// judge lets some applications fail the eligibility rules of the call.
func (a *Applicant) judge(d *dice) {
	a.Eligible = true
	fail := func(ja, en string) {
		a.Eligible = false
		a.Why = append(a.Why, i18n.Text{JA: ja, EN: en})
	}
	switch {
	case d.percent(2):
		a.Capital, a.Staff = 300_000_000, 240+d.upTo(400)
		fail("中小企業の範囲（資本金または従業員数）を超えています。", "It is larger than an SME (capital or staff).")
	case d.percent(2):
		fail("モールかカートASPのサイトで、自社構築ではありません。", "It is a shop in a mall or on a cart service, not self-built.")
	}
	if !a.Permission {
		fail("サーバの事業者から、診断の許可を得られていません。", "Its hosting provider does not allow a diagnosis.")
	}
}

func weightsOf[T any](list []T, of func(T) int) []int {
	var out []int
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}

// File puts made-up applicants into the file that a selection begins with.
func File(applicants []Applicant) (*selection.File, error) {
	f := &selection.File{
		Format: selection.FileFormat, Version: 1, Synthetic: true, Attributes: selection.Standard(),
		Programme: i18n.Text{JA: "脆弱性診断事業（見本）", EN: "Vulnerability diagnosis programme (sample)"},
	}
	for _, a := range applicants {
		profile, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		f.Applicants = append(f.Applicants, selection.Applicant{
			Receipt: a.Receipt, Eligible: a.Eligible, Why: slices.Clone(a.Why), Operator: strings.TrimSpace(a.Company),
			Attributes: map[string]string{selection.Method: a.Method, selection.Industry: a.Industry, selection.Turnover: a.Turnover, selection.Measures: a.Measures},
			Profile:    profile,
		})
	}
	return f, nil
}
