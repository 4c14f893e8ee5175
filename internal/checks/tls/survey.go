package tls

import (
	"bytes"
	"context"
	"slices"
)

// endpoint is what one address of a host answers to our hellos. It is stored
// with the run, so that it can be judged again without asking.
type endpoint struct {
	Host        string
	Port        int
	Addr        string
	Connections int
	Err         string     `json:",omitempty"` // why nothing could be seen
	Down        bool       `json:",omitempty"` // it could not even be connected to
	Alert       byte       `json:",omitempty"` // the last fatal alert with which it refused a hello
	Versions    []uint16   `json:",omitempty"` // newest first
	Suites      []taken    `json:",omitempty"` // what the server chose, in the order of asking
	Preferred   uint16     `json:",omitempty"` // its choice up to TLS 1.2 from all sound suites
	PFS         bool       // takes a suite with forward secrecy up to TLS 1.2
	StaticRSA   uint16     `json:",omitempty"` // a suite without it that it takes as well
	NoAEAD      bool       // up to TLS 1.2 nothing but CBC
	DHBits      int        `json:",omitempty"`
	WeakGroup   uint16     `json:",omitempty"`
	Compression bool       // takes DEFLATE
	SecureReneg bool       // announces RFC 5746
	Heartbeat   bool       // announces RFC 6520
	Fallback    bool       // honours TLS_FALLBACK_SCSV (asked only where an old protocol is on)
	ALPN        string     `json:",omitempty"`
	Chains      [][][]byte `json:",omitempty"` // DER, as sent; one for each kind of key
	Odd         int        `json:",omitempty"` // answers that took what was not offered
	Echo        bool       // takes whatever is offered, even what does not exist
	Cut         bool       // not everything could be asked
}

// taken is one suite that the server took.
type taken struct {
	Version, Suite uint16
}

// max12 is the newest version up to TLS 1.2, 0 if there is none.
func (e *endpoint) max12() uint16 {
	for _, v := range e.Versions {
		if v >= ssl3 && v <= tls12 {
			return v
		}
	}
	return 0
}

// min12 is the oldest version from SSL 3.0 up to TLS 1.2, 0 if there is none.
func (e *endpoint) min12() uint16 {
	low := uint16(0)
	for _, v := range e.Versions {
		if v >= ssl3 && v <= tls12 {
			low = v
		}
	}
	return low
}

func (e *endpoint) has(v uint16) bool { return slices.Contains(e.Versions, v) }

// unreliable says that the answers do not depend on what was offered.
func (e *endpoint) unreliable() bool { return e.Echo || e.Odd >= 3 }

// note keeps what any answered hello shows.
func (e *endpoint) note(a *answer) {
	if !e.has(a.version) {
		e.Versions = append(e.Versions, a.version)
		slices.Sort(e.Versions)
		slices.Reverse(e.Versions)
	}
	if t := (taken{a.version, a.suite}); !slices.Contains(e.Suites, t) {
		e.Suites = append(e.Suites, t)
	}
	e.Compression = e.Compression || a.compression == 1
	e.chain(a.chain)
}

func (e *endpoint) chain(c [][]byte) {
	if len(c) == 0 || slices.ContainsFunc(e.Chains, func(o [][]byte) bool { return bytes.Equal(o[0], c[0]) }) {
		return
	}
	e.Chains = append(e.Chains, c)
}

// Sets of suites that are offered together.
func common(s suite) bool { return s.class != null && s.class != anon && s.class != export }
func any12(suite) bool    { return true }
func clean(s suite) bool  { return !s.weak() }

// run asks what decides a verdict, the most decisive first, and stops early
// where an answer settles the rest: about ten connections for a sound server.
func (p *probe) run(ctx context.Context) {
	wide := p.ask(ctx, &hello{version: tls12, suites: offer(common), compress: true})
	modern := p.ask(ctx, &hello{version: tls12, versions: []uint16{tls13}, suites: offers13()})
	if p.down != nil || p.silent >= 2 {
		return
	}
	if modern.spoke {
		p.e.note(modern)
	}
	if !wide.spoke { // very old servers want a short hello, very bad ones only take bad suites
		wide = p.ask(ctx, &hello{version: tls12, suites: offer(any12)})
	}
	if !wide.spoke && !modern.spoke {
		wide = p.ask(ctx, &hello{version: tls10, suites: offer(func(s suite) bool { return common(s) && s.kx != kxECDHE && !s.aead }), bare: true})
	}
	if wide.spoke {
		p.e.note(wide)
		p.e.Preferred, p.e.SecureReneg, p.e.Heartbeat, p.e.ALPN = wide.suite, wide.secureReneg, wide.heartbeat, wide.alpn
	}
	p.versions(ctx)
	p.e.weakLoop(ctx, p)
	if m := p.e.max12(); m != 0 {
		p.exchanges(ctx, m)
	} else if modern.spoke {
		p.e.chain(p.chain13(ctx))
	}
	if p.e.hasOld() && p.e.Versions[0] > p.e.min12() {
		a := p.ask(ctx, &hello{version: p.e.min12(), suites: append(offer(common), fallbackSCSV)})
		p.e.Fallback = a.alert == 86
	}
}

// versions goes down from the newest version that the server chose.
func (p *probe) versions(ctx context.Context) {
	next := tls12
	if m := p.e.max12(); m != 0 {
		next = m
	}
	asked3 := next == ssl3
	for v := next - 1; v >= tls10 && next > tls10; v-- {
		a := p.ask(ctx, &hello{version: v, suites: offer(any12)})
		if !a.spoke {
			break
		}
		p.e.note(a)
		v = a.version
	}
	if !asked3 {
		if a := p.ask(ctx, &hello{version: ssl3, suites: append(offer(func(s suite) bool { return s.kx != kxECDHE && !s.aead }), renegotiationSCSV)}); a.spoke {
			p.e.note(a)
		}
	}
	if p.askSSL2(ctx) {
		p.e.Versions = append(p.e.Versions, ssl2)
	}
}

func (e *endpoint) hasOld() bool {
	return slices.ContainsFunc(e.Versions, func(v uint16) bool { return v >= ssl3 && v < tls12 })
}

// weakLoop offers all weak suites at once; what the server takes is noted and
// its class taken out, until it takes none.
func (e *endpoint) weakLoop(ctx context.Context, p *probe) {
	high, low := e.max12(), e.min12()
	if high == 0 {
		if !e.has(tls13) {
			return
		}
		high, low = tls12, tls12
	}
	out := map[class]bool{}
	for _, t := range e.Suites {
		if c := suites[t.Suite].class; c != sound {
			out[c] = true
		}
	}
	for _, v := range slices.Compact([]uint16{high, low}) {
		for {
			left := offer(func(s suite) bool { return s.weak() && !out[s.class] && (v > ssl3 || s.kx != kxECDHE) })
			if len(left) == 0 {
				break
			}
			a := p.ask(ctx, &hello{version: v, suites: left})
			if !a.spoke {
				break
			}
			e.note(a)
			out[suites[a.suite].class] = true
		}
	}
	if len(out) >= 4 { // does it take just anything? 0x1A1A is reserved and never a suite
		e.Echo = p.ask(ctx, &hello{version: high, suites: []uint16{0x1a1a}}).spoke
	}
}

// exchanges asks how keys are exchanged up to TLS 1.2.
func (p *probe) exchanges(ctx context.Context, m uint16) {
	e, chosen := p.e, suites[p.e.Preferred]
	e.PFS = chosen.pfs() && chosen.class != anon && chosen.class != null
	if e.PFS {
		if a := p.ask(ctx, &hello{version: m, suites: offer(func(s suite) bool { return clean(s) && !s.pfs() })}); a.spoke {
			e.note(a)
			e.StaticRSA = a.suite
		}
	} else {
		e.StaticRSA = e.Preferred
		if a := p.ask(ctx, &hello{version: m, suites: offer(func(s suite) bool { return clean(s) && s.pfs() })}); a.spoke {
			e.note(a)
			e.PFS = true
		}
	}
	if a := p.ask(ctx, &hello{version: m, suites: offer(func(s suite) bool { return clean(s) && s.kx == kxDHE })}); a.spoke {
		e.note(a)
		e.DHBits = a.dhBits
	}
	if slices.ContainsFunc(e.Suites, func(t taken) bool { return suites[t.Suite].kx == kxECDHE && t.Version <= tls12 }) {
		a := p.ask(ctx, &hello{version: m, groups: weakGroups, suites: offer(func(s suite) bool { return clean(s) && s.kx == kxECDHE })})
		if a.spoke && groupBits[a.group] > 0 {
			e.WeakGroup = a.group
		}
	}
	other := "ECDSA"
	if chosen.auth == "ECDSA" {
		other = "RSA"
	}
	if a := p.ask(ctx, &hello{version: m, suites: offer(func(s suite) bool { return clean(s) && s.auth == other })}); a.spoke {
		e.note(a)
	}
	if !slices.ContainsFunc(e.Suites, func(t taken) bool { return suites[t.Suite].aead && t.Version <= tls12 }) {
		if m < tls12 {
			e.NoAEAD = true
		} else if a := p.ask(ctx, &hello{version: m, suites: offer(func(s suite) bool { return clean(s) && s.aead })}); a.spoke {
			e.note(a)
		} else {
			e.NoAEAD = true
		}
	}
}
