package inject

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"miseban/internal/wire"
)

// guestbook keeps reviews with two free fields, and lets visitors take some of
// them back in the way that the case says.
type guestbook struct {
	way    string
	strict bool // refuses names with signs

	mu    sync.Mutex
	kept  []said
	next  int
	posts int
}

type said struct {
	id            int
	name, comment string
}

func (s *guestbook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	take := func(id string) {
		s.kept = slices.DeleteFunc(s.kept, func(x said) bool { return id == "all" || fmt.Sprint(x.id) == id })
		http.Redirect(w, r, "/voices", http.StatusSeeOther)
	}
	switch r.URL.Path {
	case "/review/1", "/review/2", "/review/3":
		if r.Method == http.MethodPost {
			s.posts++
			name, comment := r.FormValue("reviewer_name"), r.FormValue("comment")
			if s.strict && strings.ContainsAny(name, "<>&\"'") {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			s.next++
			s.kept = append(s.kept, said{s.next, name, comment})
			http.Redirect(w, r, "/voices", http.StatusSeeOther)
			return
		}
		out(w, `<form method="post" action="`+r.URL.Path+`"><label>お名前<input name="reviewer_name"></label><label>ご感想<textarea name="comment"></textarea></label><button>投稿する</button></form>`)
	case "/voices":
		var b strings.Builder
		b.WriteString("<h2>お客様の声</h2>")
		if s.way == "all at once" {
			b.WriteString(`<a href="/drop?id=all">削除</a>`)
		}
		for i, v := range s.kept {
			if s.way == "not shown" && v.id > 100 {
				continue
			}
			b.WriteString(`<div class="voice"><p>` + html.EscapeString(v.name) + `</p><p>` + html.EscapeString(v.comment) + "</p>")
			own := v.id > 100
			switch {
			case s.way == "form" && own, s.way == "asks again" && own:
				fmt.Fprintf(&b, `<form method="post" action="/drop"><input type="hidden" name="id" value="%d"><button>削除</button></form>`, v.id)
			case s.way == "link" && own:
				fmt.Fprintf(&b, `<a href="/drop?id=%d">この投稿を削除する</a>`, v.id)
			case s.way == "of another" && !own && i == 0:
				fmt.Fprintf(&b, `<a href="/drop?id=%d">削除</a>`, v.id) // anybody may, as in a broken shop
			case s.way == "appears at another" && !own && len(s.kept) > 2 && i == 0:
				fmt.Fprintf(&b, `<a href="/drop?id=%d">削除</a>`, v.id)
			}
			b.WriteString("</div>")
		}
		out(w, b.String())
	case "/drop":
		if s.way == "asks again" && r.FormValue("yes") == "" {
			id := r.FormValue("id")
			i := slices.IndexFunc(s.kept, func(x said) bool { return fmt.Sprint(x.id) == id })
			out(w, `<p>`+html.EscapeString(s.kept[i].comment)+`</p><form method="post" action="/drop"><input type="hidden" name="id" value="`+id+`"><input type="hidden" name="yes" value="1"><button>削除する</button></form>`)
			return
		}
		take(r.FormValue("id"))
	default:
		out(w, `<a href="/review/1">書く</a> <a href="/voices">読む</a>`)
	}
}

// TestXSSStoredRemoves: one posting a route holds both fields; what the shop
// lets the same visitor take back is taken back, what others wrote stays, and
// what remains is listed as such.
func TestXSSStoredRemoves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way    string
		strict bool
		posts  int
		left   bool
	}{
		{way: "form", posts: 1},
		{way: "link", posts: 1},
		{way: "asks again", posts: 1},
		{way: "none", posts: 1, left: true},
		{way: "all at once", posts: 1, left: true},
		{way: "of another", posts: 1, left: true},
		{way: "appears at another", posts: 1, left: true},
		{way: "not shown", posts: 1, left: true},
		{way: "form", strict: true, posts: 3}, // the refused posting, then each field alone
	} {
		t.Run(fmt.Sprintf("%s %v", c.way, c.strict), func(t *testing.T) {
			t.Parallel()
			shop := &guestbook{way: c.way, strict: c.strict, next: 100, kept: []said{{1, "花", "おいしい"}, {2, "太郎", "よい香り"}}}
			tr := newTrialAt(t, wire.Full, shop, "/review/1", "/review/2", "/review/3", "/voices")
			res, got := tr.run(XSSStored)
			tr.sameList("xss-stored", got, nil)
			if shop.posts != c.posts {
				t.Errorf("%d postings, not %d", shop.posts, c.posts)
			}
			others, ours := 0, 0
			for _, v := range shop.kept {
				if v.id <= 100 {
					others++
				} else {
					ours++
				}
			}
			if others != 2 {
				t.Errorf("%d of 2 reviews by others are left", others)
			}
			if (ours > 0) != c.left {
				t.Errorf("%d of ours are left", ours)
			}
			staying := map[string]bool{}
			for _, n := range res.Notes {
				if n.Kind == "created" && n.Args["removed"] == "" {
					staying[n.Args["record"]] = true
				}
			}
			if c.strict {
				delete(staying, "1") // refused: whether it was kept is not known
				delete(staying, "2")
			}
			if len(staying) != ours {
				t.Errorf("%d records listed as left, %d are: %+v", len(staying), ours, res.Notes)
			}
		})
	}
}
