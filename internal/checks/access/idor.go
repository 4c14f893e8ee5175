package access

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// IDOR asks whether one customer reads another's data by asking for its number.
// It only reads: the second account's own pages are asked for by the first. What
// the first account is linked to as well is shared, not stolen; what also shows
// for a number that nobody has is an echo.
var IDOR = &check.Check{
	Name: "idor", Level: wire.Active, Severity: check.Medium, CWE: 639, Needs: check.TwoAccounts,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return swapAccounts(ctx, p, func(u *url.URL) bool { return !orderPage.MatchString(u.Path) })
	},
}

// OrderPageIDOR asks the same of the pages around an order – its completion,
// receipts, delivery notes – which shops often open to whoever has the number.
// (That they open without any account is what forced-browsing looks for.)
var OrderPageIDOR = &check.Check{
	Name: "order-page-idor", Level: wire.Active, Severity: check.Medium, CWE: 639, Needs: check.TwoAccounts,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return swapAccounts(ctx, p, func(u *url.URL) bool { return orderPage.MatchString(u.Path) })
	},
}

var orderPage = regexp.MustCompile(`(?i)receipt|invoice|ryoshu|ryousyu|nouhin|delivery_?(?:note|slip)|packing|complete|thanks|thank_you|print|guest|order-received|view-order/pay|voucher`)

// ownPath speaks of what belongs to one customer, where no name or address says so.
var ownPath = regexp.MustCompile(`(?i)my-?_?page|account|member|customer|order|history|point|address|delivery|card|message|coupon|subscription|profile|wish|favou?rite`)

// swapAccounts lets each customer ask for the other's pages.
func swapAccounts(ctx context.Context, p *check.Pass, want func(*url.URL) bool) error {
	names := p.Customers()[:2]
	for i, reader := range names {
		if err := steal(ctx, p, reader, names[1-i], want); err != nil {
			return err
		}
	}
	return nil
}

// steal lets reader ask for what is owner's.
func steal(ctx context.Context, p *check.Pass, reader, owner string, want func(*url.URL) bool) error {
	own, others := p.Site.As(owner), p.Site.As(reader)
	if own == nil || others == nil {
		return nil
	}
	theirs := belongingsOf(p, owner).without(belongingsOf(p, reader))
	return p.As(ctx, reader, func(v *check.Visit) error {
		tried, handlers := map[string]int{}, 0
		for _, pg := range own.Pages {
			ids := idsOf(pg.URL)
			if len(ids) == 0 || turnedAway(pg) || !want(pg.URL) || !p.Scope.HasOrigin(pg.URL) || linked(others, pg.URL) || knownToStrangers(p, pg.URL) {
				continue
			}
			h := handler(pg.URL, ids)
			if tried[h] >= perHandler || tried[h] == 0 && handlers >= mostHandlers {
				continue
			}
			if tried[h]++; tried[h] == 1 {
				handlers++
			}
			if err := try(ctx, p, v, pg, ids, theirs, others, h); err != nil {
				return err
			}
		}
		return nil
	})
}

// try asks for one page of the owner's as the reader.
func try(ctx context.Context, p *check.Pass, v *check.Visit, pg *page.Page, ids []id, theirs belongings, others *check.SignedIn, h string) error {
	got, err := v.Get(ctx, pg.URL, "another customer's page, asked by this one")
	if err != nil {
		return err
	}
	p.ExaminedPage(got)
	if turnedAway(got) {
		return nil
	}
	x := ids[len(ids)-1]
	nobody, err := v.Get(ctx, swap(pg.URL, x, nobodys(x.value, p.Derive(pg.URL.Path))), "the same page for a number that nobody has")
	if err != nil {
		return err
	}
	var values []string
	for _, x := range ids {
		values = append(values, x.value)
	}
	// What the owner sees there, and neither the reader's own pages nor the page for nobody shows.
	private := onlyOn(pg, values, append(slices.Clone(others.Pages), append(p.Site.HTML(), nobody)...)...)
	shown := theirs.on(p.Masker(), got)
	if !turnedAway(nobody) {
		shown = belongings(shown).without(belongings(theirs.on(p.Masker(), nobody)))
	}
	fromTheirs := len(shown) > 0 && len(theirs.on(p.Masker(), pg)) > 0
	if !fromTheirs {
		if len(private) < 2 || share(private, got) < 0.6 || pg.Kind != page.MyPage && !ownPath.MatchString(pg.URL.Path) {
			return nil
		}
		stranger, err := p.Do(ctx, &wire.Request{Method: "GET", URL: pg.URL, Fresh: true, Origin: wire.Origin{Why: "is the page everybody's", Parent: pg.Ex.ID}})
		if err != nil {
			return err
		}
		if !turnedAway(stranger) && share(private, stranger) >= 0.6 {
			return nil // an item of the shop, which one of the two happened to be led to
		}
	}
	where := x.param
	f := p.Report(got.Ex, h, i18n.Args{"page": pg.URL.Path, "id": x.value, "n": fmt.Sprint(len(shown))})
	f.Parameter = where
	f.Evidence = append(f.Evidence, pg.Ex.ID, nobody.Ex.ID)
	if !fromTheirs {
		f.Case, f.Confidence = "same", check.Possible
	}
	if !guessable(ids) {
		f.Case, f.Severity = "unguessable", check.Low
		f.CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N"
		f.CVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"
	}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("テスト用アカウント「%s」で、別のアカウントの %s を開くと、持ち主に見える内容が表示されました。存在しない番号では表示されません。", v.Session().Name(), pg.URL.Path),
			EN: fmt.Sprintf("Signed in as test account %q, another account's %s showed what its owner sees. For a number that nobody has it did not.", v.Session().Name(), pg.URL.Path),
		},
		Steps: []check.ProofStep{
			{Value: x.value, Saw: i18n.Text{JA: "持ち主に見えた内容", EN: "what the owner sees"}, Evidence: pg.Ex.ID},
			{Value: x.value, Saw: i18n.Text{JA: "別の会員にも同じ内容が見えた", EN: "another customer sees the same"}, Evidence: got.Ex.ID},
			{Value: nobodys(x.value, p.Derive(pg.URL.Path)), Saw: i18n.Text{JA: "存在しない番号では見えない", EN: "a number that nobody has shows nothing of it"}, Evidence: nobody.Ex.ID},
		},
		Curl: curl(pg.URL, "SESSION-OF-"+v.Session().Name()),
	}
	return nil
}

// linked says that the account was shown the address on its own pages: what
// both are led to is shared.
func linked(m *check.SignedIn, u *url.URL) bool {
	s := u.String()
	if slices.ContainsFunc(m.Known, func(k check.Known) bool { return k.URL.String() == s }) {
		return true
	}
	return slices.ContainsFunc(m.Pages, func(pg *page.Page) bool {
		return pg.URL.String() == s || slices.ContainsFunc(pg.Links, func(l *page.Link) bool { return l.URL != nil && page.Canonical(l.URL).String() == s })
	})
}

// knownToStrangers says that the crawl without an account was led there.
func knownToStrangers(p *check.Pass, u *url.URL) bool {
	s := u.String()
	return slices.ContainsFunc(p.Site.Known, func(k check.Known) bool { return k.URL.String() == s }) ||
		slices.ContainsFunc(p.Site.Pages, func(pg *page.Page) bool { return pg.URL.String() == s && pg.Ex.Status == 200 })
}
