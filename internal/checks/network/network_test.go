package network

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/intel"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// lists maps a host of the tests to its list of ports.
var lists sync.Map

// nextHost gives each test an address of its own in 127.0.0.0/8.
var nextHost atomic.Int64

func TestMain(m *testing.M) {
	portsFor = func(host string) []service {
		if l, ok := lists.Load(host); ok {
			return l.([]service)
		}
		return nil
	}
	patience = 300 * time.Millisecond
	os.Exit(m.Run())
}

func TestSuite(t *testing.T) {
	t.Parallel()
	var own []string
	for _, c := range Suite.Checks {
		own = append(own, c.Name)
	}
	checktest.Run(t, Suite, checktest.Own(own...))
	checktest.CVSS(t, Suite)
}

// says speaks first and then answers each line that begins with a key.
func says(banner string, answers ...string) func(net.Conn) {
	return func(c net.Conn) {
		fmt.Fprint(c, banner)
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "QUIT") {
				return
			}
			for i := 0; i+1 < len(answers); i += 2 {
				if strings.HasPrefix(line, answers[i]) {
					fmt.Fprint(c, answers[i+1])
				}
			}
		}
	}
}

// replies waits for a hello and answers it, whatever it is.
func replies(answer string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		fmt.Fprint(c, answer)
		_, _ = c.Read(make([]byte, 1))
	}
}

func silent(c net.Conn) { _, _ = c.Read(make([]byte, 1024)); _, _ = c.Read(make([]byte, 1)) }

const http404 = "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// fakes are services behind the list's entry for a port, and what must be found.
var fakes = []struct {
	name  string
	port  int // of the list
	serve func(net.Conn)
	want  []string // check:case severity confidence
}{
	{"ssh", 22, says("SSH-2.0-dropbear_2025.88\r\n"), []string{"open-admin-port:ssh info confirmed"}},
	{"old ssh", 22, says("SSH-2.0-OpenSSH_7.4\r\n"), []string{"open-admin-port:ssh info confirmed", "service-eol:superseded medium possible", "service-vulnerable: high possible"}},
	{"rdp", 3389, replies("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"), []string{"open-admin-port:screen high confirmed"}},
	{"vnc", 5900, says("RFB 003.008\n"), []string{"open-admin-port:screen high confirmed"}},
	{"webmin", 10000, replies("HTTP/1.0 200 Document follows\r\nServer: MiniServ/1.984\r\n\r\n"), []string{"open-admin-port: medium confirmed"}},
	{"docker", 2375, replies("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"Version\":\"24.0\",\"ApiVersion\":\"1.43\"}"), []string{"open-admin-port:free critical confirmed"}},
	{"ajp", 8009, replies("AB\x00\x01\x09"), []string{"open-admin-port:free critical confirmed"}},
	{"mysql", 3306, says("J\x00\x00\x00\x0a8.4.99\x00\x08\x00\x00\x00abcdefgh\x00"), []string{"open-database-port: high confirmed"}},
	{"old mysql", 3306, says("J\x00\x00\x00\x0a5.6.40\x00\x08\x00\x00\x00abcdefgh\x00"), []string{"open-database-port: high confirmed", "service-eol: medium possible"}},
	{"mysql that refuses", 3306, says("E\x00\x00\x00\xff\x6a\x04Host '192.0.2.1' is not allowed to connect"), []string{"open-database-port:limited low confirmed"}},
	{"postgresql", 5432, replies("N"), []string{"open-database-port: high confirmed"}},
	{"redis", 6379, says("", "PING", "+PONG\r\n"), []string{"open-database-port:free critical confirmed"}},
	{"redis with password", 6379, says("", "PING", "-NOAUTH Authentication required.\r\n"), []string{"open-database-port: high confirmed"}},
	{"memcached", 11211, says("", "version", "VERSION 1.6.21\r\n"), []string{"open-database-port:free critical confirmed"}},
	{"elasticsearch", 9200, replies("HTTP/1.0 200 OK\r\n\r\n{\"cluster_name\":\"shop\",\"tagline\":\"You Know, for Search\"}"), []string{"open-database-port:free critical confirmed"}},
	{"elasticsearch with password", 9200, replies("HTTP/1.0 401 Unauthorized\r\n\r\n{\"error\":{\"type\":\"security_exception\"}}"), []string{"open-database-port: high confirmed"}},
	{"mongodb", 27017, replies("\x60\x00\x00\x00....ismaster\x00\x01maxBsonObjectSize"), []string{"open-database-port: high confirmed"}},
	{"sql server", 1433, replies("\x04\x01\x00\x2b\x00\x00\x01\x00"), []string{"open-database-port: high confirmed"}},
	{"oracle", 1521, replies("\x00\x4a\x00\x00\x04\x00\x00\x00\x22\x00\x00\x3e(DESCRIPTION=(TMP=)(VSNNUM=0))"), []string{"open-database-port: high confirmed"}},
	{"smb", 445, replies("\x00\x00\x00\x80\xfeSMB\x40\x00"), []string{"open-file-port: high confirmed"}},
	{"nfs", 2049, replies("\x80\x00\x00\x18MSBN\x00\x00\x00\x01\x00\x00\x00\x00"), []string{"open-file-port: high confirmed"}},
	{"rpcbind", 111, replies("\x80\x00\x00\x18MSBN\x00\x00\x00\x01\x00\x00\x00\x00"), []string{"open-file-port:directory low confirmed"}},
	{"rsync", 873, says("@RSYNCD: 31.0\n"), []string{"open-file-port: high confirmed"}},
	{"plain ftp", 21, says("220-Welcome\r\n220 FTP ready\r\n", "FEAT", "211-Features:\r\n UTF8\r\n211 End\r\n", "AUTH", "500 ?\r\n", "QUIT", "221 bye\r\n"), []string{"plain-ftp: medium confirmed"}},
	{"ftp with tls", 21, says("220 FTP ready\r\n", "FEAT", "211-Features:\r\n AUTH TLS\r\n UTF8\r\n211 End\r\n"), []string{"plain-ftp:optional info confirmed"}},
	{"ftp that hides its features", 21, says("220 FTP ready\r\n", "FEAT", "530 Please login\r\n", "AUTH", "234 go on\r\n"), []string{"plain-ftp:optional info confirmed"}},
	{"ftp that says no more", 21, says("220 FTP ready\r\n"), []string{"plain-ftp:untold low possible"}},
	{"backdoored ftp", 21, says("220 (vsFTPd 2.3.4)\r\n", "FEAT", "211-Features:\r\n AUTH TLS\r\n211 End\r\n"), []string{"plain-ftp:optional info confirmed", "service-vulnerable: critical possible"}},
	{"telnet", 23, says("\xff\xfd\x18\xff\xfd\x20"), []string{"telnet: high confirmed"}},
	{"smtp without tls", 25, says("220 mail.shop.test ESMTP\r\n", "EHLO", "250-mail.shop.test\r\n250 SIZE\r\n"), []string{"smtp-open: low confirmed"}},
	{"submission without tls", 587, says("220 mail.shop.test ESMTP\r\n", "EHLO", "250-mail.shop.test\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE\r\n"), []string{"smtp-open:password medium confirmed"}},
	{"smtp with tls", 25, says("220 mail.shop.test ESMTP\r\n", "EHLO", "250-mail.shop.test\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 SIZE\r\n"), nil},
	{"old exim", 25, says("220 mail.shop.test ESMTP Exim 4.91 Sat, 21 Nov 2026\r\n", "EHLO", "250-mail.shop.test\r\n250 STARTTLS\r\n"), []string{"service-vulnerable: critical possible"}},
	{"decoy http on the mysql port", 3306, replies(http404), nil},
	{"decoy http on the redis port", 6379, replies(http404), nil},
	{"decoy http on the docker port", 2375, replies(http404), nil},
	{"decoy http on the ftp port", 21, replies(http404), nil},
	{"decoy other web on the webmin port", 10000, replies("HTTP/1.0 200 OK\r\nServer: nginx\r\n\r\n<title>Shop</title>"), nil},
	{"decoy silent port", 3306, silent, nil},
	{"decoy one byte a second", 22, func(c net.Conn) { fmt.Fprint(c, "S"); silent(c) }, nil},
	{"decoy port that hangs up", 445, func(net.Conn) {}, nil},
	{"decoy endless talker", 23, func(c net.Conn) {
		for range 64 {
			if _, err := fmt.Fprint(c, strings.Repeat("x", 1024)); err != nil {
				return
			}
		}
	}, nil},
}

// host starts servers on an address of the test's own and puts them on its list.
func host(t *testing.T, serve map[int]func(net.Conn)) string {
	t.Helper()
	n := nextHost.Add(1)
	addr := fmt.Sprintf("127.77.%d.%d", n/200, n%200+1)
	var list []service
	for _, s := range table {
		f, ok := serve[s.port]
		if !ok {
			continue
		}
		l, err := net.Listen("tcp", addr+":0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					_ = c.SetDeadline(time.Now().Add(5 * time.Second))
					f(c)
				}()
			}
		}()
		s.port = l.Addr().(*net.TCPAddr).Port
		s.tls = false
		list = append(list, s)
	}
	lists.Store(addr, list)
	return addr
}

func run(t *testing.T, host string, journal wire.Journal, level wire.Level) ([]check.Result, *wire.Client) {
	t.Helper()
	u := &url.URL{Scheme: "http", Host: host, Path: "/"}
	client, err := wire.NewClient(wire.Options{
		Scope:   &wire.Scope{Hosts: []string{"http://" + host}, Level: level, Rate: wire.Rate{Unlimited: true}},
		Journal: journal, Version: "test", Run: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := check.NewRunner(check.NewSite(u, nil, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)), client, check.Ports)
	var out []check.Result
	for _, c := range Suite.Checks {
		out = append(out, r.Run(t.Context(), c))
	}
	return out, client
}

func names(results []check.Result) []string {
	var out []string
	for _, r := range results {
		for _, f := range r.Findings {
			out = append(out, fmt.Sprintf("%s:%s %s %s", f.Check, f.Case, f.Severity, f.Confidence))
		}
	}
	slices.Sort(out)
	return out
}

func TestServices(t *testing.T) {
	t.Parallel()
	for _, f := range fakes {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			results, client := run(t, host(t, map[int]func(net.Conn){f.port: f.serve}), nil, wire.Safe)
			if d := cmp.Diff(f.want, names(results)); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
			if n := client.Stats().Connects; n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
			for _, r := range results {
				if len(r.Findings) == 0 && r.Verdict != verdict.Met {
					t.Errorf("%s: %s %v", r.Check, r.Verdict, r.Reason)
				}
				describe(t, r)
			}
			if notes := results[1].Notes; len(notes) != 1 || notes[0].Kind != "port" {
				t.Errorf("notes %+v, want the port", notes)
			}
		})
	}
}

// describe fails when a finding's text has no words for it or leaves a value out.
func describe(t *testing.T, r check.Result) {
	t.Helper()
	i := slices.IndexFunc(Suite.Checks, func(c *check.Check) bool { return c.Name == r.Check })
	texts, err := Suite.LoadText(Suite.Checks[i])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		for l, text := range texts {
			if _, ok := text.Seen[f.Case]; !ok {
				t.Errorf("%s: no %s text for case %q", r.Check, l, f.Case)
			}
			if left := check.Placeholders(text.Describe(&f, l)); len(left) > 0 {
				t.Errorf("%s: %s text of case %q leaves %v", r.Check, l, f.Case, left)
			}
		}
	}
}

// TestMiddlebox: a device that takes every connection proves nothing.
func TestMiddlebox(t *testing.T) {
	t.Parallel()
	all := map[int]func(net.Conn){}
	for _, s := range table {
		all[s.port] = func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-OpenSSH_7.4\r\n220 (vsFTPd 2.3.4)\r\n") }
	}
	h := host(t, all)
	results, client := run(t, h, nil, wire.Safe)
	for _, r := range results {
		if r.Verdict != verdict.Undetermined || len(r.Findings) > 0 || r.Reason.Message == "" {
			t.Errorf("%s: %s %v", r.Check, r.Verdict, r.Findings)
		}
	}
	if n := client.Stats().Connects; n != maxOpen+1 {
		t.Errorf("%d connections, want %d", n, maxOpen+1)
	}
}

// TestClosed: a machine on which nothing listens is met, by one connect a port.
func TestClosed(t *testing.T) {
	t.Parallel()
	h := host(t, nil)
	var list []service
	for _, s := range table {
		s.port = 1
		list = append(list, s)
	}
	lists.Store(h, list[:10])
	results, client := run(t, h, nil, wire.Safe)
	for _, r := range results {
		if r.Verdict != verdict.Met {
			t.Errorf("%s: %s %v", r.Check, r.Verdict, r.Reason)
		}
	}
	if n := client.Stats().Connects; n != 10 {
		t.Errorf("%d connections, want 10", n)
	}
}

// TestReplay judges a stored scan again without a connection.
func TestReplay(t *testing.T) {
	t.Parallel()
	h := host(t, map[int]func(net.Conn){22: says("SSH-2.0-OpenSSH_7.4 root@shop.test\r\n"), 3306: says("J\x00\x00\x00\x0a5.6.40\x00\xff\xfe")})
	j := wire.NewMemory()
	first, _ := run(t, h, j, wire.Safe)
	again, client := run(t, h, j, wire.Offline)
	if d := cmp.Diff(names(first), names(again)); d != "" || len(names(first)) < 4 {
		t.Errorf("findings (-live +replayed):\n%s\n%v", d, names(first))
	}
	if n := client.Stats().Connects; n != 0 {
		t.Errorf("%d connections offline", n)
	}
	for _, n := range again[1].Notes {
		if strings.Contains(n.Args["banner"], "root@") {
			t.Errorf("banner shows a mail address: %s", n.Args["banner"])
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, s := range table {
		if seen[s.port] || s.proof == nil || s.name == "" || s.class == "" {
			t.Errorf("port %d: twice, or without name, class or proof", s.port)
		}
		if s.port == 80 || s.port == 443 || s.port == 8080 {
			t.Errorf("port %d belongs to the web", s.port)
		}
		seen[s.port] = true
		if s.proof.MatchString(latin([]byte(http404))) || s.proof.MatchString("") {
			t.Errorf("port %d: a plain web server proves %s", s.port, s.name)
		}
	}
	if len(table) < 50 || len(table) > 65 {
		t.Errorf("%d ports, want about 60", len(table))
	}
}

func FuzzGreet(f *testing.F) {
	f.Add(0, []byte("220 (vsFTPd 2.3.4)\r\n"))
	f.Add(1, []byte("SSH-2.0-OpenSSH_7.4\r\n"))
	f.Add(20, []byte("J\x00\x00\x00\x0a8.0.36\x00"))
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		s := table[(i%len(table)+len(table))%len(table)]
		o := greet(&canned{r: strings.NewReader(string(b))}, s, "shop.test")
		if len(o.Banner) > keptBanner+16 || o.Name == "" && (o.Free || o.Class != "") {
			t.Errorf("%+v", o)
		}
		versionOf(intel.Default(), o)
		if p := printable(o.Banner); strings.ContainsAny(p, "\r\n\x00\x1b") || len(p) > 130 {
			t.Errorf("printable %q", p)
		}
	})
}

// canned is a peer that says what it has and swallows the rest.
type canned struct{ r *strings.Reader }

func (c *canned) Read(b []byte) (int, error)  { return c.r.Read(b) }
func (c *canned) Write(b []byte) (int, error) { return len(b), nil }
