package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/store"
)

// convened is a committee of the programme with one issued paper, in which a
// word of its own stands in every field of each class.
func (w *world) convened() (*paper.Panel, *paper.Paper) {
	w.t.Helper()
	ctx, office := w.t.Context(), w.programme.Office
	x := &paper.Panel{Programme: w.programme.ID, Name: "ガイドライン検討委員会", Purpose: "ガイドラインの内容と、広め方について助言します。"}
	m := &paper.Meeting{Day: "2022-09-02"}
	d := &paper.Paper{Kind: paper.Report, Number: "資料1", Class: paper.Public, Title: "本事業の概要"}
	w.change(func(tx *store.Tx) error {
		if err := tx.AddPanel(ctx, office, x); err != nil {
			return err
		}
		m.Panel, d.Panel = x.ID, x.ID
		err := errors.Join(tx.Seat(ctx, office, x, w.people[account.Member].ID, paper.Member), tx.AddMeeting(ctx, office, m))
		d.Meeting = m.ID
		if err = errors.Join(err, tx.AddPaper(ctx, office, d)); err != nil {
			return err
		}
		for _, class := range paper.Classes {
			var names []account.ID
			if class == paper.Closed {
				names = []account.ID{w.people[account.Diagnostician].ID}
			}
			k := "canary" + strings.ToUpper(string(class))
			part := &paper.Part{Class: class, TitleClass: class, Title: "title-" + k, Text: "text-" + k + "\n\n- 募集は 3/8 から 4/20 まで\n- 152 サイトが応募", Caption: "caption-" + k, Figures: []paper.Figure{{Label: "figure-" + k, Value: 29}, {Label: "50 サイト中", Value: 50}}, Names: names}
			file := &paper.File{Class: class, Name: "file-" + k + ".txt", Alt: "alt-" + k, Media: "text/plain; charset=utf-8", Names: names}
			action := &paper.Action{Panel: x.ID, Meeting: m.ID, Class: class, Text: "action-" + k, Who: "who-" + k, Due: "2022-10-31"}
			if err := errors.Join(tx.SavePart(ctx, office, d, part), tx.AddPaperFile(ctx, office, d, file, []byte("bytes-"+k)), tx.AddAction(ctx, office, action)); err != nil {
				return err
			}
		}
		return tx.IssuePaper(ctx, office, d)
	})
	d.Revision++
	return x, d
}

// TestPaperFormats: in no page, file, list or log is a byte of what its reader
// may not read; and what he may read is there.
func TestPaperFormats(t *testing.T) {
	t.Parallel()
	w := settled(t)
	x, d := w.convened()
	page := "/papers/" + string(d.ID)
	committee := "/programmes/" + string(w.programme.ID) + "/committee"
	for _, c := range []struct {
		who   account.Role // "": nobody signed in
		reads []paper.Class
	}{
		{"", []paper.Class{paper.Public}},
		{account.Member, []paper.Class{paper.Public, paper.Committee}},
		{account.Clerk, paper.Classes},
		{account.Approver, paper.Classes},
		{account.Diagnostician, []paper.Class{paper.Public, paper.Closed}},
		{account.Executive, []paper.Class{paper.Public}},
		{account.Maintainer, []paper.Class{paper.Public}},
		{account.Operator, []paper.Class{paper.Public}},
		{account.Observer, []paper.Class{paper.Public}},
	} {
		t.Run(string(c.who), func(t *testing.T) {
			v := w.visitor()
			var actor *account.Actor
			if c.who != "" {
				v = w.as(w.people[c.who])
				var err error
				if actor, err = w.db.Actor(t.Context(), w.people[c.who].ID); err != nil {
					t.Fatal(err)
				}
			}
			seen := map[string]string{"page": v.get(page).wants(t, 200, "一部（非公開＋委員限り）").body, "list": v.get("/papers").wants(t, 200).body, "search": v.get("/papers?q=canary").wants(t, 200).body}
			if len(c.reads) < 3 && !strings.Contains(seen["page"], "内容は非公開") {
				t.Error("nothing says that something is withheld")
			}
			for _, class := range paper.Classes { // the searched word itself stands on the page: what is found must not
				b := v.get("/papers?q=text-canary"+strings.ToUpper(string(class))).wants(t, 200).body
				seen["search for "+string(class)] = strings.ReplaceAll(b, "text-canary"+strings.ToUpper(string(class)), "")
			}
			if c.who != "" {
				seen["search of everything"] = v.get("/search?q=canary").wants(t, 200).body
				if len(c.reads) > 0 && !strings.Contains(seen["search of everything"], string(d.ID)) {
					t.Error("the search of everything does not find the paper")
				}
			}
			if got := v.get(committee); got.code == 200 {
				seen["committees"], seen["committee"] = got.body, v.get(committee+"/"+string(x.ID)).wants(t, 200).body
			}
			seen["word"] = unzipped(t, v.get(page+"/word").wants(t, 200).body)
			seen["pdf"] = pdfText(t, v.get(page+"/pdf").wants(t, 200, "%PDF").body)
			if got := v.get("/audit"); got.code == 200 {
				seen["audit"] = got.body
			}
			mine, err := w.db.Paper(t.Context(), actor, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := json.Marshal(w.server.paperDocument(&visit{Request: r, Lang: "ja"}, mine))
			if err != nil {
				t.Fatal(err)
			}
			seen["document"] = string(doc)
			files := 0
			for _, f := range mine.Files {
				if !f.Withheld {
					files++
					seen["file "+f.Name] = v.get(page+"/files/"+string(f.ID)).wants(t, 200).body
				}
			}
			if files != len(c.reads) {
				t.Errorf("%d files", files)
			}
			for _, class := range paper.Classes {
				may := false
				for _, r := range c.reads {
					may = may || r == class
				}
				for where, body := range seen {
					if !may && strings.Contains(body, "canary"+strings.ToUpper(string(class))) {
						t.Errorf("%s of %s in %s", c.who, class, where)
					}
				}
				for _, where := range []string{"page", "word", "document"} {
					for _, field := range []string{"title", "text", "caption", "figure", "file", "alt"} {
						if may && !strings.Contains(seen[where], field+"-canary"+strings.ToUpper(string(class))) {
							t.Errorf("%s lacks %s of %s in %s", c.who, field, class, where)
						}
					}
				}
			}
		})
	}
	all, err := w.db.Paper(t.Context(), mustActor(t, w, account.Clerk), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all.Files { // the number of a file that may not be read opens nothing
		if f.Class != paper.Public {
			w.visitor().get(page+"/files/"+string(f.ID)).wants(t, 404)
		}
	}
}

func mustActor(t *testing.T, w *world, r account.Role) *account.Actor {
	t.Helper()
	a, err := w.db.Actor(t.Context(), w.people[r].ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// unzipped is all that stands in a package of Office, names and all.
func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range z.File {
		b.WriteString(f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// pdfText is what can be read of a PDF, where a reader is installed.
func pdfText(t *testing.T, body string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.Output()
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

// TestCommitteeWay: the office convenes a committee, writes a paper part by
// part, gives it out and takes it back; who is unknown is told; two who write
// at once are not both right.
func TestCommitteeWay(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk, member := w.as(w.people[account.Clerk]), w.as(w.people[account.Member])
	base := "/programmes/" + string(w.programme.ID) + "/committee"
	clerk.post(base, "name", "").wants(t, 422, "入力してください")
	at := clerk.post(base, "name", "検討委員会", "purpose", "助言を頂く").wants(t, 303).location
	member.post(base, "name", "別の").wants(t, 403)
	clerk.post(at+"/seats", "mail", "nobody@example.jp", "seat", "member").wants(t, 422, "登録されていません")
	clerk.post(at+"/seats", "mail", w.people[account.Member].Mail, "seat", "chair").wants(t, 303)
	clerk.post(at+"/meetings", "day", "来週").wants(t, 422)
	clerk.post(at+"/meetings", "day", "2022-09-02").wants(t, 303)
	clerk.post(at+"/actions", "text", "流通経路の案", "class", "committee", "due", "2022-10-01").wants(t, 303)
	member.get(at).wants(t, 200, "流通経路の案", "第1回（2022-09-02）", "委員長")
	clerk.post(at+"/papers", "title", "概要").wants(t, 422, "公開の区分を選んでください")
	edit := clerk.post(at+"/papers", "title", "概要", "class", "public", "kind", "paper").wants(t, 303).location
	id := edit[strings.LastIndex(edit, "/")+1:]
	member.get(edit).wants(t, 403)
	member.get("/papers/"+id).wants(t, 404)
	clerk.post(edit+"/parts", "revision", "1", "title", "ヒアリング", "text", "**20社**から聞きました。", "class", "committee", "title-class", "public", "figures", "済, 3\n予定, 17").wants(t, 303)
	clerk.post(edit+"/parts", "revision", "1", "title", "遅れた人", "class", "public").wants(t, 409)
	clerk.post(edit+"/parts", "revision", "2", "title", "図", "class", "public", "figures", "数がない").wants(t, 422, "読めません")
	clerk.post(edit+"/parts", "revision", "2", "title", "名指し", "class", "closed", "names", "nobody@example.jp").wants(t, 422, "の人は登録されていません")
	clerk.post(edit, "revision", "2", "act", "issue").wants(t, 303)
	member.get("/papers/"+id).wants(t, 200, "20社", "委員限り")
	stranger := w.visitor()
	if b := stranger.get("/papers/"+id).wants(t, 200, "ヒアリング", "内容は非公開").body; strings.Contains(b, "20社") {
		t.Error("a stranger reads what is for the committee")
	}
	clerk.post(edit+"/parts", "revision", "3", "title", "後から", "class", "public").wants(t, 409)
	clerk.post(edit, "revision", "3", "act", "back").wants(t, 303)
	stranger.get("/papers/"+id).wants(t, 404)
	clerk.post(at+"/seats/"+string(w.people[account.Member].ID)+"/remove").wants(t, 303)
	if b := member.get(at).wants(t, 200).body; strings.Contains(b, "流通経路の案") {
		t.Error("without a seat the actions are still read")
	}
}
