package cli

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"miseban/internal/checks/tls/tlstest"
	"miseban/internal/testshop"
)

var update = flag.Bool("update", false, "write what the commands say into the scripts")

// TestMain lets the test binary be the commands of the scripts: miseban
// itself, and anon, which takes out of a transcript what differs each time.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"miseban": func() {
			confine()
			os.Exit(Main())
		},
		"anon": anon,
	})
}

// differs is what another run, another port or another check changes in a transcript.
var differs = []struct {
	is  *regexp.Regexp
	say string
}{
	{regexp.MustCompile(`(?m)^(検査 \d+/|checks \d+/|巡回 |pages \d+ ).*\n`), ""}, // progress
	{regexp.MustCompile(`\br\d{8}-\d{6}-[a-z2-7]{5}\b`), "RUN"},
	{regexp.MustCompile(`(127\.0\.0\.\d+)([:-])\d{4,5}\b`), "$1${2}PORT"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d\b`), "TIME"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "TOKEN"},
	{regexp.MustCompile(`\[20\d\d-\d\d-\d\d\]`), "[TODAY]"},
	{regexp.MustCompile(`(?m)^検出事項 \d+ 件（.*）$`), "検出事項 N 件（…）"},
	{regexp.MustCompile(`(?m)^Findings: \d+ \(.*\)$`), "Findings: N (…)"},
	{regexp.MustCompile(`(?m)^検査 \d+ 項目: .*$`), "検査 N 項目: …"},
	{regexp.MustCompile(`(?m)^Checks: \d+ \(.*\)$`), "Checks: N (…)"},
	{regexp.MustCompile(`(?m)^\d+ (項目。|checks\. |項目を|checks judged)`), "N $1"},
}

// anon copies a transcript with what differs each time replaced by words.
func anon() {
	b, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := strings.ReplaceAll(string(b), os.Getenv("WORK"), "WORK")
	for _, d := range differs {
		s = d.is.ReplaceAllString(s, d.say)
	}
	fmt.Print(s)
}

// TestScript runs testdata/script: what people type and what they read.
func TestScript(t *testing.T) {
	if testing.Short() {
		t.Skip("a process for every line")
	}
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("MISEBAN_DATA", e.WorkDir+"/data")
			e.Setenv("MISEBAN_LANG", "ja")
			e.Setenv("MISEBAN_CHROMIUM", "")
			e.Setenv("TZ", "Asia/Tokyo")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"shop":   cmdShop,
			"serve":  cmdServe,
			"asked":  cmdAsked,
			"full":   cmdFull,
			"newer":  cmdNewer,
			"perm":   cmdPerm,
			"runs":   cmdRuns,
			"dates":  cmdDates,
			"absent": cmdAbsent,
		},
	})
}

// cmdDates is "dates FILE": GIVEN and UNTIL become days of a consent that is in
// force, SHOP the address of the demo shop.
func cmdDates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dates FILE")
	}
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	text := strings.NewReplacer("GIVEN", day(-2), "UNTIL", day(30), "SHOP", ts.Getenv("SHOP")).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// counting is a server of a script that counts what reaches it.
type counting struct {
	h http.Handler
	n int
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.n++; c.h.ServeHTTP(w, r) }

// cmdShop is "shop [FAULT...]": the demo shop on plain HTTP behind a pretended
// TLS terminator; its address goes to $SHOP.
func cmdShop(ts *testscript.TestScript, neg bool, faults []string) {
	if neg {
		ts.Fatalf("unsupported: ! shop")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	url := "http://" + ln.Addr().String()
	shop := testshop.New(testshop.Options{Faults: faults, HTTPS: true, HTTPSOrigin: url, HTTPOrigin: url})
	srv := httptest.NewUnstartedServer(shop)
	_ = srv.Listener.Close()
	srv.Listener = ln
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	ts.Defer(func() {
		srv.Close()
		if h := shop.Harm(); h.Total() != 0 {
			panic(fmt.Sprintf("harm done: %+v", h))
		}
	})
	ts.Setenv("SHOP", srv.URL)
}

// answers are the servers that no shop should be.
var answers = map[string]http.HandlerFunc{
	"pdf": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = io.WriteString(w, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
	},
	"basic": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="staging"`)
		http.Error(w, "401", http.StatusUnauthorized)
	},
	"broken": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<!doctype html><title>エラー</title><p>ただいま混み合っています。")
	},
	"empty": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") },
	"elsewhere": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://new.shop.test/", http.StatusMovedPermanently)
	},
	"login": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/login" {
			http.Redirect(w, r, "/login", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><html lang="ja"><title>ログイン</title><h1>ログイン</h1><form method="post" action="/login"><label>会員番号 <input name="id"></label><label>パスワード <input type="password" name="password"></label><button>ログイン</button></form>`)
	},
	"missing": http.NotFound,
}

// cmdServe is "serve [-tls] KIND": one of answers or greetings, or "serve
// -endpoint NAME": one of tlstest's; its address goes to $URL.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	start := (*httptest.Server).Start
	if len(args) > 0 && args[0] == "-tls" {
		start, args = (*httptest.Server).StartTLS, args[1:]
	}
	switch {
	case len(args) == 1 && greetings[args[0]] != "":
		serveGreeting(ts, greetings[args[0]])
		return
	case len(args) == 2 && args[0] == "-endpoint":
		serveEndpoint(ts, args[1])
		return
	}
	if neg || len(args) != 1 || answers[args[0]] == nil {
		ts.Fatalf("usage: serve [-tls] KIND")
	}
	c := &counting{h: answers[args[0]]}
	srv := httptest.NewUnstartedServer(c)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(srv)
	ts.Defer(srv.Close)
	ts.Setenv("URL", srv.URL)
	ts.Setenv("HOST", strings.TrimPrefix(strings.TrimPrefix(srv.URL, "https://"), "http://"))
}

// greetings are what servers that are no shop say, whatever they are told.
var greetings = map[string]string{
	"alert":     "\x15\x03\x01\x00\x02\x02\x28", // handshake_failure
	"stranger":  "\x15\x03\x01\x00\x02\x02\x70", // unrecognized_name
	"turnstile": "\x15\x03\x03\x00\x02\x02\x74", // certificate_required
	"ssh":       "SSH-2.0-OpenSSH_9.6\r\n",
}

// serveGreeting opens a server that answers every connection with the same
// words; its address goes to $HOST and, with https, to $URL.
func serveGreeting(ts *testscript.TestScript, words string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, words)
			_ = c.Close()
		}
	}()
	ts.Setenv("HOST", ln.Addr().String())
	ts.Setenv("URL", "https://"+ln.Addr().String())
}

// serveEndpoint opens the faulty TLS server of that name; its address goes to $URL.
func serveEndpoint(ts *testscript.TestScript, name string) {
	ctx, stop := context.WithCancel(context.Background())
	ts.Defer(stop)
	all, err := tlstest.Start(ctx)
	ts.Check(err)
	for _, e := range all {
		if e.Name == name {
			ts.Setenv("HOST", e.Addr)
			ts.Setenv("URL", "https://"+e.Addr)
			return
		}
	}
	ts.Fatalf("no endpoint is called %s", name)
}

// cmdAsked is there for scripts that must see that nothing left: "asked"
// listens on $URL and fails the test when anybody connects.
func cmdAsked(ts *testscript.TestScript, neg bool, _ []string) {
	if !neg {
		ts.Fatalf("usage: ! asked")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	came := make(chan net.Addr, 1)
	go func() {
		c, err := ln.Accept()
		if err == nil {
			came <- c.RemoteAddr()
			_ = c.Close()
		}
	}()
	ts.Defer(func() {
		_ = ln.Close()
		select {
		case a := <-came:
			panic("somebody connected: " + a.String())
		default:
		}
	})
	ts.Setenv("URL", "http://"+ln.Addr().String())
}

// cmdNewer is "newer FILE": the database becomes one of a later Miseban.
func cmdNewer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newer FILE")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	ts.Check(errors.Join(err, db.Close()))
}

// cmdPerm is "perm FILE MODE": the rights of a file, in octal.
func cmdPerm(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: perm FILE MODE")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the rights %s, want %s", args[0], got, args[1])
	}
}

// cmdRuns is "runs": the numbers of the stored runs go to $RUN1, $RUN2, …, the oldest first.
func cmdRuns(ts *testscript.TestScript, neg bool, _ []string) {
	ts.Check(ts.Exec("miseban", "runs"))
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	for i, l := range lines {
		ts.Setenv(fmt.Sprintf("RUN%d", len(lines)-i), strings.Fields(l)[0])
	}
}

// cmdFull is "! full miseban ARG...": a command whose output goes to a full disk.
func cmdFull(ts *testscript.TestScript, neg bool, args []string) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	ts.Check(err)
	defer full.Close()
	var said bytes.Buffer
	code := Run(context.Background(), args[1:], strings.NewReader(""), full, &said)
	if neg != (code != 0) {
		ts.Fatalf("exit code %d: %s", code, &said)
	}
	if !strings.Contains(said.String(), "no space left") {
		ts.Fatalf("said %s", &said)
	}
}
