// Package trial is what a case of the accuracy bench is: a small site on
// loopback with one place where a value enters, in two members that look
// alike: one vulnerable, one safe in a way that tempts a careless scanner.
//
// # Adding a family
//
// A family is one value in a file of its own under families/tuning or
// families/heldback. It knows an interpreter and a way to use it wrongly; the
// places where the value enters, the difficulty grades, pages, forms, noise
// and counting come from this package. Write
//
//	var sqliteShelf = trial.Family{
//		Name:   "sqlite-shelf", Class: "sql",
//		About:  "the shelf's name is put between quotes",
//		Places: trial.Everywhere,
//		Make: func(b *trial.Build) (*trial.Handler, error) {
//			db, err := b.SQL("sqlite", "CREATE TABLE …", "INSERT …")
//			…
//			return &trial.Handler{
//				Sample: "tea",
//				Answer: func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
//					if b.Vulnerable { … + a.Value + … } else { …, a.Value }
//				},
//				Exploit: func(ctx context.Context, send trial.Send) (bool, error) {
//					return proof.Differs(ctx, send, "tea' AND '1'='1", "tea' AND '1'='2")
//				},
//			}, nil
//		},
//	}
//
// and add it to the package's Families. Rules that the tests hold it to:
//
//   - The Exploit succeeds on the vulnerable member and fails on the safe one,
//     in every place and grade that the family lists. It shows that the
//     interpreter is really reached; it need not be harmless or clever.
//   - Everything random comes from b.Rand, which runs alike in both members, so
//     that they differ in nothing but the weakness.
//   - A vulnerable member has one weakness. What else is true of it (raw output
//     of what the interpreter says is also cross-site scripting) is avoided, or
//     named in Accept.
//   - Nothing leaves 127.0.0.0/8, and what must not change is in Intact.
//
// An Answer's Body is HTML of the main part of the page; the site puts it into
// a page with navigation, and with noise when the grade says so.
package trial

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miseban/bench/accuracy/backend"
)

// Family is one kind of weakness with its safe look-alike.
type Family struct {
	Name  string // "maria-like"; unique
	Class string // the check that has to name it: "sql"
	About string // what is wrong, in a line, for lists of misses
	// Accept are other checks whose finding at the right place is true as well.
	Accept []string
	Places []Place
	Grades []Grade // nil: AnyGrade
	// Needs are "postgres", "mariadb", "perl", "php", "browser": without it the family is left out, and the run says so.
	Needs []string
	// Full marks a weakness that only level 4 may look for.
	Full bool
	// SafeOnly marks a trap: there is no vulnerable member, so Exploit may be nil.
	SafeOnly bool
	// Make builds a member. It is called once for each of the two.
	Make func(b *Build) (*Handler, error)
}

// Build is what Make may use.
type Build struct {
	Vulnerable bool
	Place      Place
	Grade      Grade
	// Rand runs alike in both members of a pair.
	Rand *rand.Rand
	// Origin is where the member will stand ("http://127.1.2.3:8080").
	Origin string
	Set    *backend.Set

	name    string // unique in the run
	closers []func()
	site    *Site
}

// Visit asks for another page of the site, for exploits whose effect shows there.
func (b *Build) Visit(ctx context.Context, path string) (*Seen, error) {
	return b.site.roundTrip(ctx, mustRequest(b.Origin+path), map[string]string{})
}

// Do asks for a page as a visitor with the cookies of jar, which keeps those of
// the answer; form is posted unless it is nil.
func (b *Build) Do(ctx context.Context, path string, form url.Values, jar map[string]string) (*Seen, error) {
	return b.DoAs(ctx, path, form, jar, nil)
}

// DoAs is Do with headers of the visitor's own, Host among them.
func (b *Build) DoAs(ctx context.Context, path string, form url.Values, jar map[string]string, header http.Header) (*Seen, error) {
	r := mustRequest(b.Origin + path)
	for k, vs := range header {
		r.Header[k] = vs
	}
	if h := header.Get("Host"); h != "" {
		r.Host = h
	}
	if form != nil {
		body := form.Encode()
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.site.trip(ctx, r, jar, true)
}

// Pick is one of words, by the pair's dice.
func (b *Build) Pick(words ...string) string { return words[b.Rand.IntN(len(words))] }

// Name is unique in the run, for databases and folders.
func (b *Build) Name() string { return b.name }

// OnClose lets go of something when the member is closed.
func (b *Build) OnClose(f func()) { b.closers = append(b.closers, f) }

// SQL opens a fresh database of the kind "sqlite", "postgres" or "mariadb"
// and fills it. It is the member's own.
func (b *Build) SQL(kind string, fill ...string) (*backend.DB, error) {
	db, err := b.Set.Open(kind, b.name, fill)
	if err != nil {
		return nil, err
	}
	b.OnClose(db.Close)
	return db, nil
}

// Dir is a scratch folder of the member's own with the given files.
func (b *Build) Dir(files map[string]string) (string, error) {
	dir, err := b.Set.Folder(files)
	if err != nil {
		return "", err
	}
	b.OnClose(func() { backend.Remove(dir) })
	return dir, nil
}

// VisitFrom asks for a page as a script of another origin does.
func (b *Build) VisitFrom(ctx context.Context, path, origin string) (*Seen, error) {
	r := mustRequest(b.Origin + path)
	r.Header.Set("Origin", origin)
	return b.site.roundTrip(ctx, r, map[string]string{})
}

// Handler is one member at work.
type Handler struct {
	// Sample is the value that the site's own link or form sends; Others are
	// further values that visitors use. Both are harmless.
	Sample string
	Others []string
	// Param names the parameter, header or cookie; "" picks an ordinary one.
	Param string
	// Path is the handler's own ("/products/list.php"); "" picks an ordinary one.
	Path string
	// Type is the input type of a form field ("textarea" is one too); "" is a
	// search field. Button is the form's button; "" is 検索.
	Type, Button string
	// More is HTML of further fields of the form, and MoreNames their names.
	More      string
	MoreNames []string
	// Relay is told where mails to the accounts' mailboxes have to go.
	Relay func(hostPort string)
	// Objects says that the program takes param[$op]=x and objects in JSON for
	// what they are: they reach Answer as JSON in Value, with Ask.Object set.
	Objects bool
	Answer  func(ctx context.Context, a *Ask) (*Answer, error)
	// Exploit shows the weakness through the site as a visitor reaches it.
	Exploit func(ctx context.Context, send Send) (bool, error)
	// Intact describes what no visitor may change (rows, files); nil: nothing is at stake.
	Intact func(ctx context.Context) (string, error)
	// Pages are further pages of the site by path, for what needs another page
	// to show, and Index is HTML added to the start page.
	Pages map[string]func(ctx context.Context, a *Ask) (*Answer, error)
	Index string
	// Rest answers every address that nothing else does; nil or a nil Answer: not found.
	// It is for families that are a whole site (Place Whole).
	Rest func(ctx context.Context, a *Ask) (*Answer, error)
	// Accounts are the members that a tool may sign in as.
	Accounts []Account
	// Bare serves Answer.Body as the whole answer.
	Bare bool
}

// Account is a member of the site.
type Account struct {
	Name, User, Password string
	Mailbox              string // address to which the site may send mail; "" none
}

// Send sends a value through the place of the case and gives the answer that a
// visitor would see last.
type Send func(ctx context.Context, value string) (*Seen, error)

// Seen is an answer as a client sees it.
type Seen struct {
	Status int
	Header http.Header
	Body   string
	Took   time.Duration
	URL    string // that answered
}

// Ask is what reaches a Handler.
type Ask struct {
	Value   string
	Given   bool // false: the request carries no value, and Value is the sample
	Object  bool // Value is JSON of an object or array that the visitor sent as such
	Body    []byte
	Request *http.Request
}

// Answer is what a Handler says.
type Answer struct {
	Status int    // 0: 200
	Type   string // "": text/html; charset=UTF-8
	Header http.Header
	// Raw are lines that are written into the head of the answer as they are.
	Raw  []string
	Body string
	Bare bool // Body is the whole answer
}

// Text is an Answer with a fragment of HTML.
func Text(html string) *Answer { return &Answer{Body: html} }

// Status is an Answer with a status and a fragment of HTML.
func Status(code int, html string) *Answer { return &Answer{Status: code, Body: html} }
