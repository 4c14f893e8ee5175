package testshop

import (
	"bytes"
	"embed"
	"html/template"
	"strconv"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"yen":  yen,
	"date": func(t time.Time) string { return t.Format("2006年1月2日") },
	"add":  func(a, b int) int { return a + b },
}).ParseFS(templateFiles, "templates/*.html"))

// yen writes 12345 as 12,345円.
func yen(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s + "円"
}

// company is who runs the shop; the certificate carries Name as its organisation.
type company struct {
	Name, Head, Address, Phone, Brand string
}

var owner = company{
	Name: "株式会社茶屋みせばん", Head: "店番 茶太郎", Brand: "茶屋みせばん",
	Address: "〒420-0000 静岡県静岡市葵区みせばん町1-2-3", Phone: "054-000-0000(平日10時〜17時)",
}

type script struct {
	Src, Integrity string
	Inline         template.JS
}

// How the card page takes the card: Card is one of these.
const (
	cardIframe  = "iframe" // the provider's page in a frame: the clean shop
	cardOwn     = "own"    // fields that are posted to the shop itself
	cardToken   = "token"  // fields without names that the provider's script turns into a token
	autoNumber  = "cc-number"
	autoCode    = "cc-csc"
	autoExpires = "cc-exp"
)

// page is what a template sees. A fault of the page family changes it before it is drawn.
type page struct {
	Title, Lead, Path, Charset string
	Kind                       kind
	Data                       any
	Owner                      company
	Token, Member              string
	CartCount                  int
	Styles                     []string
	Scripts                    []script
	Head, Foot                 []template.HTML
	BodyID, BodyClass          string

	LoginAction, LoginMethod, ContactAction string
	PasswordType, PasswordHint              string
	PasswordMin, PasswordMax                int
	TwoFactor, Captcha, ThreeD              bool
	Card, PSP                               string
	AutoNumber, AutoCode, AutoExpires       string
	HasPrivacy, HasTradeLaw, HasToken       bool
	NoLogout, Office                        bool
	Priced                                  bool   // forms carry the price
	Onward                                  string // of a sign-in: where to go afterwards
}

// render draws the named template inside the layout.
func (v *visit) render(name string, p *page) {
	s := v.shop
	p.Kind, p.Path, p.Owner, p.Charset = v.kind, v.r.URL.Path, owner, "UTF-8"
	p.Styles = append([]string{"/assets/css/shop.css"}, p.Styles...)
	p.Scripts = append([]script{{Src: "/assets/js/shop.js"}}, p.Scripts...)
	p.LoginAction, p.LoginMethod, p.ContactAction = "/mypage/login", "post", "/contact"
	p.PasswordType, p.PasswordMin, p.PasswordMax = "password", 12, 128
	p.PasswordHint = "12文字以上で、英字・数字・記号を組み合わせてください"
	p.TwoFactor, p.Captcha, p.ThreeD = true, true, true
	p.Card, p.PSP = cardIframe, s.opts.PSPOrigin
	p.AutoNumber, p.AutoCode, p.AutoExpires = autoNumber, autoCode, autoExpires
	p.HasPrivacy, p.HasTradeLaw, p.HasToken = true, true, true
	if known := v.known(); known != nil {
		p.Token = known.token
		for _, l := range known.cart {
			p.CartCount += l.Count
		}
		if known.member != nil {
			p.Member = v.copyOf(known.member).Name
		}
	}
	if v.kind == kindCard || v.kind == kindCheckout {
		v.policy.allow("frame-src", s.opts.PSPOrigin)
	}
	for _, f := range s.faults {
		if f.view != nil {
			f.view(v, p)
		}
	}
	var body bytes.Buffer
	for _, part := range []string{"head", name, "foot"} {
		if err := templates.ExecuteTemplate(&body, part, p); err != nil {
			panic("testshop: drawing " + name + ": " + err.Error())
		}
	}
	v.header.Set("Content-Type", "text/html; charset=UTF-8")
	v.body = body.Bytes()
}
