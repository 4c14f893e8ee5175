package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestBackup goes the way of an operator whose machine burnt down: a backup, a
// new place, the key put back, and everything that can go wrong on the way.
func TestBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	db, err := store.Open(t.Context(), store.Options{Database: filepath.Join(old, "miseban.db"), KeyFile: filepath.Join(old, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // it runs on while it is copied
	o := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "山田茶舗"}
	if err := db.Change(t.Context(), "", time.Now(), func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), o) }); err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	mine, theirs, noKey := write("mine", id.String()+"\n"), write("theirs", other.String()+"\n"), write("none", "hello\n")
	file := filepath.Join(dir, "m.backup")
	try := func(code int, want string, args ...string) {
		t.Helper()
		var said strings.Builder
		if got := Run(t.Context(), append(args, "--lang", "en"), strings.NewReader(""), &said, &said); got != code || !strings.Contains(said.String(), want) {
			t.Errorf("%v: ended with %d, want %d with %q:\n%s", args, got, code, want, said.String())
		}
	}
	try(exitUsage, "Name the file", "backup", "--data", old)
	try(exitUsage, "MISEBAN_BACKUP_PASSPHRASE", "backup", file, "--data", old)
	try(exitUsage, "does not exist", "restore", filepath.Join(dir, "gone.backup"), "--data", fresh)
	try(exitUsage, "age1", "backup", file, "--data", old, "--to", "me")
	try(exitUsage, "miseban.db", "backup", file, "--data", fresh, "--to", id.Recipient().String())
	if _, err := os.Stat(fresh); err == nil {
		t.Error("copying what is not there makes it")
	}
	try(exitClean, "is not in this backup", "backup", file, "--data", old, "--to", id.Recipient().String())
	try(exitUsage, "exists already", "backup", file, "--data", old, "--to", id.Recipient().String())
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}

	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "山田茶舗") {
		t.Error("the backup can be read")
	}
	cut := write("cut", string(b[:len(b)-20]))
	try(exitUsage, "Name the backup", "restore", "--data", fresh)
	try(exitUsage, "not the one", "restore", file, "--data", fresh, "--identity", theirs)
	try(exitUsage, "no file with a secret key", "restore", file, "--data", fresh, "--identity", noKey)
	try(exitUsage, "broken", "restore", cut, "--data", fresh, "--identity", mine)
	try(exitUsage, "broken", "restore", mine, "--data", fresh, "--identity", mine)
	try(exitClean, "1 lines of the audit log", "restore", file, "--check", "--data", fresh, "--identity", mine)
	try(exitUsage, "is missing", "restore", file, "--data", fresh, "--identity", mine)
	if _, err := os.Stat(fresh); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was refused left something behind: %v", err)
	}
	key, err := os.ReadFile(filepath.Join(old, "miseban.key"))
	if err := errors.Join(err, os.Mkdir(fresh, 0o700), os.WriteFile(filepath.Join(fresh, "miseban.key"), key, 0o600)); err != nil {
		t.Fatal(err)
	}
	try(exitClean, "chain of the audit log was verified", "restore", file, "--data", fresh, "--identity", mine)
	try(exitUsage, "holds records already", "restore", file, "--data", fresh, "--identity", mine)
	try(exitUsage, "holds records already", "restore", file, "--data", old, "--identity", mine)
	again, err := store.Open(t.Context(), store.Options{Database: filepath.Join(fresh, "miseban.db"), KeyFile: filepath.Join(fresh, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got, err := again.Organisation(t.Context(), o.ID); err != nil || got.Name != o.Name {
		t.Errorf("the organisation: %+v, %v", got, err)
	}
}

// TestBackupPassphrase: words open what they closed, and others do not.
func TestBackupPassphrase(t *testing.T) {
	if testing.Short() {
		t.Skip("making a key of a passphrase is slow on purpose")
	}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Database: filepath.Join(dir, "miseban.db"), KeyFile: filepath.Join(dir, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := filepath.Join(dir, "m.backup")
	for _, c := range []struct {
		words string
		code  int
		args  []string
	}{
		{"too short", exitUsage, []string{"backup", file}},
		{"石畳の街並みを歩いて帰る", exitClean, []string{"backup", file}},
		{"石畳の街並みを走って帰る", exitUsage, []string{"restore", file, "--check"}},
		{"石畳の街並みを歩いて帰る", exitClean, []string{"restore", file, "--check"}},
	} {
		t.Setenv(passphraseVariable, c.words)
		if got := Run(t.Context(), append(c.args, "--data", dir), strings.NewReader(""), io.Discard, io.Discard); got != c.code {
			t.Errorf("%s with %q: ended with %d, want %d", c.args, c.words, got, c.code)
		}
	}
}
