package intel

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// Trial is the one harmless request that tells whether a vulnerability is
// really open, whatever the version says: it changes nothing and takes nothing
// out. {word} stands for random letters, {host} for a name below .invalid with
// them in it.
type Trial struct {
	// Path is asked for below the place where the product lies, with its query.
	Path string `yaml:"path"`
	// Host says that the Host line names {host}.
	Host bool `yaml:"host"`
	// Other is an address that cannot show what an open answer to Path shows; a
	// shop that answers alike there is not believed.
	Other string `yaml:"other"`
	// Beside is a file of the product that must be there before Closed is
	// believed: without it the product lies elsewhere.
	Beside string `yaml:"beside"`
	// Open and Closed are what the answer is like in either case. An answer that
	// is like neither decides nothing.
	Open   Sighting `yaml:"open"`
	Closed Sighting `yaml:"closed"`
}

// Sighting is what an answer is like: one of the statuses and, if set, a body
// with the pattern.
type Sighting struct {
	Status []int  `yaml:"status"`
	Body   string `yaml:"body"`
	// Said is what it shows, as half a sentence.
	Said i18n.Text `yaml:"said"`
}

// Fill puts the random word and the name made of it in their places.
func (t *Trial) Fill(text, word, host string) string {
	return strings.NewReplacer("{word}", word, "{host}", host).Replace(text)
}

// Sees says whether an answer is like s. word and host are those of the request.
func (t *Trial) Sees(s *Sighting, status int, body, word, host string) bool {
	if !slices.Contains(s.Status, status) {
		return false
	}
	if s.Body == "" {
		return true
	}
	re, err := regexp.Compile(t.Fill(s.Body, regexp.QuoteMeta(word), regexp.QuoteMeta(host)))
	return err == nil && re.MatchString(body)
}

// valid checks the data of a trial: what is not decided by a sign of its own is
// no proof.
func (t *Trial) valid() error {
	if !strings.HasPrefix(t.Path, "/") || !t.Host && (!strings.HasPrefix(t.Beside, "/") || !strings.HasPrefix(t.Other, "/")) {
		return errors.New("trial: a path begins with /")
	}
	if t.Open.Body == "" || !slices.Equal(t.Open.Status, []int{http.StatusOK}) {
		return errors.New("trial: an open answer is a 200 with a sign in its body")
	}
	if t.Host != strings.Contains(t.Open.Body, "{host}") || t.Host && !strings.Contains(t.Path, "{word}") {
		return errors.New("trial: a foreign Host line goes to an address of its own and is looked for in the answer")
	}
	if len(t.Closed.Status) == 0 {
		return errors.New("trial: nothing says when it is closed")
	}
	for _, s := range []*Sighting{&t.Open, &t.Closed} {
		if _, err := regexp.Compile(t.Fill(s.Body, "w", "h")); err != nil {
			return fmt.Errorf("trial: %w", err)
		}
		if s.Said.JA == "" || s.Said.EN == "" {
			return errors.New("trial: what an answer shows is not said in both languages")
		}
	}
	return nil
}
