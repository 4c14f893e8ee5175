package account

import (
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/wire"
)

// TestHolidays compares whole years with the days that the Cabinet Office announced.
func TestHolidays(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]string{
		2022: "01-01 01-10 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-18 08-11 09-19 09-23 10-10 11-03 11-23",
		2023: "01-01 01-02 01-09 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-17 08-11 09-18 09-23 10-09 11-03 11-23",
		2024: "01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23 10-14 11-03 11-04 11-23",
		2025: "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24",
		2026: "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
		2027: "01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23",
	} {
		var got []string
		for d := date(year, 1, 1); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if Holiday(d.Add(5 * time.Hour)) {
				got = append(got, d.Format("01-02"))
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%d:\n got %s\nwant %s", year, s, want)
		}
	}
	for day, want := range map[string]bool{
		"2026-11-20": true, "2026-11-21": false, "2026-11-23": false, "2026-12-28": true, "2026-12-29": false, "2027-01-03": false, "2027-01-04": true, "2021-06-01": false, "2100-06-01": false,
	} {
		d, err := time.ParseInLocation(time.DateOnly, day, tokyo)
		if err != nil || Workday(d) != want || Workday(d.Add(24*time.Hour-1)) != want {
			t.Errorf("%s: %v, want %v, %v", day, Workday(d), want, err)
		}
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC) // a Friday
	var b Blackout
	for _, c := range []struct {
		first, last string
		ok          bool
	}{{"2026-11-20", "2026-11-20", true}, {"2026-11-19", "2026-11-19", false}, {"2026-11-21", "2026-11-20", false}, {"", "2026-11-20", false}, {"2026-11-20", "2027-11-20", false}, {"2029-01-01", "2029-01-02", false}} {
		if p := b.Days(c.first, c.last, now); len(p) == 0 != c.ok {
			t.Errorf("%+v: %v", c, p)
		}
	}
	b.Days("2026-11-24", "2026-11-24", now)
	c := Calendar{Workdays: true, Blackouts: []Blackout{b}}
	at := func(day int) time.Time { return date(2026, 11, day).Add(3 * time.Hour) }
	for day, until := range map[int]int{20: 0, 21: 22, 22: 23, 23: 24, 24: 25, 25: 0} {
		got, closed := c.Closed(at(day))
		if closed != (until > 0) || closed && !got.Equal(date(2026, 11, until)) {
			t.Errorf("day %d: %v %v", day, got, closed)
		}
	}
}

func TestConsentTidy(t *testing.T) {
	t.Parallel()
	given := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	shop := &Shop{URL: "https://shop.example.jp/start"}
	accounts := []TestAccount{{Name: "member1"}, {Name: "member2", Mailbox: "a@example.jp"}}
	good := func() Consent {
		return Consent{
			Given: given, Until: given.AddDate(0, 1, 0), Hosts: []string{"https://shop.example.jp", " http://shop.example.jp/ ", ""}, Level: wire.Active, From: "02:00", To: "05:00", PerSecond: 2,
			Hosting: "obtained", HostingNote: "2026-11-01 受付 12", Accounts: []string{"member2"}, Acts: []string{wire.ActCart, wire.ActLockout, wire.ActMail, "x"}, Exclude: []string{"/sale/", ""}, Provider: "y",
		}
	}
	c := good()
	if p := c.Tidy(shop, accounts, false); len(p) > 0 || strings.Join(c.Hosts, " ") != "https://shop.example.jp http://shop.example.jp" || len(c.Acts) != 3 || len(c.Exclude) != 1 {
		t.Fatalf("%v %+v", p, c)
	}
	w := &wire.Scope{Level: wire.Active, Hosts: c.Hosts, Authority: wire.Authority{Person: "a", Organisation: "b"}, Proof: wire.Proof{Token: wire.NewToken()}, Accounts: []wire.Account{{Name: "member2", User: "u", Mailbox: "a@example.jp"}}}
	c.Person, c.Organisation = "山田 花子", "店"
	w.Consent = c.Wire()
	if f := w.Faults(given); len(f) > 0 {
		t.Errorf("the gate misses %v", f[0])
	}
	for field, spoil := range map[string]func(*Consent){
		"level":        func(c *Consent) { c.Level = wire.Passive },
		"staging":      func(c *Consent) { c.Level = wire.Full },
		"hosts":        func(c *Consent) { c.Hosts = []string{"https://other.example.jp"} },
		"until":        func(c *Consent) { c.Until = given.AddDate(1, 0, 3) },
		"from":         func(c *Consent) { c.To = "" },
		"speed":        func(c *Consent) { c.PerSecond = 11 },
		"exclude":      func(c *Consent) { c.Exclude = []string{"sale"} },
		"hosting":      func(c *Consent) { c.Hosting = "" },
		"hosting-note": func(c *Consent) { c.HostingNote = " " },
		"accounts":     func(c *Consent) { c.Accounts = []string{"member9"}; c.Acts = nil },
		"acts":         func(c *Consent) { c.Accounts = []string{"member1"} },
	} {
		c := good()
		spoil(&c)
		p := c.Tidy(shop, accounts, false)
		if len(p) != 1 || p[0].Field != field {
			t.Errorf("%s: %v", field, p)
		}
	}
	for _, h := range []string{"https://u:p@shop.example.jp", "https://shop.example.jp/x", "http://127.0.0.1", "ftp://shop.example.jp", "https://*.example.jp"} {
		c := good()
		c.Hosts = append(c.Hosts, h)
		if p := c.Tidy(shop, accounts, false); len(p) == 0 {
			t.Errorf("%s is accepted", h)
		}
	}
	c = good()
	c.Level = wire.Safe
	if p := c.Tidy(shop, accounts, false); len(p) > 0 || c.Acts != nil || c.Accounts != nil || c.Provider != "" {
		t.Errorf("at level safe %v %+v", p, c)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	shop := &Shop{Organisation: "own"}
	c := &Consent{Firm: "firm"}
	who := func(org ID, r ...Role) *Actor {
		return &Actor{Members: []Membership{{Organisation: Organisation{ID: org}, Roles: r}}}
	}
	for _, x := range []struct {
		actor *Actor
		want  bool
	}{
		{who("own", Executive), true}, {who("own", Practitioner), true}, {who("firm", Diagnostician), true}, {who("firm", Reviewer), false}, {who("rival", Diagnostician), false}, {who("", Diagnostician), false}, {who("builder", Maintainer), false},
	} {
		if c.Covers(x.actor, shop) != x.want {
			t.Errorf("%+v: want %v", x.actor.Members, x.want)
		}
	}
	if (&Consent{}).Covers(who("", Diagnostician), shop) {
		t.Error("a consent that names no firm covers one")
	}
}

func TestTestAccountTidy(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		account  TestAccount
		password string
		fields   []string
	}{
		{TestAccount{Role: "customer", User: "a", Mailbox: "A@example.jp", LoginURL: "https://shop.example.jp/login"}, "abcd", nil},
		{TestAccount{Role: "boss", User: " ", Mailbox: "x", LoginURL: "javascript:1"}, "abc", []string{"user", "role", "password", "mailbox", "login-url"}},
		{TestAccount{Role: "admin", User: "a"}, "file:/etc/hostname", []string{"password"}},
		{TestAccount{Role: "admin", User: "a"}, "env:PATH", []string{"password"}},
	} {
		var got []string
		for _, p := range x.account.Tidy(x.password) {
			got = append(got, p.Field)
		}
		if !slices.Equal(got, x.fields) {
			t.Errorf("%+v: %v, want %v", x.account, got, x.fields)
		}
	}
}
