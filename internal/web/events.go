package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// How often a live view looks, how often it asks again who is looking, and
// when the browser has to connect anew.
const (
	eventsEvery = time.Second
	eventsAsk   = 5
	eventsMost  = 20 * time.Minute
)

// diagnosisEvents is the live view of a diagnosis as server-sent events: the
// part of the page anew whenever it changed, then the end.
func (s *Server) diagnosisEvents(w http.ResponseWriter, v *visit) error {
	if _, _, err := s.diagnosis(v); err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // a server without deadlines is fine as well
	_ = rc.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	tick := time.NewTicker(eventsEvery)
	defer tick.Stop()
	began := time.Now()
	last := ""
	ctx := view.With(v.Context(), &view.Frame{Lang: v.Lang})
	for n := 1; time.Since(began) < eventsMost; n++ {
		if n%eventsAsk == 0 && !s.still(v) {
			break
		}
		form, err := s.diagnosisForm(v)
		if err != nil {
			return nil // the answer has begun: the browser connects again and is told
		}
		var b bytes.Buffer
		if err := view.DiagnosisLive(*form).Render(ctx, &b); err != nil {
			return nil
		}
		if b.String() != last {
			last = b.String()
			fmt.Fprintf(w, "event: part\n%s\n\n", lines(last))
		} else if n%15 == 0 {
			fmt.Fprint(w, ": alive\n\n")
		}
		if st := form.Diagnosis.State; st != store.DiagnosisRunning && st != store.DiagnosisQueued {
			fmt.Fprint(w, "event: end\ndata: "+string(st)+"\n\n")
			_ = rc.Flush()
			return nil
		}
		if rc.Flush() != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-v.Context().Done():
			return nil
		case <-s.closing:
			return nil
		}
	}
	return nil
}

// still says whether who is looking may still look: the session lives, and so
// does the role before the shop.
func (s *Server) still(v *visit) bool {
	ctx := v.Context()
	who, err := s.db.Visitor(ctx, v.Session.Fingerprint)
	if err != nil || !who.Session.Live(s.now()) || who.Actor == nil || !who.Actor.Person.Erased.IsZero() {
		return false
	}
	_, roles, _, err := s.db.ShopFor(ctx, who.Actor, v.Shop.ID, s.now())
	return err == nil && slices.ContainsFunc(roles, func(r account.Role) bool { return slices.Contains(watchers, r) })
}

// lines makes the lines of an event's data.
func lines(text string) string { return "data: " + strings.ReplaceAll(text, "\n", "\ndata: ") }
