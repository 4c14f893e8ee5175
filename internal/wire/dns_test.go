package wire

import (
	"errors"
	"net"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// nameserver answers on 127.0.0.1, UDP and TCP.
func nameserver(t testing.TB, answer func(*dns.Msg, bool) *dns.Msg) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Skip("the TCP port beside the UDP port is taken")
	}
	for _, s := range []*dns.Server{{PacketConn: pc}, {Listener: ln}} {
		tcp := s.Listener != nil
		s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			if m := answer(q, tcp); m != nil {
				_ = w.WriteMsg(m)
			}
		})
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

func TestLookup(t *testing.T) {
	t.Parallel()
	var asked, flaky atomic.Int32
	rr := func(s string) dns.RR {
		r, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ns := nameserver(t, func(q *dns.Msg, tcp bool) *dns.Msg {
		asked.Add(1)
		m := new(dns.Msg).SetReply(q)
		m.AuthenticatedData = q.IsEdns0() != nil && q.IsEdns0().Do()
		switch name, typ := q.Question[0].Name, dns.TypeToString[q.Question[0].Qtype]; name + typ {
		case "shop.test.TXT":
			m.Answer = append(m.Answer, rr(`shop.test. 60 IN TXT "v=spf1 include:" "_spf.test -all"`))
		case "shop.test.MX":
			m.Answer = append(m.Answer, rr("shop.test. 60 IN MX 10 mail.Hoster.test."))
		case "mail.hoster.test.A":
			m.Answer = append(m.Answer, rr("mail.hoster.test. 60 IN A 127.0.0.7"))
		case "big.shop.test.TXT":
			if !tcp {
				m.Truncated = true
				break
			}
			m.Answer = append(m.Answer, rr(`big.shop.test. 60 IN TXT "`+strings.Repeat("x", 200)+`"`))
		case "flaky.shop.test.A":
			if flaky.Add(1) < 3 {
				m.Rcode = dns.RcodeServerFailure
				break
			}
			m.Answer = append(m.Answer, rr("flaky.shop.test. 60 IN A 127.0.0.1"))
		case "broken.shop.test.A":
			m.Rcode = dns.RcodeServerFailure
		default:
			m.Rcode = dns.RcodeNameError
		}
		return m
	})
	j := NewMemory()
	for process := range 2 {
		c := client(t, "https://www.shop.test", func(o *Options) { o.Nameserver, o.Journal = ns, j })
		for _, tc := range []struct {
			name, typ, rcode string
			values           []string
			tries            int
			err              error
		}{
			{"mail.hoster.test", "A", "", nil, 0, ErrOutOfScope},
			{"shop.test", "TXT", "NOERROR", []string{"v=spf1 include:_spf.test -all"}, 1, nil},
			{"shop.test", "MX", "NOERROR", []string{"10 mail.Hoster.test."}, 1, nil},
			{"mail.Hoster.test", "A", "NOERROR", []string{"127.0.0.7"}, 1, nil},
			{"big.shop.test.", "txt", "NOERROR", []string{strings.Repeat("x", 200)}, 1, nil},
			{"flaky.shop.test", "A", "NOERROR", []string{"127.0.0.1"}, 3, nil},
			{"broken.shop.test", "A", "SERVFAIL", nil, 3, nil},
			{"_dmarc.shop.test", "TXT", "NXDOMAIN", nil, 1, nil},
			{"evil.example", "A", "", nil, 0, ErrOutOfScope},
		} {
			a, err := c.Lookup(t.Context(), tc.name, tc.typ, Origin{Check: "dns"})
			if tc.err != nil {
				if process == 0 || tc.name == "evil.example" {
					wantErr(t, err, tc.err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %s: %v", tc.name, tc.typ, err)
				continue
			}
			if a.Rcode != tc.rcode || !reflect.DeepEqual(a.Values(strings.ToUpper(tc.typ)), tc.values) || a.Tries != tc.tries || !a.AD || a.Missing() != (tc.rcode == "NXDOMAIN") {
				t.Errorf("%s %s: got %+v", tc.name, tc.typ, a)
			}
		}
		if process == 0 {
			asked.Store(0)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the replayed run asked %d times", asked.Load())
	}
	if err := VerifyLedger(j.Entries()); err != nil {
		t.Error(err)
	}
	passive := client(t, "https://www.shop.test", func(o *Options) { o.Nameserver, o.Scope.Level = ns, Passive })
	if _, err := passive.Lookup(t.Context(), "shop.test", "A", Origin{}); !errors.Is(err, ErrLevel) {
		t.Errorf("at level passive: %v", err)
	}
}

func TestDial(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = nc.Write([]byte("220 hello\r\n"))
		}
	}()
	port := ln.Addr().(*net.TCPAddr).Port
	c := client(t, "https://shop.test", resolveTo("127.0.0.1"))
	cn, err := c.Dial(t.Context(), "shop.test", port, Origin{Check: "smtp-open", Why: "banner"})
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 11)
	if _, err := cn.Read(b); err != nil || string(b) != "220 hello\r\n" {
		t.Errorf("read %q %v", b, err)
	}
	if st := c.Stats(); st.Connects != 1 || st.Requests != 1 || st.BytesIn != 11 {
		t.Errorf("stats %+v", st)
	}
	read := make(chan error)
	go func() { _, err := cn.Read(b); read <- err }()
	c.Stop("enough")
	select {
	case err := <-read:
		if err == nil {
			t.Error("the connection lives on after Stop")
		}
	case <-time.After(2 * time.Second):
		t.Error("the connection was not cut within 2 s")
	}
	for _, tc := range []struct {
		change func(*Options)
		host   string
		want   error
	}{
		{func(o *Options) { o.Scope.Level = Passive }, "shop.test", ErrLevel},
		{func(o *Options) {}, "other.test", ErrOutOfScope},
		{func(o *Options) { o.OptOut = []string{"shop.test"} }, "shop.test", ErrOptOut},
	} {
		c := client(t, "https://shop.test", resolveTo("127.0.0.1"), tc.change)
		_, err := c.Dial(t.Context(), tc.host, port, Origin{})
		wantErr(t, err, tc.want)
	}
	_, err = client(t, "https://shop.test", resolveTo("127.0.0.1")).DialAddr(t.Context(), "shop.test", mustAddrPort(t, "127.0.0.2:80"), Origin{})
	wantErr(t, err, ErrAddress)
}
