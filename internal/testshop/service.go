package testshop

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/flosch/pongo2/v6"
)

// The pages here put what a visitor sends into something that interprets: the
// history's filter, the letter on a gift, the downloads, the ways out. In the
// clean shop each is written with care; the faults of inject/ take the care away.

// history lists a member's orders, all or those of a year.
func (v *visit) history(m *member) { v.historyBy(m, yearBound) }

// yearBound asks with bound values.
func yearBound(v *visit, email, year string) ([]string, error) {
	n, err := strconv.Atoi(year)
	if err != nil {
		return nil, nil // what is no year has no orders
	}
	return v.rows("SELECT no FROM purchase WHERE email = ? AND year = ?", email, n)
}

func (v *visit) historyBy(m *member, find func(*visit, string, string) ([]string, error)) {
	own := v.copyOf(m)
	orders := own.orders
	if year := v.r.URL.Query().Get("year"); year != "" {
		v.shop.db.enter(own.Email, orders)
		nos, err := find(v, own.Email, year)
		if err != nil {
			v.fail(http.StatusInternalServerError, "ただいま表示できません")
			return
		}
		orders = slices.DeleteFunc(orders, func(o *order) bool { return !slices.Contains(nos, o.No) })
	}
	v.render("history", &page{Title: "注文履歴", Data: map[string]any{"Orders": orders, "Years": []int{2026, 2025}}})
}

// letters are the templates of the shop's letters. Nothing is read from disk by
// them, and what could fill the memory is left out.
// A set may be used by one visitor at a time (it notes in itself that a template was made).
func letters() *pongo2.TemplateSet {
	set := pongo2.NewSet("letters", nothing{})
	for _, tag := range []string{"ssi", "include", "import", "extends", "lorem"} {
		must(set.BanTag(tag))
	}
	for _, filter := range []string{"center", "ljust", "rjust"} {
		must(set.BanFilter(filter))
	}
	return set
}

func must(err error) {
	if err != nil {
		panic("testshop: " + err.Error())
	}
}

// nothing is where the letters' templates would be read from.
type nothing struct{}

// Abs and Get find no template.
func (nothing) Abs(_, name string) string     { return name }
func (nothing) Get(string) (io.Reader, error) { return nil, errors.New("no template") }
func (nothing) String() string                { return "nothing" }
func noshiBound(name string) (source string, values pongo2.Context) {
	return "御祝 {{ name }} 様", pongo2.Context{"name": name}
}

// noshi shows how a gift's ribbon will be lettered.
func (v *visit) noshi(letter func(name string) (string, pongo2.Context)) {
	name := v.r.URL.Query().Get("name")
	p := &page{Title: "のし名入れの見本", Data: map[string]any{"Name": name, "Ribbon": ""}}
	if name != "" {
		source, values := letter(name)
		t, err := letters().FromString(source)
		var ribbon string
		if err == nil {
			ribbon, err = t.Execute(values)
		}
		if err != nil {
			v.fail(http.StatusInternalServerError, "見本を作れませんでした")
			return
		}
		p.Data = map[string]any{"Name": name, "Ribbon": template.HTML(ribbon)}
	}
	v.render("noshi", p)
}

// drive is the disk of the machine on which the shop pretends to run: what a
// careless download reads is not the disk of who tries the shop.
var drive = map[string]string{
	"/etc/passwd":                               "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nchaya:x:1000:1000::/home/chaya:/bin/bash\n",
	"/etc/hostname":                             "web01\n",
	"/etc/hosts":                                "127.0.0.1\tlocalhost\n127.0.1.1\tweb01\n",
	downloads + "/order-sheet.txt":              "FAX注文用紙\n\nお名前:\nご住所:\nお電話:\n\n商品番号        数量\n",
	downloads + "/wholesale-2026.csv":           "商品番号,商品名,卸値\nCM-01001,やぶきた 上煎茶 1kg,6800\nCM-03021,香りほうじ茶 1kg,2900\n",
	"/var/www/html/shop/config/settings.ini":    "[shop]\nname = chaya\nlanguage = ja\n",
	"/var/www/html/shop/download/old/index.txt": "旧版の用紙は店頭でお渡ししています。\n",
}

const downloads = "/var/www/html/shop/download"

// opened walks to a file as an operating system does: step by step, and only
// through folders that are there.
func opened(name string) (string, bool) {
	if strings.ContainsRune(name, 0) {
		return "", false
	}
	at := "/"
	steps := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for i, step := range steps {
		if step == "" || step == "." {
			continue
		}
		at = path.Join(at, step) // ".." leads up, at the root to itself
		if i < len(steps)-1 && !folder(at) {
			return "", false
		}
	}
	text, ok := drive[at]
	return text, ok
}

func folder(at string) bool {
	for name := range drive {
		if at == "/" || strings.HasPrefix(name, at+"/") {
			return true
		}
	}
	return false
}

// forms are what visitors may download.
var forms = []string{"order-sheet.txt", "wholesale-2026.csv"}

func (v *visit) download() {
	name := v.r.URL.Query().Get("file")
	if !slices.Contains(forms, name) {
		v.notFound()
		return
	}
	v.handOut(downloads + "/" + name)
}

// handOut sends a file of the drive.
func (v *visit) handOut(name string) {
	text, ok := opened(name)
	if !ok {
		v.notFound()
		return
	}
	v.kind = kindAsset
	v.header.Set("Content-Disposition", "attachment")
	v.text(typeText, text)
}

// partners are the sites to which the shop sends its visitors.
var partners = []string{"https://www.tea-museum.invalid/", "https://post.invalid/track"}

// out leads to a partner by way of a page of the shop, so that the way is counted.
func (v *visit) out() {
	to := v.r.URL.Query().Get("url")
	if !slices.Contains(partners, to) {
		v.fail(http.StatusNotFound, "ご案内できないリンクです")
		return
	}
	v.redirect(http.StatusFound, to)
}

// onward is where a visitor wants to go after signing in, if it is a page of the shop.
func onward(to string) string {
	if len(to) < 2 || to[0] != '/' || strings.ContainsAny(to, "\\\r\n\t") || to[1] == '/' {
		return ""
	}
	return to
}

// echo writes a visitor's word into the finished page, instead of mark.
func (v *visit) echo(mark, word string) {
	v.body = bytes.ReplaceAll(v.body, []byte(mark), []byte(word))
}
