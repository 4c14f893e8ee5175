// Package backend holds the real interpreters behind the cases of the accuracy
// bench: three databases, a shell, Perl and PHP, a directory, documents and a
// mail sink. Servers are started in scratch folders on loopback and stopped at
// the end; programs run as nobody, without a network, for a few seconds at most.
package backend

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// Set is what one run of the bench has at hand.
type Set struct {
	dir  string
	next atomic.Int64

	mu       sync.Mutex
	postgres *server
	maria    *server
	pgErr    error
	mariaErr error
	tools    string
}

// New makes a set that keeps its files below a new temporary folder.
func New() (*Set, error) {
	dir, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, err
	}
	return &Set{dir: dir}, os.Chmod(dir, 0o755)
}

// Close stops the servers and removes the files.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range []*server{s.postgres, s.maria} {
		if x != nil {
			x.stop()
		}
	}
	Remove(s.dir)
}

// Next numbers what has to be unique in the set.
func (s *Set) Next() int64 { return s.next.Add(1) }

// Has says whether what a family needs is installed.
func (s *Set) Has(need string) bool {
	switch need {
	case "postgres":
		return program("postgres") != "" && program("initdb") != ""
	case "mariadb":
		return program("mariadbd") != "" && program("mariadb-install-db") != ""
	case "browser":
		return program("chromium") != "" || program("chromium-browser") != "" || program("google-chrome") != ""
	}
	return program(need) != ""
}

// program finds an executable also where servers of Debian lie.
func program(name string) string {
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	for _, p := range append(places, "/usr/sbin/"+name) {
		if st, err := os.Stat(p); err == nil && st.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

// Folder makes a scratch folder with the given files (path → text).
func (s *Set) Folder(files map[string]string) (string, error) {
	dir, err := os.MkdirTemp(s.dir, "files")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// Remove deletes a scratch folder.
func Remove(dir string) { _ = os.RemoveAll(dir) }
