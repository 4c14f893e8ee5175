package page

import "net/url"

// Trial is a look of a browser at a page with tagged values in the places from
// which its scripts may read: the address, the window's name, a message, what
// was stored. Word is in all of them; it is also the name of a variable whose
// reading is noted, so that a value which runs as a script shows, and does
// nothing else.
type Trial struct {
	URL      *url.URL // with its fragment
	Word     string   // lower-case letters
	Name     string   // of the window; "" leaves it empty
	Message  string   // posted to the page once it is loaded; "" none
	Referrer string
	Storage  []Stored // put there before the page's scripts run
}

// Trialled is what a browser saw of a Trial.
type Trialled struct {
	// Sinks are the uses of a value with the word where text becomes a document,
	// a script or an address.
	Sinks []Sink
	// Ran says that a script read the variable named Word.
	Ran bool
	// Polluted are the properties with the word in their name that every object has now.
	Polluted []string
	// Went are the addresses to which scripts tried to go.
	Went []string
	Err  string // why the picture is incomplete
}

// Sink is one use of a tagged value.
type Sink struct {
	Name   string // "innerHTML", "eval", "location"…
	Value  string // as it arrived there
	Script string // the address of the script that did it, "" when unknown
}
