package testshop

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"miseban/internal/i18n"
)

// Fault is one thing that can be wrong with the shop. Its name is the name of
// the check that must find it, with "/variant" behind it where there are several.
type Fault struct {
	Name  string
	Title i18n.Text
	// Where is the path or the kind of page where it shows.
	Where string
	// Also names the other checks whose verdict may rightly change with it.
	Also []string
}

// Check is the check that must find the fault.
func (f Fault) Check() string {
	name, _, _ := strings.Cut(f.Name, "/")
	return name
}

// Decoy is something that looks like a fault and is none: no check may report it.
type Decoy struct {
	Name  string
	Title i18n.Text
	// Checks are those that a careless tool would report.
	Checks []string
}

// fault is a Fault with what it does, each a hook of the shop's one way to answer.
type fault struct {
	Fault
	cookieName string                     // renames the session cookie
	cookie     func(*visit, *http.Cookie) // changes the session cookie
	before     func(*visit) bool          // answers instead of the shop
	view       func(*visit, *page)        // changes a page before it is drawn
	answer     func(*visit)               // changes the finished answer
	routes     []*route                   // adds pages or takes the place of clean ones
	serve      func(*endpoints)           // changes how Serve opens the shop
	touches    []string                   // what may differ from the clean shop, for the tests
	checks     []string                   // of a decoy
}

// Faults lists every fault.
func Faults() []Fault {
	var list []Fault
	for _, f := range allFaults() {
		list = append(list, f.Fault)
	}
	return list
}

// Decoys lists every decoy.
func Decoys() []Decoy {
	var list []Decoy
	for _, f := range allDecoys() {
		list = append(list, Decoy{f.Name, f.Title, f.checks})
	}
	return list
}

// DecoyNames returns the names of all decoys that can stand together.
func DecoyNames() []string {
	var names []string
	for _, f := range allDecoys() {
		names = append(names, f.Name)
	}
	return names
}

var allFaults = sync.OnceValue(func() []*fault {
	return slices.Concat(headerFaults(), cookieFaults(), transportFaults(), exposureFaults(), leftoverFaults(),
		softwareFaults(), scriptFaults(), paymentFaults(), formFaults(), accessFaults(), injectFaults(), robustFaults(), certificateFaults())
})

// about starts a fault: its name, its title in both languages and its place.
func about(name, where, ja, en string, also ...string) Fault {
	return Fault{Name: name, Title: i18n.Text{JA: ja, EN: en}, Where: where, Also: also}
}

// file is a page of a fault that answers with a fixed text.
func file(path, contentType, body string) *route {
	return &route{pattern: path, kind: kindAsset, get: func(v *visit) { v.text(contentType, body) }}
}

// files are several paths with one text.
func files(contentType, body string, paths ...string) []*route {
	var rr []*route
	for _, p := range paths {
		rr = append(rr, file(p, contentType, body))
	}
	return rr
}

const (
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=UTF-8"
	typeJSON = "application/json; charset=utf-8"
	typeBin  = "application/octet-stream"
)
