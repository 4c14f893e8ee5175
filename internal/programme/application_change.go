package programme

import (
	"maps"
	"slices"
	"strconv"

	"miseban/internal/account"
)

// Correction is one field that a correction changed.
type Correction struct {
	Field string `json:"field"`
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// Corrections lists what differs between two forms, in the order of the form.
func Corrections(was, is *Form) []Correction {
	var out []Correction
	a, b := was.All(), is.All()
	for i := range a {
		if a[i].Is != b[i].Is {
			out = append(out, Correction{a[i].Field, a[i].Is, b[i].Is})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(joined(was.Posture, is.Posture))) {
		if was.Posture[id] != is.Posture[id] {
			out = append(out, Correction{"posture-" + id, string(was.Posture[id]), string(is.Posture[id])})
		}
	}
	return out
}

func joined(a, b map[string]account.Choice) map[string]account.Choice {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]account.Choice{}
	}
	maps.Copy(out, b)
	return out
}

// All are the fields with their values, in the order of the form.
func (f *Form) All() []Correction {
	return []Correction{
		{"company", "", f.Company}, {"sole", "", strconv.FormatBool(f.Sole)}, {"number", "", f.Number}, {"industry", "", string(f.Industry)}, {"capital", "", f.Capital}, {"staff", "", f.Staff},
		{"shop", "", f.Shop}, {"url", "", f.URL}, {"method", "", string(f.Method)}, {"package", "", string(f.Package)}, {"version", "", f.Version}, {"business", "", string(f.Business)},
		{"turnover", "", string(f.Turnover)}, {"hosting", "", string(f.Hosting)}, {"permission", "", string(f.Permission)}, {"remote", "", string(f.Remote)}, {"contract", "", string(f.Contract)},
		{"person", "", f.Person}, {"post", "", f.Post}, {"phone", "", f.Phone}, {"wish", "", f.Wish},
	}
}
