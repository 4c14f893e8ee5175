//go:build race

package inject

// racing says that the race detector runs, which makes SQLite many times slower.
const racing = true
