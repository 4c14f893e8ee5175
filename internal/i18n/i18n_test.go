package i18n

import "testing"

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    string
		args Args
		want string
	}{
		{"{n} {n:page|pages} of {where} {n:has|have} none", Args{"n": "1", "where": "/"}, "1 page of / has none"},
		{"{n} {n:page|pages} of {where} {n:has|have} none", Args{"n": "12", "where": "/"}, "12 pages of / have none"},
		{"{n} {n:page|pages}", Args{"n": "0"}, "0 pages"},
		{"the run{n:|s}", Args{"n": "1"}, "the run"},
		{"{a}{b}", Args{"a": "{b}", "b": "x"}, "{b}x"},
		{"{missing} {missing:a|b} {a}", Args{"a": "1"}, "{missing} {missing:a|b} 1"},
		{"body { color: red } {a", Args{"a": "1"}, "body { color: red } {a"},
		{"{{a}}", Args{"a": "1"}, "{1}"},
		{"{a:one}", Args{"a": "1"}, "{a:one}"},
		{"nothing", nil, "nothing"},
	} {
		if got := Format(c.s, c.args); got != c.want {
			t.Errorf("Format(%q, %v) = %q, want %q", c.s, c.args, got, c.want)
		}
	}
}
