// Package wire is the only way out of the machine: every request, handshake,
// connect and look-up of Miseban passes its gate, its courtesy and its ledger.
package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Level says how far a diagnosis may go. Each level contains the ones before
// (design: product, "Levels of diagnosis").
type Level int

// The five levels.
const (
	Offline Level = iota // 再判定: nothing leaves the machine
	Passive              // 閲覧: the GETs of a polite visitor
	Safe                 // 確認: + handshakes, DNS, TCP connects, HEAD/OPTIONS, known paths
	Active               // 診断: + provoking values in requests without side effects
	Full                 // 検証環境: + requests that change state
)

var levelNames = []string{"offline", "passive", "safe", "active", "full"}

// String is the word used in scope files and on the command line.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("level(%d)", int(l))
	}
	return levelNames[l]
}

// ParseLevel reads a level's word.
func ParseLevel(s string) (Level, error) {
	if i := slices.Index(levelNames, s); i >= 0 {
		return Level(i), nil
	}
	return 0, fmt.Errorf("level %q: choose one of %s", s, strings.Join(levelNames, ", "))
}

// MarshalText and UnmarshalText let scope files and stored runs carry the word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(b []byte) error {
	v, err := ParseLevel(string(b))
	*l = v
	return err
}

// Scope is what the owner agreed to. The zero Scope allows nothing.
type Scope struct {
	// Hosts are the origins (scheme://name[:port]) that may be asked; exact, no wildcards (safety 1).
	Hosts []string `yaml:"hosts" json:"hosts"`
	// Exclude are path patterns (path.Match, or a prefix ending in "/") that are never asked.
	Exclude []string `yaml:"exclude,omitempty" json:"exclude,omitempty"`
	// Addresses are inner networks that the owner names; all others that are
	// private, loopback, link-local or metadata are refused after resolution.
	Addresses []netip.Prefix `yaml:"addresses,omitempty" json:"addresses,omitempty"`
	Level     Level          `yaml:"level" json:"level"`
	Budget    Budget         `yaml:"budget,omitempty" json:"budget,omitzero"`
	Rate      Rate           `yaml:"rate,omitempty" json:"rate,omitzero"`
	Windows   []Window       `yaml:"windows,omitempty" json:"windows,omitempty"`
	Authority Authority      `yaml:"authority,omitempty" json:"authority,omitzero"`
	// IgnoreRobots is a consented deviation from robots.txt; each use is written in the ledger (safety 3).
	IgnoreRobots bool `yaml:"ignore_robots,omitempty" json:"ignore_robots,omitempty"`
	// ProviderPermission records that the CDN or cart ASP agreed to more than level 2 and other ports (safety 4).
	ProviderPermission string `yaml:"provider_permission,omitempty" json:"provider_permission,omitempty"`
	// SerialCrawl is IPA's crawler-tolerance mode: one request at a time, at least 0.5 s between them.
	SerialCrawl bool `yaml:"serial_crawl,omitempty" json:"serial_crawl,omitempty"`
	// Accounts are the shop's test accounts, Consent and Proof what levels active and full need (safety 2).
	Accounts []Account `yaml:"accounts,omitempty" json:"accounts,omitempty"`
	Consent  Consent   `yaml:"consent,omitempty" json:"consent,omitzero"`
	Proof    Proof     `yaml:"proof,omitempty" json:"proof,omitzero"`
	// OOB is host:port at which the shop reaches the operator's own listener; empty: nothing listens.
	OOB string `yaml:"oob,omitempty" json:"oob,omitempty"`
}

// Authority is the statement of who asks for the diagnosis and for which
// organisation (safety 2); it is printed in the report.
type Authority struct {
	Person       string `yaml:"person" json:"person"`
	Organisation string `yaml:"organisation" json:"organisation"`
	Contact      string `yaml:"contact,omitempty" json:"contact,omitempty"` // sent as From: when it is a mail address
	Statement    string `yaml:"statement,omitempty" json:"statement,omitempty"`
}

// Budget bounds a run. Zero fields mean the default of the level.
type Budget struct {
	Requests int           `yaml:"requests,omitempty" json:"requests,omitempty"`   // per run
	PerCheck int           `yaml:"per_check,omitempty" json:"per_check,omitempty"` // per check
	Bytes    int64         `yaml:"bytes,omitempty" json:"bytes,omitempty"`         // received, per run
	Time     time.Duration `yaml:"time,omitempty" json:"time,omitempty"`
}

// Rate bounds how fast one address (and one registrable domain) is asked.
type Rate struct {
	PerSecond   float64 `yaml:"per_second,omitempty" json:"per_second,omitempty"`   // default 2
	Connections int     `yaml:"connections,omitempty" json:"connections,omitempty"` // default 2
	Unlimited   bool    `yaml:"unlimited,omitempty" json:"unlimited,omitempty"`     // loopback only
}

// Window is a time of day in which requests may leave.
type Window struct {
	Days  []time.Weekday `yaml:"days,omitempty" json:"days,omitempty"` // empty: every day
	From  string         `yaml:"from" json:"from"`                     // "02:00"
	Until string         `yaml:"until" json:"until"`                   // "05:00", may pass midnight
	Zone  string         `yaml:"zone,omitempty" json:"zone,omitempty"` // default Asia/Tokyo
}

// Reasons for which the gate refuses. Callers decide by errors.Is.
var (
	ErrOutOfScope = errors.New("outside the agreed scope")
	ErrLevel      = errors.New("above the agreed level")
	ErrMethod     = errors.New("method not allowed")
	ErrExcluded   = errors.New("path excluded by the owner")
	ErrAddress    = errors.New("address not allowed")
	ErrWindow     = errors.New("outside the agreed hours")
	ErrBudget     = errors.New("budget used up")
	ErrStopped    = errors.New("run stopped")
	ErrRobots     = errors.New("disallowed by robots.txt")
	ErrNotStored  = errors.New("not stored in this run") // offline: the answer was never recorded
	ErrAuthority  = errors.New("no statement of authority")
	ErrConsent    = errors.New("no proof of control and recorded consent")
	ErrOptOut     = errors.New("the owner of the domain has opted out")
	ErrProvider   = errors.New("needs the provider's permission") // CDN and cart ASP addresses
	ErrAbandoned  = errors.New("abandoned after three failed probes")
	ErrInFlight   = errors.New("was under way when the run broke off and is not repeated")
)
