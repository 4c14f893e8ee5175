package report

// Sign is the mark that goes with a tone, so that colour never speaks alone:
// the marks of a Japanese examination, which read the same in print.
func (t Tone) Sign() string {
	switch t {
	case Good:
		return "○"
	case Bad:
		return "×"
	case Warn:
		return "△"
	case Unknown:
		return "？"
	}
	return ""
}
