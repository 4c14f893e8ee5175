package wire

// Masker replaces secrets by tokens of the same length, keyed per run (safety 10).
type Masker struct{}
