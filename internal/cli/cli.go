// Package cli is Miseban on the command line: one file a command.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"miseban/internal/i18n"
	"miseban/internal/store"
)

// The exit codes, as the help documents them.
const (
	exitClean    = 0 // no finding at or above --fail-on
	exitFindings = 1 // findings at or above --fail-on
	exitUsage    = 2 // the command line, a file or the scope is wrong
	exitNothing  = 3 // the shop could not be examined
	exitStopped  = 4 // stopped by a person or a stop rule; can be resumed
)

// Version is Miseban's own; a release build sets it with -ldflags.
var Version = "0.1.0"

// app is what the commands share: where to write, in which language, and the store.
type app struct {
	lang     i18n.Lang
	in       io.Reader
	out, err io.Writer
	log      *slog.Logger
	data     string // folder of database and key
	database string // "" = SQLite in data
	verbose  bool
	code     int
}

// Main runs the command line and returns the exit code.
func Main() int {
	tune()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the process at once
	}()
	return Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// tune lets the collector run seldom while little is held, and strictly near
// 1 GiB: a diagnosis throws away most of what it reads, and a thousand polite
// sessions in one process then spend a quarter less CPU (bench/manyshops).
// GOGC and GOMEMLIMIT, where they are set, win.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
}

// Run is Main with its surroundings given; tests call it.
func Run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	o := &output{w: out}
	a := &app{lang: langOf(args), in: in, out: o, err: errOut, code: exitClean}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(o)
	root.SetErr(errOut)
	if err := cmp.Or(root.ExecuteContext(ctx), o.err); err != nil {
		a.say(a.explain(err))
		var e *exitError
		if errors.As(err, &e) {
			return e.code
		}
		return exitUsage
	}
	return a.code
}

// output is standard output; it remembers the first error, so that what did
// not arrive is not called a success.
type output struct {
	w   io.Writer
	err error
}

// Write writes unless a write failed before.
func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	o.err = err
	return n, err
}

// langOf finds the language before cobra does, because the help itself depends on it.
func langOf(args []string) i18n.Lang {
	for i, arg := range args {
		v, ok := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			v, ok = args[i+1], true
		}
		if ok {
			if l, err := i18n.ParseLang(v); err == nil {
				return l
			}
		}
	}
	for _, name := range []string{"MISEBAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		switch v := os.Getenv(name); {
		case strings.HasPrefix(v, "en"):
			return i18n.EN
		case v != "":
			return i18n.JA
		}
	}
	return i18n.JA
}

func (a *app) root() *cobra.Command {
	cmd := a.command("miseban", nil)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	f := cmd.PersistentFlags()
	f.String("lang", string(a.lang), a.t("表示と報告書の言語"))
	f.StringVar(&a.data, "data", dataDir(), a.t("記録を置くフォルダ"))
	f.StringVar(&a.database, "database", os.Getenv("MISEBAN_DATABASE"), a.t("データベース（ファイル名、または postgres://…）。省略すると --data の中の miseban.db"))
	f.BoolVarP(&a.verbose, "verbose", "v", false, a.t("動作の記録を標準エラー出力に出す"))
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if v, err := cmd.Flags().GetString("lang"); err == nil {
			l, err := i18n.ParseLang(v)
			if err != nil {
				return errors.New(a.t("--lang は ja か en を指定してください。"))
			}
			a.lang = l
		}
		a.log = slog.New(slog.DiscardHandler)
		if a.verbose {
			a.log = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		return nil
	}
	cmd.SetFlagErrorFunc(a.flagError)
	cmd.SetHelpFunc(a.help)
	cmd.SetUsageFunc(func(c *cobra.Command) error { return a.usage(c, c.OutOrStderr()) })
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(a.diagnose(), a.report(), a.compare(), a.check(), a.guideline(), a.rejudge(), a.retest(), a.runs(), a.sample(), a.scope(), a.selection(), a.verify(), a.demo(), a.demoProgramme(), a.serve(), a.work(), a.backup(), a.restore(), a.version(), a.completion())
	cmd.SetHelpCommand(a.helpOn(cmd))
	a.helpFlags(cmd)
	return cmd
}

// helpFlags gives every command its --help in the user's language.
func (a *app) helpFlags(cmd *cobra.Command) {
	cmd.Flags().BoolP("help", "h", false, a.t("この説明を表示する"))
	for _, c := range cmd.Commands() {
		a.helpFlags(c)
	}
}

// helpOn is "miseban help COMMAND".
func (a *app) helpOn(root *cobra.Command) *cobra.Command {
	return a.command("help", func(_ *cobra.Command, args []string) error {
		c, rest, err := root.Find(args)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			return a.group(c, rest)
		}
		return c.Help()
	})
}

// completion writes what a shell needs to complete our commands, flags and names.
func (a *app) completion() *cobra.Command {
	cmd := a.command("completion", func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(a.t("シェルを指定してください: bash、zsh、fish、powershell") + "\n" + a.see(cmd))
		}
		switch root := cmd.Root(); args[0] {
		case "bash":
			return root.GenBashCompletionV2(a.out, true)
		case "zsh":
			return root.GenZshCompletion(a.out)
		case "fish":
			return root.GenFishCompletion(a.out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(a.out)
		}
		return errors.New(a.t("「{name}」用の補完はありません。bash、zsh、fish、powershell から選んでください。", "name", args[0]))
	})
	cmd.ValidArgs = []string{"bash", "zsh", "fish", "powershell"}
	return cmd
}

// t says a Japanese source text in the user's language.
func (a *app) t(ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(a.lang, ja, args)
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

// open opens the store.
func (a *app) open(ctx context.Context) (*store.DB, error) {
	return store.Open(ctx, store.Options{Database: a.databaseName(), KeyFile: a.keyFile()})
}

func (a *app) databaseName() string {
	if a.database != "" {
		return a.database
	}
	return filepath.Join(a.data, "miseban.db")
}

// databaseShown is the database for messages: without the password of a server's address.
func (a *app) databaseShown() string {
	if u, err := url.Parse(a.databaseName()); err == nil && u.Host != "" {
		return u.Redacted()
	}
	return a.databaseName()
}

func (a *app) keyFile() string { return filepath.Join(a.data, "miseban.key") }

func dataDir() string {
	if d := os.Getenv("MISEBAN_DATA"); d != "" {
		return d
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "miseban")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "miseban-data"
	}
	return filepath.Join(home, ".local", "share", "miseban")
}

func (a *app) version() *cobra.Command {
	return a.command("version", func(*cobra.Command, []string) error {
		rev := ""
		if info, ok := debug.ReadBuildInfo(); ok {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					rev = " (" + s.Value[:min(12, len(s.Value))] + ")"
				}
			}
		}
		a.printf("Miseban 店番 %s%s\n", Version, rev)
		return nil
	})
}
