// Package heldback holds families of cases that nobody looks at while checks
// are written. Their authors have not read the engine; the bench runs them
// once, for the figures that are published. Package trial says how to add one:
// a file beside this one, and the value in Families.
package heldback

import "miseban/bench/accuracy/trial"

// Families are all of them.
var Families []*trial.Family
