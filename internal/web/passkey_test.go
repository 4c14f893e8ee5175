package web

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"miseban/internal/account"
)

// TestPasskey registers a passkey in Chromium with a virtual authenticator,
// signs out, and signs in with it; removing it makes it useless.
func TestPasskey(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed: passkeys were not tried")
	}
	w := settled(t)
	w.server.now = time.Now
	w.clock.Store(time.Now().UnixMicro())
	b := openBrowser(t, chromium)
	base := w.server.opt.Public.String()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	_, err = chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{})
	must("enabling the authenticator", err)
	_, err = chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	must("adding the authenticator", err)
	_, err = chromedp.Call(b.ctx, cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: w.server.cookieName(), Value: w.session(w.people[account.Diagnostician]), URL: base + "/"})
	must("signing in", err)

	must("registering", chromedp.Do(b.ctx, chromedp.Navigate(base+"/account/passkeys"), chromedp.WaitVisible(chromedp.CSS("[data-passkey] button")), chromedp.Click(chromedp.CSS("[data-passkey] button")), chromedp.WaitVisible(chromedp.CSS("tbody tr"))))
	keys, err := w.db.Passkeys(t.Context(), w.people[account.Diagnostician].ID)
	if err != nil || len(keys) != 1 || !strings.Contains(keys[0].Name, "Chrome") {
		t.Fatalf("passkeys %+v, %v", keys, err)
	}
	must("signing out", chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("form[action='/sign-out'] button")), chromedp.WaitVisible(chromedp.CSS("#f-password"))))
	must("signing in with it", chromedp.Do(b.ctx, chromedp.Navigate(base+"/sign-in?to=/shops"), chromedp.WaitVisible(chromedp.CSS("[data-passkey] button")), chromedp.Click(chromedp.CSS("[data-passkey] button")), chromedp.WaitVisible(chromedp.CSS("a[href='/account']"))))
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname + " " + document.querySelector(".who a[href='/account']").textContent`))
	must("looking", err)
	if at != "/shops 診断員" {
		t.Errorf("signed in to %q", at)
	}
	keys, err = w.db.Passkeys(t.Context(), w.people[account.Diagnostician].ID)
	if err != nil || keys[0].Used.IsZero() {
		t.Errorf("the use was not noted: %+v, %v", keys, err)
	}
	w.as(w.people[account.Diagnostician]).post("/account/passkeys/"+keys[0].ID+"/remove").wants(t, 303)
	must("trying it again", chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("form[action='/sign-out'] button")), chromedp.WaitVisible(chromedp.CSS("[data-passkey] button")), chromedp.Click(chromedp.CSS("[data-passkey] button")))) // it is removed: the page says so
	_, err = chromedp.Run(b.ctx, chromedp.Poll[bool](`document.querySelector("[data-passkey] [role=alert]").textContent !== ""`))
	must("being told", err)
}
