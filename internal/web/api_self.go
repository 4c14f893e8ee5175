package web

import (
	"time"

	"miseban/internal/guideline"
	"miseban/internal/perform"
)

type apiNothing struct{}

type apiMembership struct {
	Organisation string   `json:"organisation"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Roles        []string `json:"roles" nullable:"false"`
}

type apiTokenInfo struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes" nullable:"false"`
	Expires time.Time `json:"expires"`
}

type apiMe struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Mail        string          `json:"mail"`
	Memberships []apiMembership `json:"memberships" nullable:"false"`
	Token       apiTokenInfo    `json:"token"`
}

type apiMeAnswer struct{ Body apiMe }

func words[T ~string](list []T) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func (s *Server) apiMe(v *visit, _ *apiNothing) (*apiMeAnswer, error) {
	p, k := v.Actor.Person, v.Token
	me := apiMe{ID: string(p.ID), Name: p.Name, Mail: p.Mail, Memberships: []apiMembership{}, Token: apiTokenInfo{string(k.ID), k.Name, words(k.Scopes), k.Expires}}
	for _, m := range v.Actor.Members {
		me.Memberships = append(me.Memberships, apiMembership{string(m.Organisation.ID), m.Organisation.Name, string(m.Organisation.Kind), words(m.Roles)})
	}
	return &apiMeAnswer{me}, nil
}

// APIEdition is an edition of a guideline in a list.
type APIEdition struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
	// Correction counts what an office corrected on the revision.
	Correction int    `json:"correction,omitempty"`
	Title      string `json:"title"`
	Issuer     string `json:"issuer"`
	Published  string `json:"published"`
	URL        string `json:"url,omitempty"`
}

type apiPart struct {
	ID     string `json:"id"`
	Number string `json:"number,omitempty"`
	Title  string `json:"title"`
}

type apiRequirement struct {
	ID        string   `json:"id"`
	Part      string   `json:"part"`
	Number    string   `json:"number"`
	Title     string   `json:"title"`
	Text      string   `json:"text"`
	Level     string   `json:"level,omitempty"`
	Verified  bool     `json:"level_verified"`
	Checks    []string `json:"checks" nullable:"false"`
	Questions []string `json:"questions" nullable:"false"`
}

type apiQuestion struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`
	Who     string   `json:"who"`
	Choices []string `json:"choices" nullable:"false"`
}

type apiWholeEdition struct {
	APIEdition
	Parts        []apiPart        `json:"parts" nullable:"false"`
	Requirements []apiRequirement `json:"requirements" nullable:"false"`
	Questions    []apiQuestion    `json:"questions" nullable:"false"`
}

type apiEditionsAnswer struct{ Body list[APIEdition] }

type apiEditionAnswer struct{ Body apiWholeEdition }

// OfEdition names an edition in an address.
type OfEdition struct {
	Edition string `path:"edition" maxLength:"80"`
}

func editionOf(v *visit, e *guideline.Edition) APIEdition {
	return APIEdition{e.ID, e.Revision, e.Correction, e.Title.In(v.Lang), e.Issuer.In(v.Lang), e.Published.Value, e.URL.Value}
}

func (s *Server) apiGuidelines(v *visit, _ *apiNothing) (*apiEditionsAnswer, error) {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return nil, err
	}
	out := &apiEditionsAnswer{list[APIEdition]{Items: []APIEdition{}}}
	for _, e := range editions {
		out.Body.Items = append(out.Body.Items, editionOf(v, e))
	}
	return out, nil
}

func (s *Server) apiGuideline(v *visit, _ *OfEdition) (*apiEditionAnswer, error) {
	e, err := s.edition(v)
	if err != nil {
		return nil, err
	}
	x := apiWholeEdition{APIEdition: editionOf(v, e), Parts: []apiPart{}, Requirements: []apiRequirement{}, Questions: []apiQuestion{}}
	for _, p := range e.Parts {
		x.Parts = append(x.Parts, apiPart{p.ID, p.Number, p.Title.In(v.Lang)})
	}
	for _, r := range e.Requirements {
		o := apiRequirement{ID: r.ID, Part: r.Part, Number: r.Number, Title: r.Title.In(v.Lang), Text: r.Text.In(v.Lang), Level: string(r.Level.Value), Verified: r.Level.Verified, Checks: []string{}, Questions: words(r.Questions)}
		for _, c := range r.Checks {
			o.Checks = append(o.Checks, c.Check)
		}
		x.Requirements = append(x.Requirements, o)
	}
	for i := range e.Questions {
		q := &e.Questions[i]
		x.Questions = append(x.Questions, apiQuestion{q.ID, q.Text.In(v.Lang), string(q.Who), words(q.Choices())})
	}
	return &apiEditionAnswer{x}, nil
}
