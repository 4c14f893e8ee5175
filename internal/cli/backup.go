package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"miseban/internal/store"
)

// passphraseVariable holds the passphrase where nobody can be asked.
const passphraseVariable = "MISEBAN_BACKUP_PASSPHRASE"

// backup writes a copy of the database, encrypted, while Miseban runs.
func (a *app) backup() *cobra.Command {
	var to []string
	cmd := a.command("backup", func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(a.t("控えを書くファイルの名前を指定してください。例: {example}", "example", "miseban backup miseban-"+time.Now().Format("20060102")+".backup") + "\n" + a.see(cmd))
		}
		recipients, err := a.recipients(to)
		if err != nil {
			return err
		}
		db, err := store.OpenAsIs(cmd.Context(), store.Options{Database: a.databaseName(), KeyFile: a.keyFile()})
		if err != nil {
			return err
		}
		defer db.Close()
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return errors.New(a.t("{file} はすでにあります。別の名前を指定してください。", "file", args[0]))
		}
		if err != nil {
			return err
		}
		done, err := writeBackup(cmd, db, f, recipients)
		if err != nil {
			return errors.Join(err, os.Remove(args[0])) // half a backup is none
		}
		info, err := os.Stat(args[0])
		if err != nil {
			return err
		}
		a.printf("%s\n", a.t("控えを {file} に書きました（{rows} 件、{size} バイト、監査記録 {lines} 行）。", "file", args[0], "rows", strconv.FormatInt(done.Rows, 10), "size", strconv.FormatInt(info.Size(), 10), "lines", strconv.FormatInt(done.Lines, 10)))
		a.printf("%s\n", a.t("鍵のファイル {key} は、この控えに入っていません。別の安全な場所に控えてください。鍵がないと、証跡・資料・テスト用アカウントは読めません。", "key", a.keyFile()))
		return nil
	})
	cmd.Flags().StringArrayVar(&to, "to", nil, a.t("開ける人の公開鍵（age1… 、何度でも）。省略すると合言葉を使う"))
	return cmd
}

func writeBackup(cmd *cobra.Command, db *store.DB, f *os.File, recipients []age.Recipient) (*store.BackupDone, error) {
	out := bufio.NewWriterSize(f, 256<<10)
	sealed, err := age.Encrypt(out, recipients...)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	done, err := db.Backup(cmd.Context(), sealed, Version, time.Now())
	if err == nil {
		err = errors.Join(sealed.Close(), out.Flush(), f.Sync())
	}
	return done, errors.Join(err, f.Close())
}

// recipients are who can open the backup: the named keys, or who knows the passphrase.
func (a *app) recipients(to []string) ([]age.Recipient, error) {
	if len(to) > 0 {
		list, err := age.ParseRecipients(strings.NewReader(strings.Join(to, "\n")))
		if err != nil {
			return nil, errors.New(a.t("--to は age1 で始まる公開鍵です（age-keygen で作れます）。"))
		}
		return list, nil
	}
	words, err := a.passphrase(true)
	if err != nil {
		return nil, err
	}
	r, err := age.NewScryptRecipient(words)
	return []age.Recipient{r}, err
}

// leastPassphrase is how many characters a passphrase has at least.
const leastPassphrase = 12

func (a *app) passphrase(twice bool) (string, error) {
	words := os.Getenv(passphraseVariable)
	if words == "" {
		var err error
		words, err = a.askSecret(a.t("控えの合言葉"))
		if err == nil && twice {
			var again string
			if again, err = a.askSecret(a.t("もう一度")); err == nil && again != words {
				err = errors.New(a.t("2回の入力が違います。何も書いていません。"))
			}
		}
		if errors.Is(err, errNoTerminal) {
			return "", errors.New(a.t("控えの合言葉を環境変数 {variable} に入れるか、鍵を --to（作るとき）、--identity（戻すとき）で指定してください。", "variable", passphraseVariable))
		}
		if err != nil {
			return "", err
		}
	}
	if twice && len([]rune(words)) < leastPassphrase {
		return "", errors.New(a.t("合言葉は {n} 文字以上にしてください。", "n", strconv.Itoa(leastPassphrase)))
	}
	return words, nil
}

// restore fills a new database from a backup.
func (a *app) restore() *cobra.Command {
	var identity string
	var check bool
	cmd := a.command("restore", func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(a.t("控えのファイルを指定してください。") + "\n" + a.see(cmd))
		}
		if _, err := os.Stat(args[0]); err != nil { // before a passphrase is asked for
			return err
		}
		identities, err := a.identities(identity)
		if err != nil {
			return err
		}
		open := func() (io.ReadCloser, error) { return openBackup(args[0], identities) }
		if check {
			r, err := open()
			if err != nil {
				return a.restoreError(err)
			}
			defer r.Close()
			done, err := store.CheckBackup(r)
			if err != nil {
				return a.restoreError(err)
			}
			a.showBackup(done)
			return nil
		}
		done, err := store.Restore(cmd.Context(), store.Options{Database: a.databaseName(), KeyFile: a.keyFile()}, time.Now(), open)
		if err != nil {
			return a.restoreError(err)
		}
		a.showBackup(done)
		a.printf("%s\n", a.t("{file} に復元し、監査記録のつながりを確かめました。", "file", a.databaseShown()))
		a.printf("%s\n", a.t("全員、サインインし直しが必要です。実行中・予定だった診断は一時停止にしました。控えを取ったあとに同意の取り消しがなかったかを確かめてから、再開してください。"))
		a.printf("%s\n", a.t("API トークンと、招待・パスワードの再設定・回答の依頼などのリンクは、すべて取り消しました。送る前だったメールは止めました。必要なものは、運用者の画面から送り直せます。"))
		a.printf("%s\n", a.t("未確認の緊急速報は、未読の知らせに戻しました。次の連絡先には自動で知らせないため、お店に確かめてください。控えを取ったあとに外した人、社内アカウント、アクセスの許可がないかも確かめてください。"))
		return nil
	})
	f := cmd.Flags()
	f.StringVar(&identity, "identity", "", a.t("控えを開く秘密鍵のファイル（age-keygen で作ったもの）。省略すると合言葉を使う"))
	f.BoolVar(&check, "check", false, a.t("控えが壊れていないかだけを確かめ、何も書かない"))
	return cmd
}

func (a *app) showBackup(done *store.BackupDone) {
	a.printf("%s\n", a.t("{taken} の控えです（Miseban {version}、{rows} 件、監査記録 {lines} 行）。壊れていません。", "taken", done.Taken.Local().Format("2006-01-02 15:04"), "version", visible(done.Version),
		"rows", strconv.FormatInt(done.Rows, 10), "lines", strconv.FormatInt(done.Lines, 10)))
}

func (a *app) identities(file string) ([]age.Identity, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		list, err := age.ParseIdentities(f)
		if err != nil {
			return nil, errors.New(a.t("{file} は、控えを開く秘密鍵のファイルではありません。", "file", file))
		}
		return list, nil
	}
	words, err := a.passphrase(false)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(words)
	return []age.Identity{id}, err
}

// opened is a backup being read.
type opened struct {
	io.Reader
	io.Closer
}

func openBackup(file string, identities []age.Identity) (io.ReadCloser, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bufio.NewReaderSize(f, 256<<10), identities...)
	if err != nil {
		var other *age.NoIdentityMatchError
		if !errors.As(err, &other) {
			err = fmt.Errorf("%w: %w", store.ErrBackup, err)
		}
		return nil, errors.Join(err, f.Close())
	}
	return opened{r, f}, nil
}

// restoreError puts into words what restoring refuses by; the rest is explained
// as everywhere.
func (a *app) restoreError(err error) error {
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return errors.New(a.t("合言葉か鍵が、控えを作ったときのものと違います。"))
	case errors.Is(err, store.ErrBackup):
		return errors.New(a.t("この控えは壊れているか、Miseban の控えではありません。別の控えを使ってください（{detail}）。", "detail", visible(err.Error())))
	case errors.Is(err, store.ErrNewer):
		return errors.New(a.t("この控えは、新しいバージョンの Miseban で作られています。Miseban を新しくしてから復元してください。"))
	case errors.Is(err, store.ErrNotEmpty):
		return errors.New(a.t("データベース（{file}）には、すでに記録があります。上書きはしません。--data か --database に、新しい場所を指定してください。", "file", a.databaseShown()))
	case errors.Is(err, store.ErrNoKey):
		return errors.New(a.t("鍵のファイル {file} がありません。控えておいた鍵を、先にここへ置いてください。", "file", a.keyFile()))
	}
	return err
}
