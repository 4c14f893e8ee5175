package assessment_test

import (
	"slices"
	"testing"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// runOf is what a run of a level gives when nothing is wrong with the shop:
// checks above the level, and those in without, are not examined.
func runOf(level wire.Level, without ...string) []check.Result {
	var out []check.Result
	for _, s := range checks.All {
		for _, c := range s.Checks {
			r := check.Result{Check: c.Name, Verdict: verdict.Met, Examined: 10}
			if c.Level > level || slices.Contains(without, c.Name) {
				r.Verdict = verdict.NotExamined
			}
			out = append(out, r)
		}
	}
	return out
}

func with(results []check.Result, name string, v verdict.Verdict) []check.Result {
	out := slices.Clone(results)
	for i := range out {
		if out[i].Check == name {
			out[i].Verdict = v
		}
	}
	return out
}

// TestActiveItems is the table of what an active diagnosis says of the items
// of the health check and of the checklist.
func TestActiveItems(t *testing.T) {
	t.Parallel()
	const met, bad, ne, un = verdict.Met, verdict.NotMet, verdict.NotExamined, verdict.Undetermined
	active, safe, full := runOf(wire.Active), runOf(wire.Safe), runOf(wire.Full)
	alone := runOf(wire.Active, "idor", "order-page-idor") // with one account only
	for _, c := range []struct {
		name    string
		results []check.Result
		edition string
		want    map[string]verdict.Verdict
	}{
		{"level safe says nothing of them", safe, "ipa-wkd", map[string]verdict.Verdict{"A": ne, "B": ne, "C": ne, "D": ne, "F": ne, "G": ne, "H": ne, "I": ne, "J": ne, "K": ne, "L": ne}},
		// C, J and K need knowledge from inside; F needs a mail that really leaves.
		{"level active, nothing wrong", active, "ipa-wkd", map[string]verdict.Verdict{"A": met, "B": met, "C": ne, "D": met, "F": ne, "G": met, "H": met, "I": met, "J": ne, "K": ne, "L": met}},
		{"level full, nothing wrong", full, "ipa-wkd", map[string]verdict.Verdict{"A": met, "C": ne, "F": met, "J": ne, "K": ne, "L": met}},
		{"one account", alone, "ipa-wkd", map[string]verdict.Verdict{"A": met, "L": ne}},
		{"sql", with(active, "sql", bad), "ipa-wkd", map[string]verdict.Verdict{"A": bad, "B": met}},
		{"sql unsettled", with(active, "sql", un), "ipa-wkd", map[string]verdict.Verdict{"A": un}},
		{"xss in a script", with(active, "xss-dom", bad), "ipa-wkd", map[string]verdict.Verdict{"B": bad}},
		{"stored xss", with(full, "xss-stored", bad), "ipa-wkd", map[string]verdict.Verdict{"B": bad}},
		{"csrf", with(full, "csrf-verified", bad), "ipa-wkd", map[string]verdict.Verdict{"C": bad}},
		{"command", with(active, "os-command", bad), "ipa-wkd", map[string]verdict.Verdict{"D": bad, "G": met}},
		{"mail", with(full, "mail-header", bad), "ipa-wkd", map[string]verdict.Verdict{"F": bad}},
		{"files", with(active, "path-traversal", bad), "ipa-wkd", map[string]verdict.Verdict{"G": bad}},
		{"programs from files", with(active, "file-inclusion", bad), "ipa-wkd", map[string]verdict.Verdict{"G": bad}},
		{"redirect", with(active, "open-redirect", bad), "ipa-wkd", map[string]verdict.Verdict{"H": bad}},
		{"header", with(active, "response-header", bad), "ipa-wkd", map[string]verdict.Verdict{"I": bad}},
		{"lockout", with(active, "lockout", bad), "ipa-wkd", map[string]verdict.Verdict{"J": bad}},
		{"names told", with(active, "user-enumeration", bad), "ipa-wkd", map[string]verdict.Verdict{"J": bad}},
		{"session kept", with(active, "session-renewed", bad), "ipa-wkd", map[string]verdict.Verdict{"K": bad}},
		{"another's order", with(active, "idor", bad), "ipa-wkd", map[string]verdict.Verdict{"L": bad}},
		{"role", with(active, "role-tampering", bad), "ipa-wkd", map[string]verdict.Verdict{"L": bad}},
		{"role unsettled", with(active, "role-tampering", un), "ipa-wkd", map[string]verdict.Verdict{"L": un}},

		{"level safe", safe, "ipa-websec-7", map[string]verdict.Verdict{"1-(i)-a": ne, "2-(i)": ne, "3-(i)-a": ne, "4-(iv)-a": ne, "5-(i)": ne, "6-(i)-a": ne, "7-(i)-a": ne, "8-(i)-a": ne, "11-(i)": ne, "11-(ii)": ne}},
		// How the shop is built is not seen from outside; the new session after login is.
		{"level active", active, "ipa-websec-7", map[string]verdict.Verdict{"1-(i)-a": ne, "2-(i)": ne, "3-(i)-a": ne, "4-(iv)-a": met, "5-(i)": ne, "6-(i)-a": ne, "7-(i)-a": ne, "8-(i)-a": ne, "11-(i)": ne, "11-(ii)": ne}},
		{"sql", with(active, "sql", bad), "ipa-websec-7", map[string]verdict.Verdict{"1-(i)-a": bad, "1-(i)-b": bad, "1-(ii)": ne, "1-(iii)": ne}},
		{"command", with(active, "os-command", bad), "ipa-websec-7", map[string]verdict.Verdict{"2-(i)": bad, "2-(ii)": bad}},
		{"files", with(active, "path-traversal", bad), "ipa-websec-7", map[string]verdict.Verdict{"3-(i)-a": bad, "3-(i)-b": bad, "3-(iii)": bad, "3-(ii)": ne}},
		{"session kept", with(active, "session-renewed", bad), "ipa-websec-7", map[string]verdict.Verdict{"4-(iv)-a": bad, "4-(iv)-b": bad, "4-(v)": ne}},
		{"xss", with(active, "xss-reflected", bad), "ipa-websec-7", map[string]verdict.Verdict{"5-(i)": bad, "5-(ii)": ne}},
		{"csrf", with(full, "csrf-verified", bad), "ipa-websec-7", map[string]verdict.Verdict{"6-(i)-a": bad, "6-(i)-b": ne}},
		{"no mail after a change", with(full, "change-notified", bad), "ipa-websec-7", map[string]verdict.Verdict{"6-(ii)": bad}},
		{"header", with(active, "response-header", bad), "ipa-websec-7", map[string]verdict.Verdict{"7-(i)-a": bad, "7-(i)-b": bad, "7-(ii)": bad}},
		{"mail", with(full, "mail-header", bad), "ipa-websec-7", map[string]verdict.Verdict{"8-(i)-a": bad, "8-(i)-b": bad, "8-(iii)": bad, "8-(ii)": ne}},
		{"page without sign-in", with(active, "forced-browsing", bad), "ipa-websec-7", map[string]verdict.Verdict{"11-(i)": bad, "11-(ii)": ne}},
		{"another's order", with(active, "idor", bad), "ipa-websec-7", map[string]verdict.Verdict{"11-(ii)": bad, "11-(i)": ne}},

		{"sql", with(active, "sql", bad), "ipa-ec-2023", map[string]verdict.Verdict{"build-1": bad, "build-6": bad}},
		{"template", with(active, "template-injection", bad), "ipa-ec-2023", map[string]verdict.Verdict{"build-1": ne}},
		{"nothing wrong proves no code", active, "ipa-ec-2023", map[string]verdict.Verdict{"build-1": ne}},
	} {
		e, err := guideline.Load(c.edition)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]verdict.Verdict{}
		for _, j := range assessment.Judge(e, c.results, nil, nil, time.Unix(1_800_000_000, 0)) {
			got[j.Requirement] = j.Verdict
		}
		for id, want := range c.want {
			if v, ok := got[id]; !ok || v != want {
				t.Errorf("%s, %s: %s is %s, want %s", c.edition, c.name, id, v, want)
			}
		}
	}
}
