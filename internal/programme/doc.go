// Package programme holds the rules of a programme: its call, who may take part,
// and each shop's way through it as a case that moves from step to step.
package programme
