package inject

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// PathTraversal asks whether a value leads to files outside of the folder that
// the shop means.
var PathTraversal = &check.Check{
	Name: "path-traversal", Level: wire.Active, Severity: check.High, CWE: 22,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error { return traversalAt(ctx, p, t) })
	},
}

var (
	fileSample = regexp.MustCompile(`^[\w./ -]*\.[A-Za-z]{2,4}$|^[\w.-]+(?:/[\w.-]+)+$`)
	fileName   = regexp.MustCompile(`(?i)file|doc|path|page|template|tpl|download|include|inc|view|name|image|img|lang|theme|layout|module|pdf|dir|folder|content|skin`)
)

// climb is a way to write a step up, some of which survive a filter, and the
// way to say "here" with the same signs: a program for which that leads to the
// file itself reads the signs as a path; for another the step leads nowhere.
type climb struct {
	up, sep string
	here    *probe.Value
	// left says that the way only leads up where a program takes "../" out.
	left bool
}

var climbs = []climb{
	{"../", "/", traversalHere, false}, {"....//", "/", traversalHere, true}, {`..\`, `\`, traversalHereBack, false}, {"%2e%2e%2f", "%2f", traversalHereCoded, false},
	{"．．／", "／", traversalHereWide, false},
}

// publicFile is a file that every visitor of the machine may know the content
// of: it holds no secret and is the same everywhere.
var publicFile = regexp.MustCompile(`127\.0\.0\.1[ \t]+localhost`)

// neighbours are files that often lie beside the folder of pages or documents.
var neighbours = []string{"config", "index", "readme", "admin/report", "robots", "header"}

// beside are the neighbours of a file with the ending ext. A program that adds
// an ending of its own may be PHP, which would run its index again and again.
func beside(ext string) []string {
	if ext == "" || strings.HasPrefix(ext, ".ph") {
		return slices.DeleteFunc(slices.Clone(neighbours), func(n string) bool { return n == "index" })
	}
	return neighbours
}

var (
	traversalHere      = probe.Ship("traversal-here", here("./"))
	traversalHereBack  = probe.Ship("traversal-here-backslash", here(`.\`))
	traversalHereCoded = probe.Ship("traversal-here-encoded", here("%2e%2f"))
	traversalHereWide  = probe.Ship("traversal-here-wide", here("．／"))
)

// here keeps the folder of v and says before its name that it lies there.
func here(dot string) func(string, *probe.Rand) string {
	return func(v string, _ *probe.Rand) string {
		dir, name := path.Split(v)
		return dir + dot + name
	}
}

func traversalAt(ctx context.Context, p *check.Pass, t *probe.Target) error {
	b, err := t.Baseline(ctx, p)
	if err != nil || !b.Sensitive && !fileName.MatchString(t.Name) {
		return err
	}
	for _, g := range goings(b.Plain) {
		if t.Sample != "" && strings.HasSuffix(g.Raw, t.Sample) { // where to go, and no file
			return nil
		}
	}
	likely := fileSample.MatchString(t.Sample)
	if !likely {
		if !b.Sensitive || numeric(t.Sample) || strings.ContainsAny(t.Sample, " @:?&") {
			return nil
		}
		if t.Part() { // no file is opened by a part of its name
			return nil
		}
		names, err := t.Takes(ctx, p, traversalHere)
		if err != nil || !names && !fileName.MatchString(t.Name) {
			return err
		}
	}
	found, err := systemFile(ctx, p, t)
	if err != nil || found {
		return err
	}
	if !b.Sensitive {
		return nil
	}
	return neighbourFile(ctx, p, t, b)
}

// systemFile asks for a well-known file of the machine.
func systemFile(ctx context.Context, p *check.Pass, t *probe.Target) (bool, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return false, err
	}
	dir, base := path.Split(t.Sample)
	values := []string{"/etc/hosts", dir + strings.Repeat("../", 8) + "etc/hosts"}
	if fileSample.MatchString(t.Sample) || fileName.MatchString(t.Name) {
		values = append(values, "file:///etc/hosts")
	}
	if path.Ext(base) == "" { // a program that adds an ending may be one for which a zero byte ends the name
		values = append(values, values[1]+"\x00")
	}
	for _, c := range climbs[1:] {
		ok, err := leads(ctx, p, t, b, c)
		if err != nil {
			return false, err
		}
		if ok {
			values = append(values, dir+strings.Repeat(c.up, 8)+"etc"+c.sep+"hosts")
		}
	}
	for _, v := range values {
		a, err := t.Send(ctx, p, v, probe.Because("a well-known file of the machine"))
		if err != nil {
			return false, err
		}
		if a.Blocked() || !publicFile.MatchString(a.Said()) || publicFile.MatchString(b.Plain.Said()) {
			continue
		}
		other, c, err := outside(ctx, p, t, v)
		if err != nil || c == nil {
			return false, err
		}
		again, err := t.Send(ctx, p, v, probe.Again, probe.Because("the well-known file once more"))
		if err != nil || !publicFile.MatchString(again.Said()) {
			return false, err
		}
		traversed(p, t, "", v, other, a, c)
		return true, nil
	}
	return false, nil
}

// nowhere are the names beside which a well-known file must not show: another
// name in its folder, a folder that does not exist, and the name alone. A
// handbook that shows what the name says, wherever it is, is no file of the machine.
func nowhere(v string, r *probe.Rand) []string {
	folder := strings.LastIndex(v, "etc")
	name := strings.LastIndex(v, "hosts")
	return []string{v[:name] + "hostz" + v[name+len("hosts"):], v[:folder] + r.Letters(3) + v[folder+len("etc"):], v[name:]}
}

// outside holds a find against the names that lead nowhere; the first of them
// and its answer are the proof. The answer is nil where one shows the file too.
func outside(ctx context.Context, p *check.Pass, t *probe.Target, v string) (first string, none *probe.Answer, err error) {
	for i, other := range nowhere(v, probe.NewRand(p.Derive("nowhere "+t.ID))) {
		a, err := t.Send(ctx, p, other, probe.Because("a file that does not exist"))
		if err != nil || publicFile.MatchString(a.Said()) {
			return "", nil, err
		}
		if i == 0 {
			first, none = other, a
		}
	}
	return first, none, nil
}

// leads says whether the signs of c are read as those of a path: what is "here"
// is the file itself. Where the value shows nothing, nobody can tell, and where
// a protection refuses signs, they are not tried.
func leads(ctx context.Context, p *check.Pass, t *probe.Target, b *probe.Baseline, c climb) (bool, error) {
	if !b.Sensitive {
		return false, nil
	}
	return t.Takes(ctx, p, c.here)
}

// neighbourFile looks one step up for files that a name without the step does
// not find: only a program that climbs tells a file there from none.
func neighbourFile(ctx context.Context, p *check.Pass, t *probe.Target, b *probe.Baseline) error {
	dir, base := path.Split(t.Sample)
	ext := path.Ext(base)
	dropped := false
	for _, c := range climbs {
		if c.left && !dropped {
			continue
		}
		if ok, err := leads(ctx, p, t, b, c); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		own, err := t.Send(ctx, p, dir+c.up+base, probe.Because("whether a step up is dropped"))
		if err != nil {
			return err
		}
		if b.Compare(own) == probe.Same {
			dropped = true
			continue
		}
		if own.Blocked() {
			continue
		}
		r := probe.NewRand(p.Derive("traversal " + c.up + t.ID))
		none, err := t.Send(ctx, p, dir+c.up+r.Letters(7)+ext, probe.Because("a file that does not exist one step up"))
		if err != nil {
			return err
		}
		if none.Blocked() {
			continue
		}
		for _, n := range beside(ext) {
			a, err := t.Send(ctx, p, dir+c.up+n+ext, probe.Because("a likely file one step up"))
			if err != nil {
				return err
			}
			if a.Blocked() || a.Ex.Status >= 400 || b.AlikeButNames(a, none) {
				continue
			}
			ok, err := climbed(ctx, p, t, b, dir, c.up, n, ext, a)
			if err != nil || ok {
				return err
			}
		}
	}
	return nil
}

// climbed holds a find against chance and against programs that only drop the step.
func climbed(ctx context.Context, p *check.Pass, t *probe.Target, b *probe.Baseline, dir, c, n, ext string, found *probe.Answer) (bool, error) {
	plain, err := t.Send(ctx, p, dir+n+ext, probe.Because("the same name without the step"))
	if err != nil || b.AlikeButNames(plain, found) {
		return false, err
	}
	var none *probe.Answer
	for round := range 6 {
		r := probe.NewRand(p.Derive(fmt.Sprintf("traversal again %d %s %s", round, c, t.ID)))
		if none, err = t.Send(ctx, p, dir+c+r.Letters(len(n))+ext, probe.Because("a file that does not exist one step up")); err != nil {
			return false, err
		}
		again, err := t.Send(ctx, p, dir+c+n+ext, probe.Again, probe.Because("the file one step up once more"))
		if err != nil {
			return false, err
		}
		if b.AlikeButNames(none, found) || !b.Alike(again, found) {
			return false, nil
		}
	}
	traversed(p, t, "neighbour", dir+c+n+ext, none.Value, found, none)
	return true, nil
}

func traversed(p *check.Pass, t *probe.Target, kind, there, missing string, found, none *probe.Answer) {
	f := p.Report(found.Ex, t.Where(), nil)
	f.Parameter, f.Case = t.Name, kind
	f.Evidence = appendID(f.Evidence, none.Ex.ID)
	f.Words = map[string]i18n.Text{"place": t.Words()}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s に「%s」を送ると、フォルダの外にあるファイルの内容が表示されました。存在しない名前「%s」では表示されません。", t.Words().JA, there, missing),
			EN: fmt.Sprintf("With \"%s\" in %s a file outside of the folder is shown; with \"%s\", which does not exist, it is not.", there, t.Words().EN, missing),
		},
		Steps: []check.ProofStep{
			{Value: there, Saw: i18n.Text{JA: "フォルダの外のファイルが表示されました", EN: "a file outside of the folder was shown"}, Evidence: found.Ex.ID},
			{Value: missing, Saw: i18n.Text{JA: "表示されませんでした", EN: "it was not shown"}, Evidence: none.Ex.ID},
		},
		Curl: probe.Curl(found.Sent()), Agreed: 3, Tried: 3,
	}
}
