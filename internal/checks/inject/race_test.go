//go:build race

package inject

// racing says that the race detector runs, which makes the SQLite of this test
// many times slower; the statements are the same without it.
const racing = true
