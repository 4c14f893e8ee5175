package intel

import "time"

// End says when the maker stops, or stopped, mending one branch.
type End struct {
	Product string `yaml:"product"`
	Branch  string `yaml:"branch"`
	// Ends is the last day with security fixes.
	Ends time.Time `yaml:"ends,omitempty"`
	// Superseded says that there is no announced day, but only newer branches get fixes.
	Superseded bool `yaml:"superseded,omitempty"`
	// Current says that this branch gets the fixes and that no end is announced.
	Current bool   `yaml:"current,omitempty"`
	Source  string `yaml:"source"`
	// Verified is true only for days read in the maker's own announcement.
	Verified bool `yaml:"verified,omitempty"`
}

// Support says how the maker treats a branch at some moment.
type Support string

// How a maker treats a branch.
const (
	Supported      Support = "supported"
	Ended          Support = "ended"
	Superseded     Support = "superseded"
	SupportUnknown Support = "unknown"
)

// Life is what is known of the support of one version.
type Life struct {
	Support Support
	Branch  string
	End     End // zero if unknown
	// Distributed says that a distribution may mend it for longer.
	Distributed bool
}

// EOL says whether version v of product still gets security fixes at the given time.
func (b *Bundle) EOL(product string, v Version, at time.Time) Life {
	life := Life{Support: SupportUnknown, Branch: b.Branch(product, v), Distributed: v.Packaged()}
	if p, ok := b.products[product]; ok && p.Distributed {
		life.Distributed = true
	}
	for _, e := range b.ends[b.family(product)] {
		// A short branch such as "1" speaks for all of 1.x.
		if e.Branch != life.Branch && !sameMajor(e.Branch, v) {
			continue
		}
		life.End = e
		switch {
		case e.Current:
			life.Support = Supported
		case e.Superseded:
			life.Support = Superseded
		case at.Before(e.Ends.AddDate(0, 0, 1)):
			life.Support = Supported
		default:
			life.Support = Ended
		}
		if e.Branch == life.Branch {
			break
		}
	}
	return life
}

// Ends lists what is known of product's branches, in the order of the data.
func (b *Bundle) Ends(product string) []End { return b.ends[b.family(product)] }

func sameMajor(branch string, v Version) bool { return branch == v.prefix(1) }
