package programme

import (
	"maps"
	"slices"
	"strconv"

	"miseban/internal/account"
)

// Change is one field that a correction changed.
type Change struct {
	Field string `json:"field"`
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// Changes lists what differs between two forms, in the order of the form.
func Changes(was, is *Form) []Change {
	var out []Change
	a, b := was.all(), is.all()
	for i := range a {
		if a[i].Is != b[i].Is {
			out = append(out, Change{a[i].Field, a[i].Is, b[i].Is})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(joined(was.Posture, is.Posture))) {
		if was.Posture[id] != is.Posture[id] {
			out = append(out, Change{"posture-" + id, string(was.Posture[id]), string(is.Posture[id])})
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

// all are the fields with their values, in the order of the form.
func (f *Form) all() []Change {
	return []Change{
		{"company", "", f.Company}, {"sole", "", strconv.FormatBool(f.Sole)}, {"number", "", f.Number}, {"industry", "", string(f.Industry)}, {"capital", "", f.Capital}, {"staff", "", f.Staff},
		{"shop", "", f.Shop}, {"url", "", f.URL}, {"method", "", string(f.Method)}, {"package", "", string(f.Package)}, {"version", "", f.Version}, {"business", "", string(f.Business)},
		{"turnover", "", string(f.Turnover)}, {"hosting", "", string(f.Hosting)}, {"permission", "", string(f.Permission)}, {"remote", "", string(f.Remote)}, {"contract", "", string(f.Contract)},
		{"person", "", f.Person}, {"post", "", f.Post}, {"phone", "", f.Phone}, {"wish", "", f.Wish},
	}
}
