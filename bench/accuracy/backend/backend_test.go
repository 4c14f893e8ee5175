package backend

import (
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	entries := []Entry{{"cn": {"sencha"}, "ou": {"green"}, "price": {"300"}}, {"cn": {"hojicha"}, "ou": {"roasted"}, "price": {"500"}}}
	for _, c := range []struct{ filter, want string }{
		{"(cn=sencha)", "sencha"}, {"(cn=*)", "sencha hojicha"}, {"(cn=*cha)", "sencha hojicha"}, {"(cn=*nch*)", "sencha"}, {"(&(cn=*)(ou=roasted))", "hojicha"},
		{"(|(cn=sencha)(ou=roasted))", "sencha hojicha"}, {"(!(cn=sencha))", "hojicha"}, {`(cn=\2a)`, ""}, {"(&(cn=s*)(!(|(ou=x)(ou=green))))", ""}, {"(price>=500)", "hojicha"},
		{"(cn=sencha", "error"}, {"(cn=sencha))", "error"},
	} {
		got, err := Search(entries, c.filter)
		var names []string
		for _, e := range got {
			names = append(names, e["cn"][0])
		}
		s := strings.Join(names, " ")
		if err != nil {
			s = "error"
		}
		if s != c.want {
			t.Errorf("%s: got %q, want %q", c.filter, s, c.want)
		}
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	d := Document{"name": "sencha", "price": 300, "public": true}
	for _, c := range []struct{ source, want string }{
		{"this.name == 'sencha'", "true"}, {"this.name == 'sencha' && '1'=='2'", "false"}, {"return (this.price > 200 && this.public);", "true"}, {"this.name == 'a' || 1 == 1", "true"},
		{"this.name == 'it\\'s'", "false"}, {"this.price == 150*2", "true"}, {"!(this.price < 100)", "true"}, {"this.name == 'x'' ", "error"}, {"foo == 1", "error"}, {"this.name ==", "error"}, {"'a'+'b' == 'ab'", "true"},
	} {
		ok, err := Where(c.source, d)
		got := map[bool]string{true: "true", false: "false"}[ok]
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.source, got, err, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	docs := []Document{{"name": "sencha", "price": 300}, {"name": "yokan", "price": 900}}
	for _, c := range []struct {
		query map[string]any
		want  int // -1: an error
	}{
		{map[string]any{"name": "sencha"}, 1}, {map[string]any{"name": map[string]any{"$ne": "x"}}, 2}, {map[string]any{"name": map[string]any{"$gt": ""}}, 2}, {map[string]any{"price": map[string]any{"$gt": 500.0}}, 1},
		{map[string]any{"name": map[string]any{"$in": []any{"yokan", "a"}}}, 1}, {map[string]any{"name": map[string]any{"$regex": "^s"}}, 1}, {map[string]any{"name": map[string]any{"$regex": "("}}, -1},
		{map[string]any{"name": map[string]any{"$foo": "("}}, -1}, {map[string]any{"$or": []any{map[string]any{"name": "sencha"}, map[string]any{"price": 900}}}, 2}, {map[string]any{"name": map[string]any{"a": "b"}}, 0},
	} {
		got, err := Find(docs, c.query)
		n := len(got)
		if err != nil {
			n = -1
		}
		if n != c.want {
			t.Errorf("%v: got %d (%v), want %d", c.query, n, err, c.want)
		}
	}
}

// TestTree walks paths as the kernel does.
func TestTree(t *testing.T) {
	t.Parallel()
	set, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	dir, err := set.Folder(map[string]string{"srv/docs/a.txt": "A", "etc/passwd": "P"})
	if err != nil {
		t.Fatal(err)
	}
	tree := NewTree(dir)
	for path, want := range map[string]string{
		"/srv/docs/a.txt": "A", "/srv/docs/../../etc/passwd": "P", "/srv/docs/../../../../../etc/passwd": "P", "/srv/docs/./a.txt": "A", "/srv//docs/a.txt": "A",
		"/srv/docs/none/../a.txt": "", "/srv/docs/a.txt/../a.txt": "", "/srv/docs": "", "/srv/docs/a.txt\x00.png": "", "/etc/shadow": "",
	} {
		got, err := tree.Read(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	set, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	dir, err := set.Folder(map[string]string{"etc/hostname": "shop"})
	if err != nil {
		t.Fatal(err)
	}
	tree := NewTree(dir)
	for _, c := range []struct{ doc, want string }{
		{`<a>x</a>`, `<a>x</a>`}, {`<!DOCTYPE a [<!ENTITY e "y">]><a>x&e;</a>`, `<a>xy</a>`}, {`<!DOCTYPE a [<!ENTITY e "y"><!ENTITY f "&e;z">]><a>&f;</a>`, `<a>yz</a>`},
		{`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>`, `<a>shop</a>`}, {`<!DOCTYPE a [<!ENTITY % p "<!ENTITY e 'q'>"> %p;]><a>&e;</a>`, `<a>q</a>`},
		{`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///none">]><a>&e;</a>`, "error"}, {`<!DOCTYPE a []><a>&e;</a>`, "error"}, {`<!DOCTYPE a [<!ENTITY e SYSTEM "http://192.0.2.1/">]><a>&e;</a>`, "error"},
	} {
		got, err := Expand(t.Context(), tree, c.doc)
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.doc, got, err, c.want)
		}
	}
}

// TestSendmail: whom a letter reaches is what its head says.
func TestSendmail(t *testing.T) {
	t.Parallel()
	sink, err := NewSink()
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	if err := sink.Sendmail("To: a@example.jp\r\nSubject: x\r\nBcc: <b@example.jp>\r\n\r\nBcc: c@example.jp\r\n"); err != nil {
		t.Fatal(err)
	}
	l := sink.Letters()
	if len(l) != 1 || strings.Join(l[0].To, " ") != "a@example.jp b@example.jp" {
		t.Errorf("got %+v", l)
	}
}
