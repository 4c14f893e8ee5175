package account

import (
	"strings"

	"miseban/internal/i18n"
)

// Reason is a sentence for people: the Japanese source and its values.
type Reason struct {
	Message string
	Args    i18n.Args
}

// In says the reason in language l.
func (r Reason) In(l i18n.Lang) string { return i18n.T(l, r.Message, r.Args) }

// Problem says what is wrong with one field of a form.
type Problem struct {
	Field string
	Reason
}

// Problems is an error that names each bad field.
type Problems []Problem

// Error lists the fields, for logs; pages say the reasons.
func (p Problems) Error() string {
	var names []string
	for _, x := range p {
		names = append(names, x.Field)
	}
	return "bad fields: " + strings.Join(names, ", ")
}

// Of is what is wrong with a field; zero when nothing is.
func (p Problems) Of(field string) Reason {
	for _, x := range p {
		if x.Field == field {
			return x.Reason
		}
	}
	return Reason{}
}

// Err is nil when there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// add notes a problem of a field.
func (p *Problems) add(field string, r Reason) { *p = append(*p, Problem{field, r}) }
