package wire

// Courtesy keeps every run of the process to what one address and one
// registrable domain can bear (safety 4 and 5).
type Courtesy struct{}
