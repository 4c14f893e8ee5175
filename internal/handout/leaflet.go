package handout

import "miseban/internal/i18n"

// Leaflet is a sheet of two sides for executives.
type Leaflet struct {
	Title   i18n.Text   `yaml:"title"`
	Lead    i18n.Text   `yaml:"lead"`
	Numbers []string    `yaml:"numbers"` // figures
	Why     i18n.Text   `yaml:"why"`
	Reasons []i18n.Text `yaml:"reasons"`
	Back    i18n.Text   `yaml:"back"`
	Items   []i18n.Text `yaml:"items"`
	First   i18n.Text   `yaml:"first"`
	Step    i18n.Text   `yaml:"step"`
	Call    i18n.Text   `yaml:"call"`
}

// Executives is the leaflet for executives.
func Executives() *Leaflet { return &load().leaflet }

// Figures are the numbers that the leaflet names.
func (l *Leaflet) Figures() (out []*Figure) {
	for _, id := range l.Numbers {
		if f := FigureOf(id); f != nil {
			out = append(out, f)
		}
	}
	return out
}
