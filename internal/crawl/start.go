package crawl

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ErrNothing says that no start address gave a page that could be read. The
// error itself is a *StartError, whose Problem says what was met instead.
var ErrNothing = errors.New("no start address gave a page that can be examined")

// Problem is what stood in the way at a start address.
type Problem string

// The problems, from the one farthest from an answer to the one nearest to it.
const (
	BadAddress  Problem = "bad-address"  // not an http or https URL
	NotAllowed  Problem = "not-allowed"  // scope, level, hours or robots.txt forbid it
	NoHost      Problem = "no-host"      // the name does not resolve
	Refused     Problem = "refused"      // nothing listens
	NoAnswer    Problem = "no-answer"    // time-out, reset, unreachable
	TLSFailure  Problem = "tls"          // the handshake does not succeed
	WrongScheme Problem = "wrong-scheme" // http spoken to an https port, or the other way round
	NotHTTP     Problem = "not-http"     // something listens that is no web server
	Elsewhere   Problem = "elsewhere"    // it sends visitors to an address outside the scope
	Wall        Problem = "wall"         // basic authentication, a login wall, a challenge
	ServerError Problem = "server-error" // it answers 5xx
	NotFound    Problem = "not-found"    // it answers 4xx
	NotAPage    Problem = "not-a-page"   // a PDF, a picture, plain data
	Empty       Problem = "empty"        // a page without content
)

var problemWords = map[Problem]check.Reason{
	BadAddress:  check.Reason{Message: "開始 URL は http:// または https:// から始まる URL で指定してください。"},
	NotAllowed:  check.Reason{Message: "開始 URL へのアクセスは、合意した範囲では許可されていません。"},
	NoHost:      check.Reason{Message: "ホスト名 {host} が見つかりません。綴りと DNS の設定を確認してください。"},
	Refused:     check.Reason{Message: "{host} に接続を拒否されました。ポート番号と、サーバが動いているかを確認してください。"},
	NoAnswer:    check.Reason{Message: "{host} から応答がありません。"},
	TLSFailure:  check.Reason{Message: "{host} と TLS で接続できません。証明書や TLS の設定に問題がある可能性があります（{why}）。"},
	NotHTTP:     check.Reason{Message: "{host} ではウェブサーバではない機能が応答しています。ポート番号を確認してください（{why}）。"},
	WrongScheme: check.Reason{Message: "{host} では http と https が逆になっているようです。URL の先頭を確認してください。"},
	Elsewhere:   check.Reason{Message: "開始 URL は診断範囲の外の {to} へ転送されます。そちらを診断する場合は、{to} を開始 URL または診断範囲に指定してください。"},
	Wall:        check.Reason{Message: "認証画面または確認画面に止められ、お店のページを見られませんでした。アクセスの許可を受けてからやり直してください。"},
	ServerError: check.Reason{Message: "サーバがエラー（HTTP {status}）を返しています。復旧してからやり直してください。"},
	NotFound:    check.Reason{Message: "開始 URL のページがありません（HTTP {status}）。URL を確認してください。"},
	NotAPage:    check.Reason{Message: "開始 URL はウェブページではありません（{type}）。お店のトップページの URL を指定してください。"},
	Empty:       check.Reason{Message: "開始 URL のページには内容がありません。"},
}

// tlsWords say what stopped a handshake, by what the failure's text holds. The
// first that fits is taken; problemWords has what is said when none does.
var tlsWords = []struct {
	holds  []string
	reason check.Reason
}{
	{[]string{"protocol version not supported", "unsupported protocol version", "unsupported versions"},
		check.Reason{Message: "{host} と TLS で接続できません。サーバが使う TLS の版が、いまのブラウザでは使えない古いものであるか、版の設定が誤っています（{why}）。"}},
	{[]string{"tls: handshake failure", "tls: insufficient security level", "unconfigured cipher suite"},
		check.Reason{Message: "{host} と TLS で接続できません。双方が使える TLS の版や暗号方式がないとして、サーバに接続を断られました（{why}）。"}},
	{[]string{"tls: unrecognized name"},
		check.Reason{Message: "{host} と TLS で接続できません。サーバに、この名前のサイトはないとして接続を断られました（{why}）。"}},
	{[]string{"tls: certificate required", "tls: bad certificate", "tls: access denied"},
		check.Reason{Message: "{host} と TLS で接続できません。接続する側にも証明書（クライアント証明書）を求めるサーバのようです（{why}）。"}},
	{[]string{"tls: internal error"},
		check.Reason{Message: "{host} と TLS で接続できません。サーバの内部でエラーが起きています（{why}）。"}},
	{[]string{"tls: failed to parse certificate", "x509:"},
		check.Reason{Message: "{host} と TLS で接続できません。サーバの証明書が壊れていて読み取れません（{why}）。"}},
	{[]string{"first record does not look like a TLS handshake"},
		check.Reason{Message: "{host} では TLS ではない機能が応答しています。HTTPS のポート番号か確認してください（{why}）。"}},
	{[]string{"EOF", "connection reset", "broken pipe"},
		check.Reason{Message: "{host} と TLS で接続できません。TLS の接続を始めると、サーバに切断されます（{why}）。"}},
	{[]string{"deadline exceeded", "no answer in time", "i/o timeout"},
		check.Reason{Message: "{host} と TLS で接続できません。TLS の接続を始めると、サーバの応答がなくなります（{why}）。"}},
}

// StartError says why a crawl found nothing to examine at its start.
type StartError struct {
	URL     *url.URL
	Problem Problem
	To      *url.URL     // of Elsewhere: where visitors are sent
	Status  int          // of the answer; 0: there was none
	Reason  check.Reason // in words, for people
	Err     error        // the request's error, when it failed
}

// Error is the problem with its address.
func (e *StartError) Error() string {
	s := "crawl: " + e.URL.Redacted() + ": " + string(e.Problem)
	if e.To != nil {
		s += " (" + e.To.Redacted() + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives ErrNothing and the request's own error.
func (e *StartError) Unwrap() []error { return []error{ErrNothing, e.Err} }

// start fetches the start addresses. One readable page is enough to go on.
func (c *crawl) start(ctx context.Context) error {
	var first *StartError
	good := false
	for _, u := range c.cfg.Start {
		before := len(c.pages)
		c.startErr, c.elsewhere = nil, nil
		if e := c.startAt(ctx, u); e != nil {
			c.skips(e.Reason, u)
			if first == nil {
				first = e
			}
			continue
		}
		if p := c.pages[before]; !good {
			good, c.first, c.good = true, page.Canonical(u), p.Ex.URL
			if wire.OriginOf(p.URL) != wire.OriginOf(u) { // http led to https, the bare name to www
				c.first = p.URL
			}
		}
	}
	switch {
	case good:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	c.first = first.URL
	return first
}

func (c *crawl) startAt(ctx context.Context, u *url.URL) *StartError {
	problem := func(p Problem, args ...string) *StartError {
		r := problemWords[p]
		r.Args = i18n.Args{"host": u.Host}
		for i := 0; i+1 < len(args); i += 2 {
			r.Args[args[i]] = args[i+1]
		}
		return &StartError{URL: u, Problem: p, Reason: r, Err: c.startErr}
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return problem(BadAddress)
	}
	it := c.add(found{url: u, via: "start", effect: page.Reads}, nil, "")
	if it == nil || it.state == refused {
		c.startErr = c.scope.Allows("GET", u, wire.Passive)
		return notAllowed(problem)
	}
	if it.state == waiting {
		before := len(c.pages)
		c.fetch(ctx, it)
		if len(c.pages) == before {
			return c.noPage(ctx, u, problem)
		}
	}
	if len(c.pages) == 0 {
		return problem(NoAnswer)
	}
	return judgeStart(c.pages[len(c.pages)-1], problem)
}

// noPage says why a start address gave no page at all.
func (c *crawl) noPage(ctx context.Context, u *url.URL, problem func(Problem, ...string) *StartError) *StartError {
	err := c.startErr
	switch {
	case c.elsewhere != nil:
		e := problem(Elsewhere)
		o := *c.elsewhere
		o.Path, o.RawQuery, o.Fragment = "", "", ""
		e.To, e.Reason.Args["to"] = c.elsewhere, o.String()
		return e
	case err == nil:
		return problem(NoAnswer)
	case errors.Is(err, wire.ErrNoHost), errors.Is(err, wire.ErrDNS):
		return problem(NoHost)
	case errors.Is(err, wire.ErrConnRefused):
		return problem(Refused)
	case wrongScheme(u, err):
		return problem(WrongScheme)
	case errors.Is(err, wire.ErrTLS), inHandshake(err):
		e := problem(TLSFailure, "why", err.Error())
		for _, x := range tlsWords {
			if slices.ContainsFunc(x.holds, func(s string) bool { return strings.Contains(err.Error(), s) }) {
				e.Reason.Message = x.reason.Message
				break
			}
		}
		return e
	case errors.Is(err, wire.ErrProtocol):
		return problem(NotHTTP, "why", err.Error())
	}
	for _, e := range []error{wire.ErrOutOfScope, wire.ErrLevel, wire.ErrExcluded, wire.ErrAddress, wire.ErrOptOut, wire.ErrProvider, wire.ErrWindow, wire.ErrRobots, wire.ErrBudget, wire.ErrStopped} {
		if errors.Is(err, e) {
			e := notAllowed(problem)
			if errors.Is(err, wire.ErrRobots) {
				c.brokenRobots(ctx, e)
			}
			return e
		}
	}
	return problem(NoAnswer)
}

// notAllowed tells which rule keeps the crawl from its start.
func notAllowed(problem func(Problem, ...string) *StartError) *StartError {
	e := problem(NotAllowed)
	if e.Err != nil {
		e.Reason = reasonOf(e.Err)
	}
	return e
}

// brokenRobots tells a robots.txt that forbids from one that a broken server
// could not give: then the server is the problem.
func (c *crawl) brokenRobots(ctx context.Context, e *StartError) {
	root := *e.URL
	root.Path, root.RawPath, root.RawQuery = "/robots.txt", "", ""
	if ex := c.hint(ctx, &root, wire.Passive, "robots.txt"); ex != nil && ex.Status >= 500 {
		e.Problem, e.Status = ServerError, ex.Status
		e.Reason = check.Reason{Message: problemWords[ServerError].Message, Args: i18n.Args{"status": strconv.Itoa(ex.Status)}}
	}
}

// inHandshake says that a connection was made and the greeting of TLS got no
// proper answer, however the connection then ended.
func inHandshake(err error) bool {
	var f *wire.Failure
	return errors.As(err, &f) && (f.Kind == "reset" || f.Kind == "timeout") && strings.Contains(f.Text, "TLS handshake with ")
}

func wrongScheme(u *url.URL, err error) bool {
	t := err.Error()
	return u.Scheme == "https" && (strings.Contains(t, `(it begins "HTTP/")`) || strings.Contains(t, "HTTP response to HTTPS client")) ||
		u.Scheme == "http" && (strings.Contains(t, "malformed HTTP response \"\\x15\\x03") || errors.Is(err, wire.ErrProtocol) && strings.Contains(t, `\x15\x03`))
}

// judgeStart says what is wrong with the page that answered; nil: nothing.
func judgeStart(p *page.Page, problem func(Problem, ...string) *StartError) *StartError {
	ex := p.Ex
	status := []string{"status", strconv.Itoa(ex.Status)}
	var e *StartError
	switch {
	case ex.Status == 401, p.Challenge != "":
		e = problem(Wall, status...)
	case ex.Status == 400 && strings.Contains(strings.ToLower(p.Text), "https"):
		e = problem(WrongScheme, status...)
	case ex.Status >= 500:
		e = problem(ServerError, status...)
	case ex.Status >= 400:
		e = problem(NotFound, status...)
	case !p.HTML() && len(ex.Body) > 0:
		e = problem(NotAPage, "type", strings.TrimSpace(strings.SplitN(ex.Header.Get("Content-Type"), ";", 2)[0]))
	case strings.TrimSpace(p.Visible) == "" && len(p.Links) == 0 && len(p.Forms) == 0 && len(p.Scripts) == 0:
		e = problem(Empty)
	default:
		return nil
	}
	e.Status = ex.Status
	return e
}
