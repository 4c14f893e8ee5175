package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"miseban/internal/store"
)

// cmdAbsent is "absent SECRET FILE": no file of the script but FILE holds the
// secret, packed or not, and no exchange, result or ledger line of the database.
func cmdAbsent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: absent SECRET FILE")
	}
	look := func(where string, b []byte) {
		if i := bytes.Index(b, []byte(args[0])); i >= 0 {
			ts.Fatalf("%s holds the secret: …%q…", where, b[max(0, i-80):min(len(b), i+80)])
		}
	}
	seen := 0
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == args[1] {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		look(path, b)
		if !strings.HasSuffix(path, ".xlsx") {
			return nil
		}
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			part, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			look(path+" "+f.Name, part)
		}
		return nil
	}))
	ctx := context.Background()
	data := ts.Getenv("MISEBAN_DATA")
	db, err := store.Open(ctx, store.Options{Database: filepath.Join(data, "miseban.db"), KeyFile: filepath.Join(data, "miseban.key")})
	ts.Check(err)
	defer db.Close()
	heads, err := db.Runs(ctx, 10)
	ts.Check(err)
	exchanges := 0
	for _, h := range heads {
		run, err := db.Run(ctx, h.ID)
		ts.Check(err)
		doc, err := json.Marshal(run)
		ts.Check(err)
		look("run "+h.ID, doc)
		j, err := db.Journal(ctx, h.ID)
		ts.Check(err)
		ledger, err := j.Ledger(ctx)
		ts.Check(err)
		for _, e := range ledger {
			line, err := json.Marshal(e)
			ts.Check(err)
			look("ledger of "+h.ID, line)
			ex, err := j.Exchange(ctx, e.ID)
			if err != nil || ex == nil {
				continue // an observation, or an asking that failed
			}
			exchanges++
			for _, b := range [][]byte{ex.RequestHead, ex.RequestBody, ex.ResponseHead, ex.Body, []byte(ex.RawURL)} {
				look("exchange "+string(e.ID), b)
			}
		}
	}
	if seen < 5 || exchanges < 20 {
		ts.Fatalf("looked at %d files and %d exchanges only", seen, exchanges)
	}
}
