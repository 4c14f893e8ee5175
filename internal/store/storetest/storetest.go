// Package storetest gives tests databases that are migrated already: making one
// runs every migration, which takes long under the race detector.
package storetest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Template is an SQLite database, made once in a process and copied for each
// test. The zero value is ready.
type Template struct {
	once sync.Once
	data []byte
	err  error
}

// Copy gives the file of a database of the test's own, which begins as prepare
// leaves a file; prepare closes what it opens.
func (x *Template) Copy(t testing.TB, prepare func(file string) error) string {
	t.Helper()
	x.once.Do(func() {
		var dir string
		if dir, x.err = os.MkdirTemp("", "storetest"); x.err != nil {
			return
		}
		defer os.RemoveAll(dir)
		file := filepath.Join(dir, "m.db")
		if x.err = prepare(file); x.err == nil {
			x.data, x.err = os.ReadFile(file)
		}
	})
	if x.err != nil {
		t.Fatal(x.err)
	}
	file := filepath.Join(t.TempDir(), "m.db")
	if err := os.WriteFile(file, x.data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
