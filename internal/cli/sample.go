package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"miseban/internal/programme/sample"
	"miseban/internal/selection"
)

// sample makes up data for trials.
func (a *app) sample() *cobra.Command {
	group := a.command("sample", nil)
	var n int
	var seed, out string
	cmd := a.command("sample programme", func(*cobra.Command, []string) error {
		if n < 1 || n > 100_000 {
			return errors.New(a.t("--applicants は 1〜100000 にしてください。"))
		}
		f, err := sample.File(sample.Applicants(n, seed))
		if err != nil {
			return err
		}
		return a.file(out, func(w io.Writer) error { return selection.Write(w, f) })
	})
	f := cmd.Flags()
	f.IntVar(&n, "applicants", 152, a.t("作る応募の数"))
	f.StringVar(&seed, "seed", "1", a.t("作るもとになる文字列。同じなら、同じ応募ができる"))
	f.StringVarP(&out, "out", "o", "", a.t("書き出すファイル（省略すると標準出力）"))
	group.AddCommand(cmd)
	return group
}

// file writes to a file that appears when it is whole, or to standard output.
func (a *app) file(name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(a.out)
	}
	if err := a.writable(name); err != nil {
		return err
	}
	return replace(name, write)
}
