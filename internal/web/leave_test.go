package web

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/store"
)

// TestLeaving: who leaves an organisation, or whose organisation leaves a
// programme, takes nothing along: no seat, no name on a closed part, no link to
// what subjects of a survey answered, no calendar.
func TestLeaving(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	panel, d := w.convened()
	member, diagnostician, interviewer := w.people[account.Member], w.people[account.Diagnostician], w.people[account.Interviewer]
	expert := w.person("外部の専門家", &account.Organisation{ID: w.other.Organisation, Kind: account.Shopkeeper}, account.Practitioner)
	w.change(func(tx *store.Tx) error { return tx.Seat(ctx, w.programme.Office, panel, expert.ID, paper.Observer) })
	for _, k := range []account.Kind{account.Office, account.Surveyor} {
		w.person("責任者", w.orgs[k], account.Executive)
	}
	at, subject := w.surveyed("breached")
	base := "/programmes/" + string(w.programme.ID)
	link := func(p *account.Person) string {
		t.Helper()
		u, err := url.Parse(w.as(p).post(base+"/surveys/"+string(at.ID)+"/subjects/"+string(subject.ID)+"/link").wants(t, 201).between(t, `<code class="secret" id="link">`, "<"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Path
	}
	reads := func(p *account.Person, class paper.Class, want bool) {
		t.Helper()
		body := w.as(p).get("/papers/"+string(d.ID)).wants(t, 200).body
		if got := strings.Contains(body, "text-canary"+strings.ToUpper(string(class))); got != want {
			t.Errorf("%s reads what is %s: %v, want %v", p.Name, class, got, want)
		}
	}
	heard, anybody := link(interviewer), w.visitor()
	_, calendar, _ := strings.Cut(w.as(diagnostician).post(base+"/calendar").wants(t, 200).between(t, `id="feed-url">`, "<"), "/calendars/")
	anybody.get("/calendars/"+calendar).wants(t, 200)
	anybody.get(heard).wants(t, 200)
	reads(member, paper.Committee, true)
	reads(diagnostician, paper.Closed, true)
	reads(expert, paper.Committee, true)

	w.change(func(tx *store.Tx) error {
		return errors.Join(tx.RemoveMember(ctx, member.ID, w.programme.Office), tx.RemoveBody(ctx, w.programme, w.orgs[account.Firm].ID))
	})
	reads(member, paper.Committee, false)
	reads(diagnostician, paper.Closed, false)
	reads(expert, paper.Committee, true)
	anybody.get("/calendars/"+calendar).wants(t, 404)
	anybody.get(heard).wants(t, 200)

	w.change(func(tx *store.Tx) error {
		return tx.SetRoles(ctx, interviewer.ID, w.orgs[account.Surveyor].ID, []account.Role{account.Interviewer, account.Coder})
	})
	anybody.get(heard).wants(t, 200)
	w.change(func(tx *store.Tx) error {
		return tx.SetRoles(ctx, interviewer.ID, w.orgs[account.Surveyor].ID, []account.Role{account.Coder})
	})
	anybody.get(heard).wants(t, 410)
	w.change(func(tx *store.Tx) error {
		return tx.SetRoles(ctx, interviewer.ID, w.orgs[account.Surveyor].ID, []account.Role{account.Interviewer})
	})
	heard = link(interviewer)
	w.change(func(tx *store.Tx) error { return tx.RemoveBody(ctx, w.programme, w.orgs[account.Surveyor].ID) })
	anybody.get(heard).wants(t, 410)
}

// TestStolenSession: a session that somebody found open gives no way in that
// outlives it.
func TestStolenSession(t *testing.T) {
	t.Parallel()
	w := settled(t)
	panel, _ := w.convened()
	at, subject := w.surveyed("breached")
	base := "/programmes/" + string(w.programme.ID)
	v := w.as(w.people[account.Clerk])
	w.pass(account.ConfirmedFor)
	for _, path := range []string{"/calendar", "/committee/" + string(panel.ID) + "/seats", "/surveys/" + string(at.ID) + "/subjects/" + string(subject.ID) + "/link"} {
		v.post(base+path, "mail", w.people[account.Coder].Mail, "seat", "member").wants(t, 303, "/confirm")
	}
}

// TestReadOnly: pages can be read while nothing can be written.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	w := settled(t)
	v := w.as(w.people[account.Executive])
	if _, err := w.db.Writer().ExecContext(t.Context(), "PRAGMA query_only = ON"); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Minute)
	v.get("/shops").wants(t, 200, w.shop.Name)
	v.post("/shops/"+string(w.shop.ID)+"/consent/blackouts", "first", "2026-12-01", "last", "2026-12-02", "note", "x").wants(t, 507)
}
