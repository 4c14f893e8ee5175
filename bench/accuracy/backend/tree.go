package backend

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Tree is a scratch folder that a case takes for the root of its file system:
// paths are walked as the kernel walks them, and ".." at the root stays there.
type Tree struct{ root string }

// NewTree takes dir as a root.
func NewTree(dir string) *Tree { return &Tree{dir} }

// Read reads the file at an absolute path. Every folder on the way has to
// exist, also those that ".." leaves again. A zero byte ends the name, as in
// programs written in C.
func (t *Tree) Read(path string) (string, error) {
	if i := strings.IndexByte(path, 0); i >= 0 {
		return "", fs.ErrInvalid
	}
	at := []string{}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		switch p {
		case "", ".":
			continue
		case "..":
			if len(at) > 0 {
				at = at[:len(at)-1]
			}
			continue
		}
		at = append(at, p)
		st, err := os.Lstat(filepath.Join(append([]string{t.root}, at...)...))
		if err != nil {
			return "", fs.ErrNotExist
		}
		if last := i == len(parts)-1; !last && !st.IsDir() {
			return "", fs.ErrNotExist
		}
	}
	full := filepath.Join(append([]string{t.root}, at...)...)
	st, err := os.Stat(full)
	if err != nil {
		return "", fs.ErrNotExist
	}
	if st.IsDir() {
		return "", errors.New("is a directory")
	}
	b, err := os.ReadFile(full)
	return string(b), err
}
