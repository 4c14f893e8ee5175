package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"miseban/internal/diagnose"
	"miseban/internal/page"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/oscal"
	"miseban/internal/report/pdf"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
)

// formats are the formats of reports, by their word on the command line and
// ending of file names.
var formats = []struct {
	name  string
	write func(io.Writer, *report.Document) error
}{
	{"html", html.Write}, {"pdf", pdf.Write}, {"docx", docx.Write}, {"xlsx", xlsx.Write}, {"sarif", sarif.Write}, {"jsonl", jsonl.Write},
	{"oscal", oscal.Results}, {"poam", oscal.PlanOf},
}

// writer writes the format of that name; nil when there is none.
func writer(name string) func(io.Writer, *report.Document) error {
	for _, f := range formats {
		if f.name == name {
			return f.write
		}
	}
	return nil
}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// check refuses what cannot be written before anything is sent.
func (r *reportFlags) check(a *app, cmd *cobra.Command) error {
	if _, err := r.failSeverity(a); err != nil {
		return err
	}
	r.failing = cmd.Flags().Changed("fail-on")
	ending := strings.TrimPrefix(filepath.Ext(r.out), ".")
	if !cmd.Flags().Changed("format") && writer(ending) != nil {
		r.formats = []string{ending} // -o report.pdf says it all
	}
	for _, f := range r.formats {
		if writer(f) == nil {
			return errors.New(a.t("--format の「{name}」は使えません。{names} から選んでください。", "name", f, "names", a.join(formatNames())))
		}
	}
	if r.out == "-" {
		if len(r.formats) > 1 {
			return errors.New(a.t("標準出力（-o -）に書ける形式は1つだけです。"))
		}
		if f := r.formats[0]; (f == "pdf" || f == "docx" || f == "xlsx") && columns(a.out) > 0 {
			return errors.New(a.t("{name} は画面に表示できません。-o でファイルを指定してください。", "name", f))
		}
		return nil
	}
	return a.writable(r.out)
}

// writable tries the folder that out lies in.
func (a *app) writable(out string) error {
	dir := out
	if info, err := os.Stat(out); out == "" || err != nil || !info.IsDir() {
		dir = filepath.Dir(out)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return errors.New(a.t("書き出し先のフォルダ {dir} がありません。先に作ってください。", "dir", dir))
	}
	f, err := os.CreateTemp(dir, ".miseban-*")
	if err != nil {
		return errors.New(a.t("書き出し先のフォルダ {dir} に書き込めません。-o で別のフォルダを指定してください。", "dir", dir))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// write renders doc in each format and returns the files' names. A file
// appears under its name only when it is whole.
func (a *app) write(doc *report.Document, pf *reportFlags) ([]string, error) {
	if pf.out == "-" {
		return nil, writer(pf.formats[0])(a.out, doc)
	}
	var files []string
	for i, f := range pf.formats {
		if slices.Contains(pf.formats[:i], f) {
			continue
		}
		name := reportName(doc, pf, f)
		if err := replace(name, func(w io.Writer) error { return writer(f)(w, doc) }); err != nil {
			return files, fmt.Errorf("%s: %w", a.t("報告書を書き出せません"), err)
		}
		files = append(files, name)
	}
	return files, nil
}

// replace writes a file beside name and gives it the name only when all of it
// is on the disk: an earlier report stays until there is a whole new one.
func replace(name string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".miseban-*")
	if err != nil {
		return err
	}
	err = write(tmp)
	if err == nil {
		err = errors.Join(tmp.Chmod(0o600), tmp.Sync())
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// reportName is where a format goes: a file when --output names one with the
// format's ending, else <output or .>/miseban-<host>-<run>.<format>.
func reportName(doc *report.Document, pf *reportFlags, format string) string {
	if format == "oscal" || format == "poam" {
		format += ".json"
	}
	base := "miseban-" + strings.Trim(unsafeName.ReplaceAllString(doc.Subtitle, "-"), "-") + "-" + doc.Run.ID
	switch info, err := os.Stat(pf.out); {
	case pf.out == "":
		return base + "." + format
	case err == nil && info.IsDir() || strings.HasSuffix(pf.out, string(os.PathSeparator)):
		return filepath.Join(pf.out, base+"."+format)
	}
	if ext := filepath.Ext(pf.out); writer(strings.TrimPrefix(ext, ".")) != nil {
		return strings.TrimSuffix(pf.out, ext) + "." + format
	}
	return pf.out + "." + format
}

// summary says on the terminal what a run came to.
func (a *app) summary(run *diagnose.Run, files []string) {
	w := a.err
	fmt.Fprintln(w)
	switch run.State {
	case diagnose.Stopped, diagnose.Failed:
		a.say(visible(run.Reason.In(a.lang)))
	}
	if walled(run) {
		a.say(a.t("ログイン画面より先のページは見られませんでした。診断できたのは、ログイン画面だけです。"))
	}
	if len(run.Results) > 0 {
		n := run.Findings()
		total := 0
		var parts []string
		for _, s := range severities {
			total += n[s]
			parts = append(parts, fmt.Sprintf("%s %d", s.Name(a.lang), n[s]))
		}
		if total > 0 || run.State != diagnose.Failed { // "0 findings" of a shop that was not seen would be misread
			a.say(a.t("検出事項 {n} 件（{parts}）", "n", fmt.Sprint(total), "parts", a.join(parts)))
		}
		v := run.Verdicts()
		parts = nil
		for _, x := range verdicts {
			if v[x] > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", x.Name(a.lang), v[x]))
			}
		}
		a.say(a.t("検査 {n} 項目: {parts}", "n", fmt.Sprint(len(run.Results)), "parts", a.join(parts)))
	}
	a.wrote(files)
	switch run.State {
	case diagnose.Stopped:
		fmt.Fprintln(w, a.t("再開するには: miseban diagnose --resume {id}", "id", run.ID))
	default:
		fmt.Fprintln(w, a.t("診断番号: {id}", "id", run.ID))
	}
}

// walled says that the run saw nothing but a sign-in page.
func walled(run *diagnose.Run) bool {
	seen := false
	for _, p := range run.Seen.Pages {
		if p.Status >= 300 {
			continue
		}
		if p.Kind != page.Login {
			return false
		}
		seen = true
	}
	return seen
}

// wrote names the files that were written.
func (a *app) wrote(files []string) {
	for _, f := range files {
		fmt.Fprintln(a.err, a.t("報告書: {file}", "file", f))
	}
}
