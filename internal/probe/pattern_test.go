package probe

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"miseban/internal/page"
)

// Programs that stand side by side are handlers of their own; numbers, codes
// and many words of one template are values of one.
func TestGrouped(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ paths, want string }{
		{"/a/list /a/find /a/detail", ""},
		{"/v1/list /v2/list", ""},
		{"/item/1 /item/27 /item/300", "/item/1 /item/27 /item/300"},
		{"/item/1 /item/new", "/item/1"},
		{"/item/green-tea-100g /item/black-tea-of-uji", "/item/green-tea-100g /item/black-tea-of-uji"},
		{"/item/%E8%8C%B6 /item/tea", "/item/%E8%8C%B6"},
		{"/item/AB1204 /item/AB1377", "/item/AB1204 /item/AB1377"},
		{"/item/c-1 /item/c-2 /item/top", "/item/c-1 /item/c-2"},
		{"/code/SPRING /code/WELCOME", "/code/SPRING /code/WELCOME"},
		{"/c/a /c/b /c/c /c/d /c/e /c/f /c/g /c/h", "/c/d /c/e /c/f /c/g /c/h"},
	} {
		var pages []*page.Page
		at := 0
		paths := strings.Fields(tt.paths)
		for _, p := range paths {
			u, err := url.Parse("http://127.0.0.1" + p)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, &page.Page{URL: u, Template: "t"})
		}
		for i, s := range strings.Split(strings.Trim(paths[0], "/"), "/") {
			if s != strings.Split(strings.Trim(paths[1], "/"), "/")[i] {
				at = i
			}
		}
		if got := grouped(pages, at); !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: %v", tt.paths, got)
		}
	}
	for s, want := range map[string]bool{"list.cgi": true, "Find.PHP": true, "guide.pdf": false, "list": false} {
		if program(s) != want {
			t.Error(s)
		}
	}
}
