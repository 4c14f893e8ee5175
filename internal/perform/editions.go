package perform

import (
	"context"
	"errors"

	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// judging names the editions a report judges, the guideline first.
var judging = []string{"ipa-ec-2023", "ipa-wkd", "ipa-websec-7"}

// Editions are the editions a report judges, the guideline first, as they are
// corrected now.
func Editions(ctx context.Context, db *store.DB) ([]*guideline.Edition, error) {
	var out []*guideline.Edition
	for _, id := range judging {
		e, err := db.Edition(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Released are the editions a report judges as this release brings them.
func Released() ([]*guideline.Edition, error) {
	var out []*guideline.Edition
	for _, id := range judging {
		e, err := guideline.Load(id)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Checklists are the editions that shops answer: those that a report judges,
// and those whose answers never stand in one.
func Checklists(ctx context.Context, db *store.DB) ([]*guideline.Edition, error) {
	out, err := Editions(ctx, db)
	if err != nil {
		return nil, err
	}
	e, err := db.Edition(ctx, "card-security-6")
	return append(out, e), err
}

// pin notes in a run which revisions its report will go by.
func pin(ctx context.Context, db *store.DB, run *diagnose.Run) error {
	list, err := Editions(ctx, db)
	if err != nil {
		return err
	}
	run.Editions = map[string]string{}
	for _, e := range list {
		run.Editions[e.ID] = e.RevisionName()
	}
	return nil
}

// editionsOf are the editions by which a run is judged: in the revisions it
// began with, or as they are now where those are gone or were not noted.
func editionsOf(ctx context.Context, db *store.DB, run *diagnose.Run) ([]*guideline.Edition, error) {
	list, err := Editions(ctx, db)
	for i, e := range list {
		revision, ok := run.Editions[e.ID]
		if !ok {
			continue
		}
		then, err := db.EditionAt(ctx, e.ID, revision)
		if errors.Is(err, store.ErrNotFound) {
			continue // the report says by which it judges
		}
		if err != nil {
			return nil, err
		}
		list[i] = then
	}
	return list, err
}
