package intel

import (
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// PartyKind says what a third party does for a shop.
type PartyKind string

// The kinds of parties.
const (
	PartyPSP        PartyKind = "psp"         // takes payments
	PartyTagManager PartyKind = "tag-manager" // loads other scripts
	PartyAnalytics  PartyKind = "analytics"
	PartyAds        PartyKind = "ads"
	PartyChat       PartyKind = "chat"
	PartyFormAssist PartyKind = "form-assist" // helps visitors fill in forms, and so reads them
	PartyCDN        PartyKind = "cdn"         // delivers libraries of others, unchanged
	PartyCaptcha    PartyKind = "captcha"     // tells people from programs, or good orders from bad
	PartyEmbed      PartyKind = "embed"       // maps, videos, fonts, posts, reviews
	PartyPlatform   PartyKind = "platform"    // the cart service itself
)

var partyKinds = []PartyKind{PartyPSP, PartyTagManager, PartyAnalytics, PartyAds, PartyChat, PartyFormAssist, PartyCDN, PartyCaptcha, PartyEmbed, PartyPlatform}

// Party is somebody whose scripts, frames or forms shops take into their pages.
type Party struct {
	ID   string    `yaml:"id"`
	Name i18n.Text `yaml:"name"`
	Kind PartyKind `yaml:"kind"`
	// Hosts are names, each standing for all names below it; with a "/" they
	// are a name and the beginning of a path.
	Hosts []string `yaml:"hosts"`
	// Warn says why nobody should load anything from there any more.
	Warn i18n.Text `yaml:"warn,omitempty"`
}

// Party names who stands behind an address; nil when nobody known does.
func (b *Bundle) Party(u *url.URL) *Party {
	if u == nil {
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	var best *Party
	longest := 0
	for suffix := host; suffix != ""; {
		for _, e := range b.parties[suffix] {
			if strings.HasPrefix(u.Path, e.path) && len(suffix)+len(e.path) > longest {
				best, longest = e.party, len(suffix)+len(e.path)
			}
		}
		_, rest, ok := strings.Cut(suffix, ".")
		if !ok {
			break
		}
		suffix = rest
	}
	return best
}

// Parties lists all parties in the order of the data.
func (b *Bundle) Parties() []*Party { return b.partyList }

type partyHost struct {
	path  string
	party *Party
}

func (b *Bundle) readParties(data fs.FS, name string) error {
	var list []*Party
	if err := readYAML(data, name, &list); err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == "" || p.Name.JA == "" || p.Name.EN == "" || len(p.Hosts) == 0 || !slices.Contains(partyKinds, p.Kind) {
			return fmt.Errorf("party %q is incomplete or of an unknown kind", p.ID)
		}
		for _, h := range p.Hosts {
			host, path, _ := strings.Cut(h, "/")
			if path != "" {
				path = "/" + path
			}
			if host != strings.ToLower(host) || !strings.Contains(host, ".") {
				return fmt.Errorf("party %s: %q is no host name", p.ID, h)
			}
			if slices.ContainsFunc(b.parties[host], func(o partyHost) bool { return o.path == path }) {
				return fmt.Errorf("party %s: %q belongs to another one already", p.ID, h)
			}
			b.parties[host] = append(b.parties[host], partyHost{path, p})
		}
	}
	b.partyList = append(b.partyList, list...)
	return nil
}
