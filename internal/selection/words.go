package selection

import (
	"errors"
	"strconv"
	"strings"

	"miseban/internal/i18n"
)

// Words is a sentence with its values, sayable in both languages.
type Words struct {
	Message string // Japanese, the source text
	Args    i18n.Args
}

// In says the words in language l.
func (w Words) In(l i18n.Lang) string { return i18n.T(l, w.Message, w.ArgsIn(l)) }

// ArgsIn are the values in language l. Where one has a spelling of its own in
// English, it stands under its name with _en.
func (w Words) ArgsIn(l i18n.Lang) i18n.Args {
	args := i18n.Args{}
	for k, v := range w.Args {
		if en, ok := w.Args[k+"_en"]; ok && l == i18n.EN {
			v = en
		}
		args[k] = v
	}
	return args
}

// with gives a value that is a text of both languages.
func (w Words) with(name string, v i18n.Text) Words {
	w.Args[name], w.Args[name+"_en"] = v.JA, v.EN
	return w
}

// t is the message ja with its values, given as name, value, name, value.
func t(ja string, values ...string) Words {
	args := i18n.Args{}
	for i := 0; i+1 < len(values); i += 2 {
		args[values[i]] = values[i+1]
	}
	return Words{ja, args}
}

// Fault is what is wrong with an input, and what to do about it.
type Fault struct{ Words }

// Error says it in English, for logs.
func (f *Fault) Error() string { return f.In(i18n.EN) }

func fault(w Words) error { return &Fault{w} }

// Faults lists the faults that err holds, in their order.
func Faults(err error) []*Fault {
	var one *Fault
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Fault
		for _, e := range joined.Unwrap() {
			all = append(all, Faults(e)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []*Fault{one}
	}
	return nil
}

// text is a text with its values in both languages, for what a record keeps.
func (w Words) text() i18n.Text { return i18n.Text{JA: w.In(i18n.JA), EN: w.In(i18n.EN)} }

func num(n int) string { return strconv.Itoa(n) }

// both joins texts of both languages: 「、」 in one, ", " in the other.
func both(list []i18n.Text) i18n.Text {
	var ja, en []string
	for _, x := range list {
		ja, en = append(ja, x.JA), append(en, x.EN)
	}
	return i18n.Text{JA: strings.Join(ja, "、"), EN: strings.Join(en, ", ")}
}
