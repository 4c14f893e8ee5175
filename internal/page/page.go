// Package page reads one answer of a shop: its charset, links, forms, scripts
// and what kind of page it is. It sends nothing and trusts nothing.
package page

import (
	"net/url"

	"golang.org/x/net/html"

	"miseban/internal/wire"
)

// Page is an exchange, read. For answers that are not HTML, Tree is nil and
// only what can be told from head and bytes is filled in.
type Page struct {
	Ex      *wire.Exchange
	URL     *url.URL // canonical
	Base    *url.URL // what links are relative to (<base href>)
	Kind    Kind
	KindWhy string // which sign named the kind
	// Template is the structure signature that pages of one template share.
	Template string
	Charset  Charset
	Text     string // the decoded body, UTF-8
	Lang     string
	Title    string
	// Visible is the text a visitor reads, whitespace folded, capped.
	Visible   string
	Links     []*Link
	Forms     []*Form
	Scripts   []*Script
	Resources []*Resource
	Metas     []Meta
	Comments  []string
	// Challenge names the protection that answered instead of the shop (WAF,
	// CAPTCHA, login wall); "" when the shop itself answered.
	Challenge string
	// Rendered is what a browser made of the page; nil when none looked.
	Rendered *Rendered
	// SessionID names the parameter of this page's own address, or of a link
	// of it to the same host, that carries a session id; "" when there is none.
	SessionID string
	// Cut says that the body was too large or too deep to be read as a whole.
	Cut bool

	tree *tree // nil: see HTML
}

// Kind is what a page is for. A page has the most decisive kind that fits.
type Kind string

// The page kinds.
const (
	Top       Kind = "top"
	List      Kind = "list"
	Product   Kind = "product"
	Search    Kind = "search"
	Cart      Kind = "cart"
	Checkout  Kind = "checkout"
	CardEntry Kind = "card-entry"
	Login     Kind = "login"
	Register  Kind = "registration"
	MyPage    Kind = "mypage"
	Reset     Kind = "password-reset"
	Contact   Kind = "contact"
	Legal     Kind = "legal"   // 特定商取引法に基づく表記
	Privacy   Kind = "privacy" // プライバシーポリシー
	Admin     Kind = "admin"
	Error     Kind = "error"
	Other     Kind = "other"
	NotHTML   Kind = "not-html"
)

// Charset is how the bytes of a page are to be read.
type Charset struct {
	Header   string // charset parameter of Content-Type, "" when absent
	Meta     string // from <meta>, "" when absent
	Detected string // what the bytes look like
	Used     string // what Text was decoded with (WHATWG name, lower case)
	Mismatch bool   // the declared charset cannot be right for the bytes
}

// Effect says what asking for a link or form would do.
type Effect string

// The effects. When in doubt it is a write (safety 6).
const (
	Reads  Effect = "read"
	Writes Effect = "write"
)

// Link is a place the page can lead to.
type Link struct {
	URL    *url.URL
	Raw    string // as written
	Text   string // what a visitor clicks on
	From   string // how it was written: "a", "area", "form", "onclick", "script", "data-href", "css", "srcset", "meta-refresh", "header", "json"…
	Rel    string
	Effect Effect
	Why    string // the classifier's reason
	// Method is what a script asks the address with; "" stands for GET.
	Method string
	// Pattern marks an address with holes, written {} in Raw and URL: a script
	// fills them in, so the address itself cannot be asked for.
	Pattern bool
	// Route is the fragment of a client-side route ("/cart" of "#/cart").
	Route string
}

// Form is a form with what it is for.
type Form struct {
	Page    *Page
	Action  *url.URL
	Raw     string // action as written
	Method  string // upper case
	Enctype string
	ID      string
	Name    string
	Fields  []*Field
	Buttons []string // their texts
	Purpose Purpose
	Effect  Effect
	Why     string
	// Scripted marks a form that exists only in the rendered page, or is sent by script.
	Scripted bool
	// Tag is the name of the element behind the form; "form" unless its controls
	// stand without one, "" for a form that only the rendered page has. Attrs are
	// the element's attributes.
	Tag   string
	Attrs []html.Attribute

	at spot
}

// Purpose is what a form is for.
type Purpose string

// The purposes.
const (
	ForSearch   Purpose = "search"
	ForFilter   Purpose = "filter" // sort, paging, facet
	ForLogin    Purpose = "login"
	ForLogout   Purpose = "logout"
	ForRegister Purpose = "registration"
	ForReset    Purpose = "password-reset"
	ForPassword Purpose = "password-change"
	ForProfile  Purpose = "profile"
	ForCart     Purpose = "cart"
	ForOrder    Purpose = "order"
	ForCard     Purpose = "card"
	ForContact  Purpose = "contact"
	ForReview   Purpose = "review"
	ForLeave    Purpose = "withdrawal" // 退会
	ForNews     Purpose = "newsletter"
	ForUpload   Purpose = "upload"
	ForAdmin    Purpose = "admin"
	ForOther    Purpose = "other"
)

// Field is one control of a form.
type Field struct {
	Name         string
	Type         string // input type, "textarea", "select", "button"
	Value        string
	Label        string
	Placeholder  string
	Autocomplete string
	Pattern      string
	MaxLength    int // -1: none
	MinLength    int // -1: none
	Required     bool
	Options      []string
	// Means is what a person would type there.
	Means Meaning
	Attrs []html.Attribute // of its element
}

// Meaning is what a field asks for.
type Meaning string

// The meanings.
const (
	MeansPassword    Meaning = "password"
	MeansNewPassword Meaning = "new-password"
	MeansUser        Meaning = "user"
	MeansMail        Meaning = "mail"
	MeansPhone       Meaning = "phone"
	MeansPerson      Meaning = "person"
	MeansAddress     Meaning = "address"
	MeansPostcode    Meaning = "postcode"
	MeansBirth       Meaning = "birth"
	MeansCardNumber  Meaning = "card-number"
	MeansCardExpiry  Meaning = "card-expiry"
	MeansCardCode    Meaning = "card-code"
	MeansCardName    Meaning = "card-name"
	MeansToken       Meaning = "anti-csrf"
	MeansQuery       Meaning = "query"
	MeansQuantity    Meaning = "quantity"
	MeansCaptcha     Meaning = "captcha"
	MeansOTP         Meaning = "one-time-code"
	MeansFile        Meaning = "file"
	MeansOther       Meaning = "other"
)

// Script is one script element, or a script the browser saw loaded.
type Script struct {
	URL         *url.URL // nil: inline
	Raw         string
	Content     string // inline source
	Type        string
	Integrity   string
	CrossOrigin string
	Nonce       string
	Dynamic     bool // added by another script; only a browser sees these
}

// Resource is anything else the page loads: style sheets, images, frames, fonts.
type Resource struct {
	URL       *url.URL
	Raw       string
	Kind      string // "style", "image", "iframe", "font", "media", "object", "manifest", "prefetch"…
	Integrity string
	Title     string
}

// Meta is one <meta>.
type Meta struct{ Name, HTTPEquiv, Property, Content string }

// Rendered is what a browser made of a page.
type Rendered struct {
	HTML     string // serialised DOM after load
	Requests []Request
	Cookies  []Cookie
	Storage  []Stored
	Console  []string
	// Routes are addresses the page's scripts went to (history API, location).
	Routes []string
	// Listeners names events on card and password fields: field, event, script URL.
	Listeners []Listener
	Blocked   []Request // what the guard did not let out
	Err       string    // why the picture is incomplete
}

// Request is one request a rendered page made.
type Request struct {
	URL, Method, Dest, Initiator string
	Status                       int
	Blocked                      string // reason, when the guard refused it
	Exchange                     wire.ExchangeID
}

// Cookie is a cookie in the browser's jar after the page loaded.
type Cookie struct {
	Name, Value, Domain, Path, SameSite string
	Secure, HTTPOnly, Session           bool
	Expires                             float64 // seconds since 1970, session cookies -1
}

// Stored is an entry of localStorage or sessionStorage.
type Stored struct{ Area, Key, Value string }

// Listener is an event handler on a sensitive field.
type Listener struct{ Field, Event, Script string }
