package account

import (
	"slices"
	"strconv"
	"time"

	"miseban/internal/i18n"
)

// Scope is one thing that an API token may be used for. What is not named
// here no token can do: authority, proof, consent, passwords, people, tokens.
type Scope string

// The scopes.
const (
	ReadShops      Scope = "shops:read"
	ReadDiagnoses  Scope = "diagnoses:read"
	StartDiagnoses Scope = "diagnoses:write"
	ReadFindings   Scope = "findings:read"
	ChangeFindings Scope = "findings:write"
	ReadChecklists Scope = "checklists:read"
)

// Scopes lists the scopes in the order of the form.
var Scopes = []Scope{ReadShops, ReadDiagnoses, StartDiagnoses, ReadFindings, ChangeFindings, ReadChecklists}

var scopeNames = map[Scope]i18n.Text{
	ReadShops:      {JA: "お店の情報を読む", EN: "Read shops"},
	ReadDiagnoses:  {JA: "診断の経過、結果、報告書を読む", EN: "Read diagnoses, their results and reports"},
	StartDiagnoses: {JA: "診断を始める・中止する", EN: "Start and stop diagnoses"},
	ReadFindings:   {JA: "検出事項を読む", EN: "Read findings"},
	ChangeFindings: {JA: "検出事項の状態を変える・コメントする", EN: "Move findings and comment on them"},
	ReadChecklists: {JA: "チェックリストの回答と判定を読む", EN: "Read checklist answers and judgements"},
}

// Name says what the scope lets a program do.
func (s Scope) Name(l i18n.Lang) string { return scopeNames[s].In(l) }

// APIToken lets a program act for a person, for some purposes, until a day. It
// is kept as a fingerprint, and never does more than the person may himself.
type APIToken struct {
	ID      ID
	Person  ID
	Name    string
	Scopes  []Scope
	Created time.Time
	Expires time.Time // the first moment at which it is no longer good
	Used    time.Time // the last use, to about a minute
	Revoked time.Time
}

// How long API tokens live, and how many somebody has at most at a time.
const (
	TokenLife  = 365 * 24 * time.Hour
	MostTokens = 20
)

// TokenLives are the days of life that the form offers.
var TokenLives = []int{7, 30, 90, 180, 365}

// tokenMark begins every API token, so that who finds one in a repository or a
// log knows what it is.
const tokenMark = "miseban_"

// NewAPIToken makes the secret of an API token and the fingerprint under which
// it is kept.
func NewAPIToken() (token, fingerprint string) {
	token, _ = NewToken()
	token = tokenMark + token
	return token, Fingerprint(token)
}

// Live says whether the token can be used.
func (t *APIToken) Live(at time.Time) bool { return t.Revoked.IsZero() && at.Before(t.Expires) }

// May says whether the token is meant for s.
func (t *APIToken) May(s Scope) bool { return slices.Contains(t.Scopes, s) }

// Stale says whether Used is worth writing again.
func (t *APIToken) Stale(at time.Time) bool { return at.Sub(t.Used) >= sessionMinutes }

// Tidy brings what was typed for a new token into its normal form and says
// what is wrong with it. authority is the word of a person who proved who he
// is that he may let the shops of his organisations be diagnosed: without it
// no token starts diagnoses.
func (t *APIToken) Tidy(days int, authority bool, at time.Time) Problems {
	var p Problems
	t.Name = Line(t.Name)
	if t.Name == "" {
		p.add("name", Reason{Message: "トークンの名前を入力してください。"})
	} else if longer(t.Name, 60) {
		p.add("name", Reason{Message: "60 文字までで入力してください。"})
	}
	asked := t.Scopes
	t.Scopes = nil
	for _, s := range Scopes {
		if slices.Contains(asked, s) {
			t.Scopes = append(t.Scopes, s)
		}
	}
	if len(t.Scopes) == 0 {
		p.add("scope", Reason{Message: "トークンでできることを、1つ以上選んでください。"})
	}
	if t.May(StartDiagnoses) && !authority {
		p.add("authority", Reason{Message: "診断を求める権限があることを確かめて、印を付けてください。"})
	}
	if !slices.Contains(TokenLives, days) {
		p.add("days", Reason{Message: "期限は、{n} 日までの一覧から選んでください。", Args: i18n.Args{"n": strconv.Itoa(int(TokenLife / (24 * time.Hour)))}})
	}
	t.Expires = at.Add(time.Duration(days) * 24 * time.Hour)
	return p
}
