// Package intel holds what Miseban knows of software: how products are
// recognised, which contents of static files belong to which releases, which
// versions are known to be vulnerable and which are no longer maintained.
//
// The knowledge is data, not code. It is dated, embedded in the binary, and can
// be replaced by a newer signed bundle without a release (see LoadBundle). All
// lookups are pure: no network, no files, and the time comes from the caller.
package intel
