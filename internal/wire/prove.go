package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"
)

// What the owner of a domain publishes to show that it is theirs (safety 2).
const (
	ChallengeLabel = "_miseban-challenge"                 // TXT record at <label>.<domain>
	ChallengePath  = "/.well-known/miseban-challenge.txt" // file that holds the token and nothing else
	ChallengeMeta  = "miseban-challenge"                  // <meta name="…" content="<token>"> in the head of /
	challengeBody  = 1 << 10
	challengeHops  = 3
	challengeTries = 3
)

// NewToken makes a token to publish.
func NewToken() string { return rand.Text() }

// ChallengeTXT is the value of the TXT record for a token.
func ChallengeTXT(token string) string { return "miseban-challenge=" + token }

// ChallengeTag is the element for the head of the top page.
func ChallengeTag(token string) string {
	return fmt.Sprintf(`<meta name="%s" content="%s">`, ChallengeMeta, token)
}

// ProofMethod is a way of showing control.
type ProofMethod string

// The ways, in the order in which they are tried.
const (
	ProofDNS  ProofMethod = "dns"
	ProofFile ProofMethod = "file"
	ProofMeta ProofMethod = "meta"
)

// ProofProblem is why a way did not show control.
type ProofProblem string

// The problems. The command line says each in the user's words.
const (
	ProofOK        ProofProblem = ""
	ProofAbsent    ProofProblem = "absent"    // nothing is published there
	ProofOther     ProofProblem = "other"     // something else than the token is
	ProofElsewhere ProofProblem = "elsewhere" // redirects to another host, which proves nothing here
	ProofNotText   ProofProblem = "not-text"  // the file is sent as HTML or another type
	ProofNotHead   ProofProblem = "not-head"  // the element stands outside the head
	ProofNoAnswer  ProofProblem = "no-answer" // nobody answered, or an error was answered
	ProofForbidden ProofProblem = "refused"   // the scope itself does not let it be asked
)

// ProofTry is one place that was looked at, and what was found there.
type ProofTry struct {
	Method  ProofMethod  `json:"method"`
	Where   string       `json:"where"`        // name of the record, or URL
	Origins []string     `json:"origins"`      // what it would prove
	ID      ExchangeID   `json:"id,omitempty"` // in the ledger
	At      time.Time    `json:"at"`
	Problem ProofProblem `json:"problem,omitempty"` // empty: the token is there
	Detail  string       `json:"detail,omitempty"`  // what was found instead
}

// ProofResult is how control was shown, kept with the run and printed in its report.
type ProofResult struct {
	Token  string     `json:"token"`
	At     time.Time  `json:"at"`
	Proven []string   `json:"proven"`         // origins
	Open   []string   `json:"open,omitempty"` // origins that nothing proves; no request above level safe goes there
	Tries  []ProofTry `json:"tries,omitempty"`
}

// By is what proved the origin of u; nil when nothing did.
func (p *ProofResult) By(u *url.URL) *ProofTry {
	origin := shortOrigin(u)
	for i := range p.Tries {
		if t := &p.Tries[i]; t.Problem == ProofOK && slices.Contains(t.Origins, origin) {
			return t
		}
	}
	return nil
}

// Prove looks for the token of the scope and marks the origins whose control
// it shows. It asks anew in every process: what a record says of an earlier
// time proves nothing now. Hosts that only name this machine need no proof and
// are left out. The error is ErrConsent when an origin stays open and all were
// asked, or why asking was not possible.
func (c *Client) Prove(ctx context.Context) (*ProofResult, error) {
	token := c.opt.Scope.Proof.Token
	res := &ProofResult{Token: token, At: c.now().UTC()}
	if c.opt.Scope.local() {
		return res, nil
	}
	if !tokenForm.MatchString(token) {
		return res, &Fault{"proof.token", map[bool]Problem{true: Missing, false: Malformed}[token == ""], token}
	}
	var origins []string
	for _, h := range c.opt.Scope.Hosts {
		u, err := url.Parse(h)
		if err == nil && u.Host != "" && !IsLocal(u.Hostname()) && !slices.Contains(origins, shortOrigin(u)) {
			origins = append(origins, shortOrigin(u))
		}
	}
	open := func() []string {
		return slices.DeleteFunc(slices.Clone(origins), func(o string) bool { return slices.Contains(res.Proven, o) })
	}
	note := func(t ProofTry, err error) error {
		res.Tries = append(res.Tries, t)
		if t.Problem == ProofOK {
			for _, o := range t.Origins {
				if !slices.Contains(res.Proven, o) {
					res.Proven = append(res.Proven, o)
				}
				if u, err := url.Parse(o); err == nil {
					c.may.markProven(OriginOf(u))
				}
			}
		}
		return err
	}
	if c.opt.Scope.Level >= Safe {
		for _, name := range challengeNames(origins) {
			if err := note(c.proveDNS(ctx, name, origins, token)); err != nil {
				res.Open = open()
				return res, err
			}
		}
	}
	for _, way := range []func(context.Context, string, string) (ProofTry, error){c.proveFile, c.proveMeta} {
		for _, o := range open() {
			if slices.Contains(res.Proven, o) {
				continue // an origin before it led here
			}
			if err := note(way(ctx, o, token)); err != nil {
				res.Open = open()
				return res, err
			}
		}
	}
	if res.Open = open(); len(res.Open) > 0 {
		return res, fmt.Errorf("control of %s is not proven: %w", strings.Join(res.Open, ", "), ErrConsent)
	}
	return res, nil
}

// Proven says whether requests above level safe may go to u, as far as proof
// of control is concerned.
func (c *Client) Proven(u *url.URL) bool {
	return IsLocal(u.Hostname()) || c.may.isProven(OriginOf(u))
}

// shortOrigin is OriginOf as people write it, without the port that the scheme implies.
func shortOrigin(u *url.URL) string {
	o := OriginOf(u)
	return strings.TrimSuffix(o, map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(u.Scheme)])
}

// challengeNames are the registrable domains of origins, each once: whoever
// writes their records holds every name below.
func challengeNames(origins []string) []string {
	var out []string
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil {
			continue
		}
		d, err := publicsuffix.EffectiveTLDPlusOne(hostName(u.Hostname()))
		if err == nil && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

func challengeOrigin(method ProofMethod) Origin {
	return Origin{Check: "proof", Why: "proof of control by " + string(method)}
}

func (c *Client) proveDNS(ctx context.Context, domain string, origins []string, token string) (ProofTry, error) {
	t := ProofTry{Method: ProofDNS, Where: ChallengeLabel + "." + domain, At: c.now().UTC()}
	for _, o := range origins {
		if u, err := url.Parse(o); err == nil && registrable(u.Hostname()) == domain {
			t.Origins = append(t.Origins, o)
		}
	}
	var a *DNSAnswer
	err := c.observable(ctx, Safe)
	for range challengeTries {
		if err != nil {
			break
		}
		a, t.ID, err = c.lookupOnce(ctx, dns.Fqdn(t.Where), dns.TypeTXT, challengeOrigin(ProofDNS))
		if err != nil || a.Rcode == "NOERROR" || a.Rcode == "NXDOMAIN" {
			break
		}
	}
	switch {
	case err != nil && (passing(err) || errors.Is(err, errJournal)):
		return t, err
	case err != nil:
		t.Problem, t.Detail = ProofNoAnswer, err.Error()
	case a.Rcode != "NOERROR" && a.Rcode != "NXDOMAIN":
		t.Problem, t.Detail = ProofNoAnswer, a.Rcode
	case slices.ContainsFunc(a.Values("TXT"), func(v string) bool { return strings.TrimSpace(v) == ChallengeTXT(token) }):
	case len(a.Values("TXT")) == 0:
		t.Problem = ProofAbsent
	default:
		t.Problem, t.Detail = ProofOther, shorten(strings.Join(a.Values("TXT"), " | "))
	}
	return t, nil
}

func (c *Client) proveFile(ctx context.Context, origin, token string) (ProofTry, error) {
	t, ex, err := c.challenge(ctx, origin, ChallengePath, ProofFile)
	if ex == nil {
		return t, err
	}
	kind, _, _ := mime.ParseMediaType(ex.Header.Get("Content-Type"))
	body := strings.TrimSpace(strings.TrimPrefix(string(ex.Body), "\xef\xbb\xbf"))
	switch {
	case kind != "" && kind != "text/plain" && kind != "application/octet-stream":
		t.Problem, t.Detail = ProofNotText, kind
	case ex.Truncated || ex.BodyErr != "" || len(ex.Body) > challengeBody || body != token:
		t.Problem, t.Detail = ProofOther, shorten(body)
	}
	return t, nil
}

func (c *Client) proveMeta(ctx context.Context, origin, token string) (ProofTry, error) {
	t, ex, err := c.challenge(ctx, origin, "/", ProofMeta)
	if ex == nil {
		return t, err
	}
	if !ex.HTML() {
		t.Problem, t.Detail = ProofAbsent, ex.Header.Get("Content-Type")
		return t, nil
	}
	inHead, elsewhere := challengeMetas(ex.Body)
	switch {
	case slices.Contains(inHead, token):
	case len(inHead) > 0:
		t.Problem, t.Detail = ProofOther, shorten(inHead[0])
	case elsewhere:
		t.Problem = ProofNotHead
	default:
		t.Problem = ProofAbsent
	}
	return t, nil
}

// challengeMetas reads the contents of our meta elements that are children of
// the head itself, as a browser builds it, and says whether others stand
// somewhere else, where a visitor's text could stand too.
func challengeMetas(body []byte) (inHead []string, elsewhere bool) {
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, false
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "meta" {
			continue
		}
		name, content := "", ""
		for _, a := range n.Attr {
			switch a.Key {
			case "name":
				name = a.Val
			case "content":
				content = a.Val
			}
		}
		if !strings.EqualFold(name, ChallengeMeta) {
			continue
		}
		if p := n.Parent; p != nil && p.Type == html.ElementNode && p.Data == "head" && p.Parent != nil && p.Parent.Data == "html" {
			inHead = append(inHead, strings.TrimSpace(content))
		} else {
			elsewhere = true
		}
	}
	return inHead, elsewhere
}

// challenge asks an origin for one page. Redirects are followed on the same
// host only and prove what they lead to as well; an answer is returned only
// with status 200.
func (c *Client) challenge(ctx context.Context, origin, path string, method ProofMethod) (ProofTry, *Exchange, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return ProofTry{}, nil, err
	}
	u.Path = path
	t := ProofTry{Method: method, Where: u.String(), Origins: []string{origin}, At: c.now().UTC()}
	limit := int64(challengeBody + 1)
	if method == ProofMeta {
		limit = 1 << 20
	}
	for range challengeHops + 1 {
		ex, err := c.Do(ctx, &Request{URL: u, Level: Passive, Fresh: true, Again: true, MaxBody: limit, Origin: challengeOrigin(method), live: true})
		switch {
		case err != nil && (passing(err) || errors.Is(err, errJournal)):
			return t, nil, err
		case err != nil && refusal(err):
			t.Problem, t.Detail = ProofForbidden, err.Error()
			return t, nil, nil
		case err != nil:
			t.Problem, t.Detail = ProofNoAnswer, err.Error()
			return t, nil, nil
		}
		t.ID = ex.ID
		loc := ex.Header.Get("Location")
		switch {
		case ex.Status >= 300 && ex.Status < 400 && loc != "":
			next, err := u.Parse(loc)
			if err != nil || hostName(next.Hostname()) != hostName(u.Hostname()) || !c.opt.Scope.HasOrigin(next) {
				t.Problem, t.Detail = ProofElsewhere, shorten(loc)
				return t, nil, nil
			}
			u = next
			if o := shortOrigin(u); !slices.Contains(t.Origins, o) {
				t.Origins = append(t.Origins, o)
			}
			continue
		case ex.Status == 404 || ex.Status == 410:
			t.Problem, t.Detail = ProofAbsent, fmt.Sprint(ex.Status)
			return t, nil, nil
		case ex.Status != 200:
			t.Problem, t.Detail = ProofNoAnswer, fmt.Sprint(ex.Status)
			return t, nil, nil
		}
		return t, ex, nil
	}
	t.Problem, t.Detail = ProofElsewhere, shorten(u.String())
	return t, nil, nil
}

// shorten is the beginning of what was found, for a person to recognise it.
func shorten(s string) string {
	const most = 80
	r := []rune(strings.ToValidUTF8(s, "�"))
	for i, x := range r {
		if x < ' ' || x == 0x7f {
			r[i] = ' '
		}
	}
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}

// Challenges are what may be published for the scope: the names of the records
// for each domain, and the addresses of the files for each origin, without
// those that only name this machine.
func (s *Scope) Challenges() (records, files []string) {
	var origins []string
	for _, h := range s.Hosts {
		u, err := url.Parse(h)
		if err != nil || u.Host == "" || IsLocal(u.Hostname()) {
			continue
		}
		if o := shortOrigin(u); !slices.Contains(origins, o) {
			origins = append(origins, o)
			files = append(files, o+ChallengePath)
		}
	}
	for _, d := range challengeNames(origins) {
		records = append(records, ChallengeLabel+"."+d)
	}
	return records, files
}
