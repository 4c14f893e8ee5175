package network

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

// fault is one thing wrong with one open port.
type fault struct {
	kase       string
	severity   check.Severity
	confidence check.Confidence
	args       i18n.Args
	words      map[string]i18n.Text
	refs       []string
	cvss31     string
	cvss40     string
}

// judge puts one question to each open port of each address and reports each
// fault once a host and port, with the addresses that show it.
func judge(ctx context.Context, p *check.Pass, question func(o open) []fault) error {
	machines, err := check.Ask(ctx, p, scanned)
	if err != nil {
		return err
	}
	found := map[string]*check.Finding{}
	for _, m := range machines {
		switch {
		case m.Unasked != "":
			continue
		case m.Middlebox:
			p.Unsure("{address} は {n} 個を超えるポートに応答しました。すべてに応答する中間の機器がある場合の動きのため、実際に動いているサービスを判定できませんでした。", i18n.Args{"address": m.Addr, "n": strconv.Itoa(maxOpen)})
			continue
		}
		p.ExaminedThing(m.Host + " " + m.Addr)
		for _, o := range m.Open {
			for _, f := range question(o) {
				k := m.where(o) + "\x00" + f.kase + "\x00" + strings.Join(f.refs, " ")
				if old := found[k]; old != nil {
					old.Args["addresses"] += ", " + m.Addr
					continue
				}
				args := i18n.Args{"addresses": m.Addr, "service": o.Name, "port": strconv.Itoa(o.Port)}
				for name, v := range f.args {
					args[name] = v
				}
				r := p.Report(nil, m.where(o), args)
				r.Case, r.Severity, r.Words, r.References, r.CVSS31, r.CVSS40 = f.kase, f.severity, f.words, f.refs, f.cvss31, f.cvss40
				r.Excerpt = printable(o.Banner)
				if f.confidence != "" {
					r.Confidence = f.confidence
				}
				found[k] = r
			}
		}
	}
	return nil
}

// printable is the first line of a banner as it can be shown.
func printable(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimLeft(latin(b), "\r\n"), "\n")
	line = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
	line = strings.Join(strings.Fields(line), " ")
	if len(line) > 120 {
		line = line[:120] + "…"
	}
	return line
}

// inventory lists the open ports of all addresses, once, on the account of one check.
func inventory(ctx context.Context, p *check.Pass) error {
	machines, err := check.Ask(ctx, p, scanned)
	if err != nil {
		return err
	}
	for _, m := range machines {
		if m.Middlebox {
			continue
		}
		for _, o := range m.Open {
			p.Note(check.Note{Kind: "port", Where: m.where(o), Args: i18n.Args{
				"address": m.Addr, "port": strconv.Itoa(o.Port), "service": o.Name, "banner": printable(o.Banner),
			}})
		}
	}
	return nil
}
