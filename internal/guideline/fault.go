package guideline

import (
	"regexp"

	"miseban/internal/i18n"
)

// Fault is one mistake in an edition's files, with its place ("file:line", and
// the requirement or question where it is known).
type Fault struct {
	Place string
	says  saying
}

// saying is a message and its values.
type saying struct {
	message string // Japanese, the source text
	args    i18n.Args
}

// t is the message ja with its values, given as name, value, name, value.
func t(ja string, values ...string) saying {
	args := i18n.Args{}
	for i := 0; i+1 < len(values); i += 2 {
		args[values[i]] = values[i+1]
	}
	return saying{ja, args}
}

// In says where the mistake is and what is wrong, in language l.
func (f *Fault) In(l i18n.Lang) string {
	return f.Place + ": " + i18n.T(l, f.says.message, f.says.args)
}

// Error says it in English.
func (f *Fault) Error() string { return f.In(i18n.EN) }

// Faults lists the mistakes that err holds, in the order of the files.
func Faults(err error) []*Fault {
	switch e := err.(type) {
	case *Fault:
		return []*Fault{e}
	case interface{ Unwrap() []error }:
		var all []*Fault
		for _, one := range e.Unwrap() {
			all = append(all, Faults(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Faults(e.Unwrap())
	}
	return nil
}

var (
	unknownField = regexp.MustCompile(`^field (.+) not found in type `)
	twiceDefined = regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)`)
	notAChoice   = regexp.MustCompile(`^(\w+) "(.*)": choose one of (.+)$`) // oneOf's
	wrongShape   = regexp.MustCompile(`^cannot unmarshal (.+) into `)
)

// decoding puts what the YAML decoder says into words an editor understands.
func decoding(msg string) saying {
	if m := unknownField.FindStringSubmatch(msg); m != nil {
		return t("{field} という項目はありません。綴りを確かめてください。", "field", m[1])
	}
	if m := twiceDefined.FindStringSubmatch(msg); m != nil {
		return t("{field} が {line} 行目にもあります。どちらかを消してください。", "field", m[1], "line", m[2])
	}
	if m := notAChoice.FindStringSubmatch(msg); m != nil {
		return t("{field}「{value}」は使えません。{choices} から選んでください。", "field", m[1], "value", m[2], "choices", m[3])
	}
	if m := wrongShape.FindStringSubmatch(msg); m != nil {
		return t("値の形が違います（{detail}）。", "detail", m[1])
	}
	return t("YAML として読めません（{detail}）。", "detail", msg)
}
