//go:build !race

package inject

// racing says that the race detector runs.
const racing = false
