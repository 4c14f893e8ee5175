package diagnose

import "miseban/internal/wire"

// mask takes sessions, tokens and persons' data out of the addresses and titles
// that are kept and shown.
func (s *Seen) mask(m *wire.Masker) {
	for i := range s.Pages {
		s.Pages[i].URL, s.Pages[i].Title = m.URL(s.Pages[i].URL), m.Text(s.Pages[i].Title)
	}
	for i := range s.Templates {
		s.Templates[i].Example = m.URL(s.Templates[i].Example)
	}
	for i := range s.Forms {
		s.Forms[i].Page, s.Forms[i].Action = m.URL(s.Forms[i].Page), m.URL(s.Forms[i].Action)
	}
	for i := range s.Skipped {
		s.Skipped[i].URL = m.URL(s.Skipped[i].URL)
	}
}
