package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	s := &Scope{Hosts: []string{"https://shop.example", "http://shop.example:8080"}, Level: Safe, Exclude: []string{"/admin/", "/logout", "/my*", "/index.php?route=account/logout", "/a/*/delete"}}
	for _, tc := range []struct {
		method, url string
		level       Level
		want        error
	}{
		{"GET", "https://shop.example/", Passive, nil},
		{"GET", "https://SHOP.example:443/x", Passive, nil},
		{"GET", "https://shop.example./x", Passive, nil},
		{"GET", "http://shop.example:8080/", Passive, nil},
		{"GET", "http://shop.example/", Passive, ErrOutOfScope},
		{"GET", "https://shop.example:8443/", Passive, ErrOutOfScope},
		{"GET", "https://www.shop.example/", Passive, ErrOutOfScope},
		{"GET", "https://shop.example.evil.test/", Passive, ErrOutOfScope},
		{"GET", "https://evil.test/?https://shop.example/", Passive, ErrOutOfScope},
		{"GET", "https://shop.example@evil.test/", Passive, ErrOutOfScope},
		{"GET", "https://user:pw@shop.example/", Passive, ErrOutOfScope},
		{"GET", "ftp://shop.example/", Passive, ErrOutOfScope},
		{"GET", "https://shop.example/", Active, ErrLevel},
		{"HEAD", "https://shop.example/", Passive, ErrMethod},
		{"HEAD", "https://shop.example/", Safe, nil},
		{"OPTIONS", "https://shop.example/", Safe, nil},
		{"POST", "https://shop.example/", Safe, ErrMethod},
		{"PUT", "https://shop.example/", Safe, ErrMethod},
		{"DELETE", "https://shop.example/", Safe, ErrMethod},
		{"get", "https://shop.example/", Passive, ErrMethod},
		{"GET", "https://shop.example/admin", Passive, ErrExcluded},
		{"GET", "https://shop.example/admin/x", Passive, ErrExcluded},
		{"GET", "https://shop.example/ADMIN/x", Passive, ErrExcluded},
		{"GET", "https://shop.example//admin/x", Passive, ErrExcluded},
		{"GET", "https://shop.example/x/../admin/", Passive, ErrExcluded},
		{"GET", "https://shop.example/./admin/", Passive, ErrExcluded},
		{"GET", "https://shop.example/%61dmin/", Passive, ErrExcluded},
		{"GET", "https://shop.example/%2561dmin/", Passive, ErrExcluded},
		{"GET", "https://shop.example/x/%2e%2e/admin/", Passive, ErrExcluded},
		{"GET", "https://shop.example/x%2f..%2fadmin/", Passive, ErrExcluded},
		{"GET", `https://shop.example/x\..\admin/`, Passive, ErrExcluded},
		{"GET", "https://shop.example/admin;jsessionid=1/x", Passive, ErrExcluded},
		{"GET", "https://shop.example/admin%00/x", Passive, ErrExcluded},
		{"GET", "https://shop.example/administration", Passive, nil},
		{"GET", "https://shop.example/logout", Passive, ErrExcluded},
		{"GET", "https://shop.example/logout/", Passive, ErrExcluded},
		{"GET", "https://shop.example/mypage/history", Passive, ErrExcluded},
		{"GET", "https://shop.example/a/7/delete", Passive, ErrExcluded},
		{"GET", "https://shop.example/index.php?route=account/logout", Passive, ErrExcluded},
		{"GET", "https://shop.example/index.php?x=1&route=account%2Flogout", Passive, ErrExcluded},
		{"GET", "https://shop.example/index.php?route=product/list", Passive, nil},
	} {
		u, err := url.Parse(tc.url)
		if err != nil {
			u = &url.URL{Scheme: "https", Host: "shop.example", Path: `/x\..\admin/`}
		}
		if err := s.Allows(tc.method, u, tc.level); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%s %s at %s: got %v, want %v", tc.method, tc.url, tc.level, err, tc.want)
		}
	}
	if err := (&Scope{}).Allows("GET", &url.URL{Scheme: "https", Host: "shop.example"}, Passive); err == nil {
		t.Error("the zero scope allows a request")
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	tokyo, _ := time.LoadLocation("Asia/Tokyo")
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, tokyo)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	night := Window{From: "22:00", Until: "05:00", Days: []time.Weekday{time.Saturday}}
	day := Window{From: "02:00", Until: "05:00"}
	london := Window{From: "02:00", Until: "05:00", Zone: "Europe/London"}
	for _, tc := range []struct {
		w    Window
		at   string
		open bool
	}{
		{day, "2026-11-21 02:00", true}, {day, "2026-11-21 04:59", true}, {day, "2026-11-21 05:00", false}, {day, "2026-11-21 01:59", false},
		{night, "2026-11-21 23:00", true}, {night, "2026-11-22 04:00", true}, {night, "2026-11-21 04:00", false}, {night, "2026-11-22 23:00", false},
		{london, "2026-11-21 11:30", true}, {london, "2026-11-21 02:30", false},
	} {
		err := (&Scope{Windows: []Window{tc.w}}).Open(at(tc.at))
		if (err == nil) != tc.open || err != nil && !errors.Is(err, ErrWindow) {
			t.Errorf("%+v at %s: got %v, want open %t", tc.w, tc.at, err, tc.open)
		}
	}
}

func TestWhoMayStart(t *testing.T) {
	t.Parallel()
	who := Authority{Person: "山田 花子", Organisation: "見本商店"}
	for _, tc := range []struct {
		name  string
		scope Scope
		opt   []string
		want  error
	}{
		{"loopback needs nobody", Scope{Hosts: []string{"http://127.0.0.9:81"}, Level: Full}, nil, nil},
		{".test needs nobody", Scope{Hosts: []string{"https://shop.test"}, Level: Active, Rate: Rate{Unlimited: true}}, nil, nil},
		{"passive without authority", Scope{Hosts: []string{"https://shop.example"}, Level: Passive}, nil, ErrAuthority},
		{"safe with authority", Scope{Hosts: []string{"https://shop.example"}, Level: Safe, Authority: who}, nil, nil},
		{"half an authority", Scope{Hosts: []string{"https://shop.example"}, Level: Safe, Authority: Authority{Person: "x"}}, nil, ErrAuthority},
		{"active needs consent", Scope{Hosts: []string{"https://shop.example"}, Level: Active, Authority: who}, nil, ErrConsent},
		{"opt-out wins", Scope{Hosts: []string{"https://www.shop.example"}, Level: Passive, Authority: who}, []string{"shop.example"}, ErrOptOut},
		{"loopback-looking name", Scope{Hosts: []string{"https://127.0.0.1.shop.example"}, Level: Passive}, nil, ErrAuthority},
		{"offline needs nobody", Scope{Hosts: []string{"https://shop.example"}}, nil, nil},
	} {
		if _, err := NewClient(Options{Scope: &tc.scope, OptOut: tc.opt}); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := NewClient(Options{Scope: &Scope{Hosts: []string{"https://shop.example"}, Level: Safe, Authority: who, Rate: Rate{Unlimited: true}}}); err == nil {
		t.Error("unlimited rate was accepted for a public host")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	public := &Scope{}
	named := &Scope{Addresses: prefixes("10.1.0.0/16", "169.254.0.0/16", "fd00::/8")}
	exact := &Scope{Addresses: prefixes("169.254.169.254/32")}
	for _, tc := range []struct {
		scope *Scope
		host  string
		addr  string
		ok    bool
	}{
		{public, "shop.example", "8.8.8.8", true}, {public, "shop.example", "2001:4860:4860::8888", true}, {public, "shop.example", "2a00:1450::1", true},
		{public, "shop.example", "127.0.0.1", false}, {public, "shop.example", "127.9.9.9", false}, {public, "shop.example", "10.0.0.1", false},
		{public, "shop.example", "172.16.0.1", false}, {public, "shop.example", "192.168.1.1", false}, {public, "shop.example", "169.254.169.254", false},
		{public, "shop.example", "169.254.1.1", false}, {public, "shop.example", "100.64.0.1", false}, {public, "shop.example", "100.100.100.200", false},
		{public, "shop.example", "168.63.129.16", false}, {public, "shop.example", "0.0.0.0", false}, {public, "shop.example", "0.1.2.3", false},
		{public, "shop.example", "224.0.0.1", false}, {public, "shop.example", "255.255.255.255", false}, {public, "shop.example", "198.18.0.1", false},
		{public, "shop.example", "::", false}, {public, "shop.example", "::1", false}, {public, "shop.example", "fe80::1", false},
		{public, "shop.example", "fc00::1", false}, {public, "shop.example", "fd00:ec2::254", false}, {public, "shop.example", "ff02::1", false},
		{public, "shop.example", "::ffff:127.0.0.1", false}, {public, "shop.example", "::ffff:8.8.8.8", true}, {public, "shop.example", "::127.0.0.1", false},
		{public, "shop.example", "64:ff9b::7f00:1", false}, {public, "shop.example", "64:ff9b::a9fe:a9fe", false}, {public, "shop.example", "64:ff9b::808:808", true},
		{public, "shop.example", "64:ff9b:1::7f00:1", false}, {public, "shop.example", "2002:7f00:1::1", false}, {public, "shop.example", "2002:a9fe:a9fe::", false},
		{public, "shop.example", "2001:0:1::1", false}, {public, "shop.example", "2a00:1450::5efe:a00:1", false}, {public, "shop.example", "fe80::1%eth0", false},
		{named, "shop.example", "10.1.2.3", true}, {named, "shop.example", "10.2.2.3", false}, {named, "shop.example", "169.254.1.1", true},
		{named, "shop.example", "169.254.169.254", false}, {named, "shop.example", "fd00:ec2::254", false}, {exact, "shop.example", "169.254.169.254", true},
		{public, "shop.test", "127.0.0.5", true}, {public, "shop.test", "8.8.8.8", false}, {public, "shop.test", "10.0.0.1", false},
		{public, "localhost", "::1", true}, {public, "a.localhost", "127.0.0.1", true}, {public, "127.0.0.1", "127.0.0.1", true}, {public, "::1", "::1", true},
		{public, "127.0.0.1", "169.254.169.254", false},
	} {
		if err := tc.scope.allowsAddr(tc.host, netip.MustParseAddr(tc.addr)); (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%s at %s: got %v, want allowed %t", tc.host, tc.addr, err, tc.ok)
		}
	}
}

func addrs(list ...string) []net.IPAddr {
	var out []net.IPAddr
	for _, s := range list {
		out = append(out, net.IPAddr{IP: net.ParseIP(s)})
	}
	return out
}

// A name that turns from a public to an inner address is connected to where it
// was checked, or not at all.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var dialled []string
	scope := &Scope{Hosts: []string{"http://shop.example"}, Level: Safe, Authority: Authority{Person: "a", Organisation: "b"}}
	c := client(t, "", func(o *Options) {
		o.Scope = scope
		o.Resolve = func(context.Context, string) ([]net.IPAddr, error) {
			if asked.Add(1) == 1 {
				return addrs("8.8.8.8"), nil
			}
			return addrs("127.0.0.1"), nil
		}
	})
	c.dial = func(_ context.Context, a netip.AddrPort) (net.Conn, error) {
		dialled = append(dialled, a.String())
		return nil, errors.New("no network in tests")
	}
	if _, err := c.Do(t.Context(), get(t, "http://shop.example/")); err == nil {
		t.Fatal("no error from a dialer that always fails")
	}
	if len(dialled) != 1 || dialled[0] != "8.8.8.8:80" || asked.Load() != 1 {
		t.Errorf("dialled %v after %d look-ups, want the checked address after one", dialled, asked.Load())
	}
	c.names.m = nil // the pin has run out
	_, err := c.Do(t.Context(), get(t, "http://shop.example/2"))
	wantErr(t, err, ErrAddress)
	if len(dialled) != 1 {
		t.Errorf("an inner address was dialled: %v", dialled)
	}
}

func TestMixedAddressesRefused(t *testing.T) {
	t.Parallel()
	c := client(t, "", func(o *Options) {
		o.Scope = &Scope{Hosts: []string{"http://shop.example"}, Level: Safe, Authority: Authority{Person: "a", Organisation: "b"}}
		o.Resolve = func(context.Context, string) ([]net.IPAddr, error) { return addrs("8.8.8.8", "10.0.0.1"), nil }
	})
	_, err := c.Do(t.Context(), get(t, "http://shop.example/"))
	wantErr(t, err, ErrAddress)
	_, err = c.Dial(t.Context(), "shop.example", 80, Origin{})
	wantErr(t, err, ErrAddress)
}

func TestProvider(t *testing.T) {
	t.Parallel()
	s := &Scope{}
	for _, tc := range []struct {
		host, addr string
		level      Level
		ok         bool
	}{
		{"shop.example", "104.16.1.1:443", Safe, true}, {"shop.example", "104.16.1.1:22", Safe, false}, {"shop.example", "104.16.1.1:443", Active, false},
		{"x.myshopify.com", "8.8.8.8:8443", Safe, false}, {"shop.example", "8.8.8.8:3306", Safe, true}, {"a.thebase.in", "8.8.8.8:21", Safe, false},
		{"shop.example", "[2606:4700::1]:8080", Safe, false},
	} {
		if err := s.allowsProvider(tc.host, netip.MustParseAddrPort(tc.addr), tc.level); (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrProvider) {
			t.Errorf("%s %s: got %v, want allowed %t", tc.host, tc.addr, err, tc.ok)
		}
	}
	if err := (&Scope{ProviderPermission: "CF-123"}).allowsProvider("shop.example", netip.MustParseAddrPort("104.16.1.1:22"), Active); err != nil {
		t.Errorf("with the provider's permission: %v", err)
	}
}

// Redirects come back as answers; the target of a hostile one is never asked.
func TestRedirectNotFollowed(t *testing.T) {
	t.Parallel()
	var inner atomic.Int32
	victim := site(t, func(http.ResponseWriter, *http.Request) { inner.Add(1) })
	s := site(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, victim.URL, http.StatusFound) })
	c := client(t, s.URL)
	ex := must(t, c, get(t, s.URL))
	if ex.Status != 302 || ex.Header.Get("Location") != victim.URL {
		t.Errorf("got %d %q", ex.Status, ex.Header.Get("Location"))
	}
	_, err := c.Do(t.Context(), get(t, victim.URL))
	wantErr(t, err, ErrOutOfScope)
	third := get(t, victim.URL)
	third.Third, third.Method = true, "POST"
	_, err = c.Do(t.Context(), third)
	wantErr(t, err, ErrMethod)
	if n := inner.Load(); n != 0 {
		t.Errorf("the foreign host was asked %d times", n)
	}
}

func TestThirdHostGetsNoSecrets(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	third := site(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Clone() })
	own := site(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "0123456789abcdef", Path: "/"})
	})
	c := client(t, own.URL, func(o *Options) { o.Scope.Authority.Contact = "owner@shop.example" })
	must(t, c, get(t, own.URL)) // the jar ignores ports, so a cookie of 127.0.0.1 would go to the third host too
	r := get(t, third.URL+"/lib.js")
	r.Third = true
	r.Header = http.Header{"Cookie": {"a=b"}, "Authorization": {"Bearer x"}}
	must(t, c, r)
	h := <-got
	for _, k := range []string{"Cookie", "Authorization", "From"} {
		if h.Get(k) != "" {
			t.Errorf("third host got %s: %s", k, h.Get(k))
		}
	}
}
