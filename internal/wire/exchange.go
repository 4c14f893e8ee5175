package wire

import (
	"net/http"
	"net/url"
	"time"
)

// ExchangeID names an exchange within a run; evidence refers to it.
type ExchangeID string

// Origin says who asked for something and why; it goes into the ledger.
type Origin struct {
	Check string `json:"check,omitempty"` // name of the check, "crawl", "control"…
	Why   string `json:"why,omitempty"`   // short, constant words ("soft 404 sample")
	// Parent is the exchange in which the URL was found.
	Parent ExchangeID `json:"parent,omitempty"`
}

// Request is one thing to ask. Level is what the request needs, not what the run has.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header // added to the identification headers, never replacing them
	Body   []byte
	Level  Level
	Origin Origin
	// Fresh sends no cookie of the run's jar and keeps none of the answer's.
	Fresh bool
	// Reads is the classifier's reason why a POST only reads (a search); without it POST is refused below Full.
	Reads string
	// HeadOnly drops the body after the head was read: exports and backups are customers' data (facts: lessons).
	HeadOnly bool
	// MaxBody lowers the body cap for this request. 0 = the client's cap.
	MaxBody int64
	// Again asks even if the same request was answered before in this run; the n-th
	// asking of a replayed run gets the n-th stored answer.
	Again bool
	// Third marks a GET for a subresource of a third host that a page itself loads (safety 1).
	Third bool
	// Parameter is the field a probe provokes; failures are charged to it.
	Parameter string
	// Robots is true for crawling: robots.txt is honoured for it.
	Robots bool
	// Jar names the cookie jar; "" is the run's own. A jar begins empty when first named.
	Jar string
	// Purpose and Account say why a request that may write leaves below level full.
	// Account is set on every request that carries the account's password.
	Purpose Purpose
	Account string
	// Injected are the provoking values that this request carries, before any
	// encoding; the gate refuses what could alter or delete data (safety 6).
	Injected []string
	// Waits is the delay that the values ask an interpreter for: an answer that
	// is late by as much tells nothing of the shop's health.
	Waits time.Duration

	byPage bool // fired by a page in the browser
	live   bool // never answered from the journal: what it asks must be so now
}

// Exchange is one request and its answer as seen on the wire: evidence. In
// memory it is raw; what Journal keeps of it is masked.
type Exchange struct {
	ID     ExchangeID    `json:"id"`
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"` // until the body ended
	TTFB   time.Duration `json:"ttfb"` // until the head was read
	Method string        `json:"method"`
	URL    *url.URL      `json:"-"`
	RawURL string        `json:"url"`
	Addr   string        `json:"addr"`  // ip:port that answered
	Proto  string        `json:"proto"` // "HTTP/1.1", "HTTP/2.0"
	Level  Level         `json:"level"`
	Origin Origin        `json:"origin"`

	RequestHead []byte `json:"request_head"` // as sent (HTTP/2: written in HTTP/1.1 form)
	RequestBody []byte `json:"request_body,omitempty"`

	Status int         `json:"status"`
	Header http.Header `json:"header"`
	// ResponseHead is the status line and the header lines as received, order,
	// case and duplicates kept (HTTP/2: written in HTTP/1.1 form in received order).
	ResponseHead []byte `json:"response_head"`
	Body         []byte `json:"body,omitempty"` // content-decoded, capped
	BodySize     int64  `json:"body_size"`      // bytes of Body before the cap, as far as known
	Truncated    bool   `json:"truncated,omitempty"`
	// BodyErr says why Body is incomplete: cap, bomb, bad encoding, reset, time.
	BodyErr string `json:"body_err,omitempty"`

	TLS *TLS `json:"tls,omitempty"`
	own bool // the request carries the password of a test account
	// Replayed is true when the answer came from the journal instead of the shop.
	Replayed bool `json:"-"`
}

// TLS is what the connection of an exchange negotiated.
type TLS struct {
	Version    uint16   `json:"version"`
	Cipher     uint16   `json:"cipher"`
	ALPN       string   `json:"alpn,omitempty"`
	ServerName string   `json:"server_name,omitempty"`
	Chain      [][]byte `json:"chain"`                // DER, as sent by the server
	VerifyErr  string   `json:"verify_err,omitempty"` // why a browser would refuse; "" = it would not
}

// Path is the escaped path of the exchange's URL, "/" when empty.
func (e *Exchange) Path() string {
	if p := e.URL.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

// HTML says whether the answer declares (or, without a declaration, looks like) HTML.
func (e *Exchange) HTML() bool { return isHTML(e.Header.Get("Content-Type"), e.Body) }
