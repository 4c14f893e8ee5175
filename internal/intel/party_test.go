package intel

import (
	"net/url"
	"testing"
)

func TestParty(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://static.mul-pay.jp/ext/js/token.js":                     "gmo-pg",
		"https://js.stripe.com/v3/":                                     "stripe",
		"https://www.googletagmanager.com/gtm.js?id=GTM-X":              "gtm",
		"https://www.google.com/recaptcha/api.js":                       "recaptcha",
		"https://www.google.com/maps/embed":                             "",
		"https://www.gstatic.com/recaptcha/releases/x/recaptcha__ja.js": "recaptcha",
		"https://www.gstatic.com/charts/loader.js":                      "google-apis",
		"https://googletagmanager.com.evil.example/gtm.js":              "",
		"https://googletagmanager-cdn.com/gtm.js":                       "",
		"https://WWW.GOOGLETAGMANAGER.COM./gtm.js":                      "gtm",
		"https://cdn.polyfill.io/v3/polyfill.min.js":                    "polyfill-io",
		"https://cdnjs.cloudflare.com/polyfill/v3/polyfill.min.js":      "cdnjs",
		"https://127.0.0.1:8443/token.js":                               "",
		"https://yubinbango.github.io/yubinbango/yubinbango.js":         "yubinbango",
		"https://somebody.github.io/a.js":                               "",
		"https://static-fe.payments-amazon.com/checkout.js":             "amazon-pay",
		"https://img.shop-pro.jp/js/cart.js":                            "colorme-cdn",
		"https://checkout.com/":                                         "checkout-com",
		"https://my-checkout.com/":                                      "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if p := Default().Party(u); p != nil {
			got = p.ID
		}
		if got != want {
			t.Errorf("%s belongs to %q, want %q", address, got, want)
		}
	}
	if Default().Party(nil) != nil {
		t.Error("no address belongs to nobody")
	}
	if len(Default().Parties()) < 100 {
		t.Errorf("%d parties", len(Default().Parties()))
	}
}
