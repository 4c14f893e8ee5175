package tls

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// survey is what all HTTPS endpoints of the scope answered.
type survey struct {
	endpoints []*endpoint
	failed    []*endpoint // nothing could be seen there
}

// surveyed asks each address of each HTTPS host of the scope, once a run.
var surveyed = &check.Fact[*survey]{Name: "tls", Find: func(ctx context.Context, p *check.Pass) (*survey, error) {
	s := &survey{}
	for _, t := range targets(p.Scope, p.Site) {
		addrs, err := check.Observe(ctx, p, wire.KindDNS, "tls addresses of "+t.host, func(ctx context.Context) ([]netip.Addr, error) {
			return p.Addresses(ctx, t.host)
		})
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", t.host, err)
		}
		addrs = spread(addrs, maxAddresses)
		for _, a := range addrs {
			ap := netip.AddrPortFrom(a, uint16(t.port))
			e, err := check.Observe(ctx, p, wire.KindTLS, fmt.Sprintf("tls survey of %s at %s", t.where(), ap), func(ctx context.Context) (*endpoint, error) {
				return ask(ctx, p, t, ap, maxConnections/len(addrs))
			})
			switch {
			case err != nil:
				return nil, err
			case e.Err != "":
				s.failed = append(s.failed, e)
			default:
				s.endpoints = append(s.endpoints, e)
			}
		}
	}
	return s, nil
}}

// spread takes at most n addresses, of both families where there are both.
func spread(addrs []netip.Addr, n int) []netip.Addr {
	var four, six, out []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	for len(out) < n && len(four)+len(six) > 0 {
		if len(four) > 0 {
			out, four = append(out, four[0]), four[1:]
		}
		if len(six) > 0 && len(out) < n {
			out, six = append(out, six[0]), six[1:]
		}
	}
	return out
}

type target struct {
	host string
	port int
}

func (t target) where() string {
	h := t.host
	if strings.Contains(h, ":") {
		h = "[" + h + "]"
	}
	return h + ":" + strconv.Itoa(t.port)
}

// ascii is a host's name as certificates and servers write it.
func ascii(host string) string {
	if a, err := idna.Lookup.ToASCII(host); err == nil {
		return a
	}
	return host
}

// targets are the HTTPS origins that the scope names, the start address first.
func targets(s *wire.Scope, site *check.Site) []target {
	var out []target
	add := func(u *url.URL) {
		if u == nil || !strings.EqualFold(u.Scheme, "https") || !s.HasOrigin(u) {
			return
		}
		t := target{strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), 443}
		if n, err := strconv.Atoi(u.Port()); err == nil {
			t.port = n
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	add(site.Start)
	for _, h := range s.Hosts {
		if u, err := url.Parse(h); err == nil {
			add(u)
		}
	}
	return out
}

// ask runs the survey of one address. Its error means that the run may not go on.
func ask(ctx context.Context, p *check.Pass, t target, ap netip.AddrPort, budget int) (*endpoint, error) {
	e := &endpoint{Host: t.host, Port: t.port, Addr: ap.Addr().String()}
	pr := &probe{e: e, budget: budget, name: ascii(t.host)}
	if _, err := netip.ParseAddr(t.host); err == nil {
		pr.name = "" // RFC 6066: no addresses in server_name
	}
	pr.dial = func(ctx context.Context) (conn, error) {
		c, err := p.DialTLS(ctx, t.host, ap, "TLS hello")
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	pr.full = func(ctx context.Context) ([][]byte, error) {
		ctx, stop := context.WithTimeout(ctx, patience)
		defer stop()
		c, err := p.DialTLS(ctx, t.host, ap, "TLS 1.3 certificate")
		if err != nil {
			return nil, err
		}
		defer c.Close()
		var chain [][]byte
		conf := clientConfig(pr.name)
		conf.VerifyPeerCertificate = nil
		s := tls.Client(c, conf)
		if err := s.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		for _, x := range s.ConnectionState().PeerCertificates {
			chain = append(chain, x.Raw)
		}
		return chain, nil
	}
	pr.run(ctx)
	switch {
	case pr.fatal != nil:
		return nil, pr.fatal
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(e.Versions) > 0:
	case pr.down != nil:
		e.Err, e.Down = pr.down.Error(), true
	case pr.silent > 0:
		e.Err = "no answer to a TLS hello"
	default:
		e.Err = "no TLS answer"
	}
	return e, nil
}

// where is the stable place of a finding.
func (e *endpoint) where() string { return target{e.Host, e.Port}.where() }

// fault is one thing wrong at one address.
type fault struct {
	kase       string
	severity   check.Severity
	confidence check.Confidence // "" means confirmed
	args       i18n.Args
	words      map[string]i18n.Text
	excerpt    string
	refs       []string
	cvss31     string
	cvss40     string
}

// judge puts one question to every surveyed address and reports each fault once
// a host and port, with the addresses that show it.
func judge(ctx context.Context, p *check.Pass, question func(e *endpoint) []fault) error {
	s, err := check.Ask(ctx, p, surveyed)
	if err != nil {
		return err
	}
	type place struct{ where, kase string }
	found := map[place]*check.Finding{}
	for _, e := range s.endpoints {
		if e.unreliable() {
			p.Unsure("{where} は、存在しない暗号方式を含めてどの要求にも同じように応じるため、TLS の設定を判定できませんでした。", i18n.Args{"where": e.where()})
			continue
		}
		p.ExaminedThing(e.where() + " " + e.Addr)
		for _, f := range question(e) {
			k := place{e.where(), f.kase}
			if old := found[k]; old != nil {
				if !slices.Contains(strings.Split(old.Args["addresses"], ", "), e.Addr) {
					old.Args["addresses"] += ", " + e.Addr
				}
				old.Severity = max(old.Severity, f.severity)
				continue
			}
			args := i18n.Args{"addresses": e.Addr}
			for name, v := range f.args {
				args[name] = v
			}
			r := p.Report(nil, e.where(), args)
			r.Case, r.Severity, r.Words, r.Excerpt, r.References, r.CVSS31, r.CVSS40 = f.kase, f.severity, f.words, f.excerpt, f.refs, f.cvss31, f.cvss40
			if f.confidence != "" {
				r.Confidence = f.confidence
			}
			found[k] = r
		}
	}
	if len(s.endpoints) == 0 && len(s.failed) > 0 {
		mute(p, s.failed[0])
	}
	return nil
}

// mute keeps a check from passing where no hello got an answer, and says how
// the server put us off.
func mute(p *check.Pass, e *endpoint) {
	args := i18n.Args{"where": e.where(), "detail": e.Err}
	switch {
	case e.Down:
		p.Unsure("{where} に接続できなかったため、TLS の設定を判定できませんでした（{detail}）。", args)
	case e.Alert != 0:
		args["detail"] = alertName(e.Alert)
		p.Unsure("{where} は、SSL 2.0 から TLS 1.3 までのどの版の接続も警告（{detail}）で断ったため、TLS の設定を判定できませんでした。", args)
	default:
		p.Unsure("{where} からは、SSL 2.0 から TLS 1.3 までのどの版でも TLS の応答を得られなかったため、TLS の設定を判定できませんでした。", args)
	}
}

// alertName is an alert as crypto/tls names it ("handshake failure").
func alertName(a byte) string {
	return fmt.Sprintf("%s, %d", strings.TrimPrefix(tls.AlertError(a).Error(), "tls: "), a)
}

// judgeChains is judge for each chain of certificates.
func judgeChains(ctx context.Context, p *check.Pass, question func(e *endpoint, chain []*certificate) []fault) error {
	return judge(ctx, p, func(e *endpoint) []fault {
		var out []fault
		for _, ders := range e.Chains {
			chain, err := readChainOf(ders)
			if err != nil {
				unread(p, e)
				continue
			}
			out = append(out, question(e, chain)...)
		}
		if len(e.Chains) == 0 {
			p.Unsure("{where} から証明書を受け取れませんでした。", i18n.Args{"where": e.where()})
		}
		return out
	})
}

// cut keeps a check from passing where not everything could be asked.
func cut(p *check.Pass, e *endpoint) {
	if e.Cut {
		p.Unsure("{where} は応答が遅い、または確認に使う接続の上限に達したため、すべての暗号方式を確かめられませんでした。", i18n.Args{"where": e.where()})
	}
}

// unread keeps a check from passing on a certificate that cannot be read.
func unread(p *check.Pass, e *endpoint) {
	p.Unsure("{where} の証明書を読み取れませんでした。", i18n.Args{"where": e.where()})
}

// versionList names protocol versions, newest first.
func versionList(vs []uint16) string {
	var out []string
	for _, v := range vs {
		out = append(out, versionNames[v])
	}
	return strings.Join(out, ", ")
}
