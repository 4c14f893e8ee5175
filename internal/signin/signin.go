// Package signin signs test accounts in to a shop, keeps them signed in, and
// knows of every answer whether it was given to somebody who is signed in.
package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Config says who is to be signed in, and what is known of the shop.
type Config struct {
	Client *wire.Client
	// Start is the shop's start page.
	Start *url.URL
	// Pages are what a visitor saw without signing in, scripts included.
	Pages []*page.Page
	// Known are addresses of the shop that were found and not asked for.
	Known []*url.URL
	// Browser signs in where only the page's own scripts can: it opens the page
	// with the visitor's cookies, types name and password of the account of that
	// name into the fields and waits. nil when there is no browser.
	Browser func(ctx context.Context, at *url.URL, account string, cookies []*http.Cookie) (*Browsed, error)
}

// Browsed is what a browser holds after it signed in.
type Browsed struct {
	Cookies []*http.Cookie
	Storage []page.Stored
	At      *url.URL // where it ended
	// Answer is what the shop said to the sending; Evidence are its exchanges.
	Answer   []byte
	Evidence []wire.ExchangeID
}

// Reason says in words why an account cannot be used. Message is Japanese
// source text with {names}; the catalogue has the English.
type Reason struct {
	Kind    Kind      `json:"kind,omitempty"`
	Message string    `json:"message,omitempty"`
	Args    i18n.Args `json:"args,omitempty"`
}

// Error lets a Reason travel as an error.
func (r *Reason) Error() string { return "signing in: " + i18n.T(i18n.EN, r.Message, r.Args) }

// Kind names a reason for those who decide by it.
type Kind string

// The reasons why an account cannot be used.
const (
	NoForm    Kind = "no-form"
	Refused   Kind = "refused"
	Captcha   Kind = "captcha"
	TwoFactor Kind = "two-factor"
	Locked    Kind = "locked"
	Scripted  Kind = "scripted"
	Elsewhere Kind = "elsewhere"
	Unproven  Kind = "unproven"
	Unknown   Kind = "unknown-field"
	NoSecret  Kind = "no-password"
	StepError Kind = "step"
	LostAgain Kind = "lost"
	NoAnswer  Kind = "no-answer"
)

var reasons = map[Kind]Reason{
	NoForm:    Reason{Message: "ログインの画面が見つからないため、サインインできません。範囲のファイルの accounts に login_url（ログイン画面のアドレス）か、login（手順）を書いてください。"},
	Refused:   Reason{Message: "お店がサインインを受け付けないため、サインインできません。テスト用アカウントのログイン名とパスワードを確かめてください。アカウントのロックを避けるため、1 回だけ試して止めました。"},
	Captcha:   Reason{Message: "画像認証など、人が操作していることの確認を求められるため、サインインできません。テスト用アカウントか診断の接続元を、確認の対象から外せるか検討してください。"},
	TwoFactor: Reason{Message: "パスワードのほかに確認コードを求められるため、サインインできません。二要素認証を使わないテスト用アカウントを用意してください。"},
	Locked:    Reason{Message: "テスト用アカウントがロックされているため、サインインできません。ロックを解除してから再開してください。"},
	Scripted:  Reason{Message: "ログインがスクリプトで送信されるため、ブラウザを使わない診断ではサインインできません。範囲のファイルの accounts に login（手順）を書くか、ブラウザを使ってください。"},
	Elsewhere: Reason{Message: "ログイン情報の送信先（{host}）が診断範囲の外にあるため、サインインしていません。"},
	Unproven:  Reason{Message: "サインインできたことを確かめられる画面が見つからないため、サインイン後の確認をしていません。範囲のファイルの accounts に prove_url（会員だけが見られるアドレス）と signed_in（会員だけに表示される文言）を書いてください。"},
	Unknown:   Reason{Message: "ログインの画面に、用途の分からない必須の入力欄（{field}）があるため、サインインできません。範囲のファイルの accounts に login（手順）を書いてください。"},
	NoSecret:  Reason{Message: "テスト用アカウントのパスワードが指定されていないため、サインインできません。"},
	StepError: Reason{Message: "記録されたログイン手順の {n} 番目がうまくいかないため、サインインできません（{why}）。"},
	LostAgain: Reason{Message: "サインインし直しても、その状態が保たれないため、サインイン後の確認を打ち切りました。"},
	NoAnswer:  Reason{Message: "お店からの応答を得られないため、サインインできません（{why}）。"},
}

func because(k Kind, args i18n.Args) *Reason {
	r := reasons[k]
	r.Kind, r.Args = k, args
	return &r
}

// Errors of a Session. Callers decide by errors.Is.
var (
	// ErrActs refuses a request that may sign out, withdraw or change something.
	ErrActs = errors.New("a signed-in visitor does not ask for what may act")
	// ErrNoField says that the browser finds nothing on the page to sign in with.
	ErrNoField = errors.New("the page has no fields to sign in with")
	// ErrLost says that the shop forgot the session again and again; what was
	// seen in between counts for nothing.
	ErrLost = errors.New("the session was lost")
)

// Accounts are the sessions of a run's test accounts.
type Accounts struct{ list []*Session }

// New makes a session for each test account of the client's scope. Nothing is
// asked yet.
func New(cfg Config) *Accounts {
	a := &Accounts{}
	scope := cfg.Client.Scope()
	for i := range scope.Accounts {
		acc := scope.Accounts[i]
		a.list = append(a.list, newSession(&cfg, &acc, "account-"+acc.Name))
	}
	return a
}

// SignIn signs all accounts in, one after the other. An account that cannot be
// signed in keeps its reason; the error is for what ends the run.
func (a *Accounts) SignIn(ctx context.Context) error {
	for _, s := range a.list {
		if err := s.SignIn(ctx); err != nil {
			var r *Reason
			if !errors.As(err, &r) {
				return err
			}
		}
	}
	return nil
}

// Named is the session of the account with that name; nil when there is none.
func (a *Accounts) Named(name string) *Session {
	if a == nil {
		return nil
	}
	for _, s := range a.list {
		if s.account.Name == name {
			return s
		}
	}
	return nil
}

// Customers are the sessions of accounts that are customers and were signed
// in, in the order of the scope.
func (a *Accounts) Customers() []*Session { return a.signedIn(false) }

// Admins are the same for administrators.
func (a *Accounts) Admins() []*Session { return a.signedIn(true) }

func (a *Accounts) signedIn(admin bool) []*Session {
	if a == nil {
		return nil
	}
	var out []*Session
	for _, s := range a.list {
		if (s.account.Role == "admin") == admin && s.Usable() {
			out = append(out, s)
		}
	}
	return out
}

// All are the sessions of all accounts, signed in or not.
func (a *Accounts) All() []*Session {
	if a == nil {
		return nil
	}
	return a.list
}
