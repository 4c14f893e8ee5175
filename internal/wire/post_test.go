package wire

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPosterCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url         string
		open, local bool // may be posted to by the ordinary one, and by the one for trying out
	}{
		{"https://hooks.example.jp/in?key=1", true, true},
		{"https://hooks.example.jp:8443/", true, true},
		{"http://hooks.example.jp/", false, false},
		{"https://hooks.example.jp:25/", false, false},
		{"https://user:pass@hooks.example.jp/", false, false},
		{"https://hooks.example.jp/#x", false, false},
		{"https:hooks", false, false},
		{"file:///etc/passwd", false, false},
		{"https://10.0.0.8/", false, false},
		{"https://169.254.169.254/latest", false, false},
		{"https://[::ffff:10.0.0.8]/", false, false},
		{"https://[64:ff9b::a00:8]/", false, false},
		{"https://127.0.0.1:9443/", false, true},
		{"http://127.0.0.1:9000/", false, true},
		{"http://localhost:9000/", false, true},
		{"https://localhost/", false, true},
	} {
		for local, want := range map[bool]bool{false: tc.open, true: tc.local} {
			if _, err := NewPoster(local).Check(tc.url); (err == nil) != want {
				t.Errorf("%s, local %v: %v", tc.url, local, err)
			}
		}
	}
}

func TestPoster(t *testing.T) {
	t.Parallel()
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Webhook-Id"))
		if r.URL.Path == "/on" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(srv.Close)
	p := NewPoster(true)
	for path, want := range map[string]int{"/in": 200, "/on": 307} {
		if status, err := p.Post(t.Context(), srv.URL+path, http.Header{"Webhook-Id": {"m1"}}, []byte("{}")); err != nil || status != want {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	if list := strings.Join(got, ","); len(got) != 2 || strings.Contains(list, "elsewhere") || !strings.Contains(list, "POST /in m1") {
		t.Errorf("the receiver saw %s", list)
	}
	// What is refused is refused where it is connected to, too: a name may lead anywhere.
	shut := NewPoster(false)
	if _, err := shut.dial(t.Context(), "tcp", strings.TrimPrefix(srv.URL, "http://")); !errors.Is(err, ErrAddress) {
		t.Errorf("an inner address was connected to: %v", err)
	}
	if _, err := shut.dial(t.Context(), "tcp", "localhost:"+srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]); !errors.Is(err, ErrAddress) {
		t.Errorf("a name of an inner address was connected to: %v", err)
	}
	if len(got) != 2 {
		t.Errorf("the receiver saw %v", got)
	}
}
