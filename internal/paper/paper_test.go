package paper

import (
	"slices"
	"testing"

	"miseban/internal/i18n"
)

// TestReaders holds the matrix: every class has its readers, and nobody reads
// a class only because he reads another.
func TestReaders(t *testing.T) {
	t.Parallel()
	want := map[Class]map[Standing]bool{
		Public:    {Anyone: true, Seated: false, Attending: false, OfOffice: false, Named: false},
		Committee: {Anyone: false, Seated: true, Attending: true, OfOffice: true, Named: false},
		Closed:    {Anyone: false, Seated: false, Attending: false, OfOffice: true, Named: true},
	}
	for _, c := range Classes {
		for s, may := range want[c] {
			if got := slices.Contains(Readers[c], s); got != may {
				t.Errorf("%s reads %s: %v", s, c, got)
			}
		}
		if c.Name(i18n.JA) == "" || c.Name(i18n.EN) == "" {
			t.Errorf("%s has no name", c)
		}
	}
	if len(Readers) != len(Classes) {
		t.Error("a class without readers, or readers without a class")
	}
}

// TestMark: the mark on the cover follows from what stands in the paper.
func TestMark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		whole  Class
		pieces []Class
		ja     string
	}{
		{Public, nil, "公開"},
		{Public, []Class{Public, Public}, "公開"},
		{Public, []Class{Public, Closed, Committee}, "一部（非公開＋委員限り）"},
		{Public, []Class{Public, Committee}, "一部（委員限り）"},
		{Public, []Class{Closed, Public}, "一部（非公開）"},
		{Public, []Class{Closed}, "非公開"},
		{Public, []Class{Closed, Committee}, "非公開＋委員限り"},
		{Committee, nil, "委員限り"},
		{Committee, []Class{Public, Committee}, "委員限り"},
		{Committee, []Class{Public, Closed}, "非公開＋委員限り"},
		{Closed, []Class{Public}, "非公開"},
	} {
		if got := Mark(Occur(c.whole, c.pieces), i18n.JA); got != c.ja {
			t.Errorf("%s %v: %s, want %s", c.whole, c.pieces, got, c.ja)
		}
	}
	if got := Mark([]Class{Public, Closed, Committee}, i18n.EN); got != "In part: Closed + Committee only" {
		t.Error(got)
	}
}

// TestFigures: a chart is typed a line each, and comes back as it was.
func TestFigures(t *testing.T) {
	t.Parallel()
	got, p := ReadFigures("EC-CUBE 4, 12\nWelcart、3\r\nフルスクラッチ\t1,200\n\nその他 0")
	want := []Figure{{"EC-CUBE 4", 12}, {"Welcart", 3}, {"フルスクラッチ", 1200}, {"その他", 0}}
	if len(p) > 0 || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, p)
	}
	if again, p := ReadFigures(WriteFigures(want)); len(p) > 0 || !slices.Equal(again, want) {
		t.Errorf("%v %v", again, p)
	}
	for _, bad := range []string{"12", "名前", "名前, -3", "名前, 多い", ", 4"} {
		if _, p := ReadFigures(bad); len(p) == 0 {
			t.Errorf("%q was read", bad)
		}
	}
}

// TestMerge: neighbours that are withheld are one place, unless a heading may be read.
func TestMerge(t *testing.T) {
	t.Parallel()
	hidden := Part{Withheld: true}
	got := Merge([]Part{hidden, hidden, {Title: "a"}, hidden, {Withheld: true, Title: "b"}, hidden, hidden})
	if len(got) != 5 {
		t.Errorf("%d parts", len(got))
	}
}
