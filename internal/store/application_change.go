package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// repeated is what the columns of an application repeat of its form.
func repeated(a *programme.Application) ([]any, error) {
	f := &a.Form
	doc, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return []any{string(a.Outcome), f.Company, f.Shop, f.Host(), f.Number, f.Phone,
		string(f.Attribute(programme.ByMethod)), string(f.Attribute(programme.ByBusiness)), string(f.Attribute(programme.ByTurnover)), string(f.Attribute(programme.ByPosture)), string(doc)}, nil
}

// AddApplication begins an application as a draft of who has a confirmed address.
func (t *Tx) AddApplication(ctx context.Context, p *programme.Programme, a *programme.Application) error {
	a.Programme, a.Revision, a.Stage, a.Receipt, a.Created, a.Updated = p.ID, 1, programme.Drafted, "", t.At, t.At
	more, err := repeated(a)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ApplicationBegun, Object: a.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	_, err = t.exec(ctx, `INSERT INTO applications (id, programme_id, revision, stage, receipt, mail, lang, created, updated, submitted, outcome, company, shop, host, corporate_number, phone, method, business, turnover, posture, doc) VALUES (`+places(0, 21)+`)`,
		append([]any{string(a.ID), string(p.ID), a.Revision, string(a.Stage), a.Receipt, a.Mail, string(a.Lang), ts(a.Created), ts(a.Updated), ""}, more...)...)
	return err
}

// write keeps what an application says. ErrConflict when it is not at a.Revision
// or in one of the stages any more.
func (t *Tx) writeApplication(ctx context.Context, a *programme.Application, where string) error {
	more, err := repeated(a)
	if err != nil {
		return err
	}
	if err := t.one(ctx, ErrConflict, `UPDATE applications SET revision = revision + 1, updated = $4, outcome = $5, company = $6, shop = $7, host = $8, corporate_number = $9, phone = $10, method = $11, business = $12, turnover = $13, posture = $14, doc = $15 WHERE id = $1 AND programme_id = $2 AND revision = $3`+where,
		append([]any{string(a.ID), string(a.Programme), a.Revision, ts(t.At)}, more...)...); err != nil {
		return err
	}
	a.Revision++
	a.Updated = t.At
	return nil
}

// SaveDraft keeps a draft. ErrConflict when it was changed meanwhile, or sent.
func (t *Tx) SaveDraft(ctx context.Context, p *programme.Programme, a *programme.Application) error {
	t.Record(account.Event{Verb: account.ApplicationSaved, Object: a.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	return t.writeApplication(ctx, a, ` AND stage = 'draft'`)
}

// SubmitApplication sends a draft: it gets its receipt number, and what the
// programme's rules say to it is kept. Afterwards its writer can only withdraw it.
func (t *Tx) SubmitApplication(ctx context.Context, p *programme.Programme, a *programme.Application) error {
	a.Outcome, _ = p.Judge(&a.Form)
	if err := t.writeApplication(ctx, a, ` AND stage = 'draft'`); err != nil {
		return err
	}
	var n int
	if err := t.q.QueryRowContext(ctx, `UPDATE programmes SET receipts = receipts + 1 WHERE id = $1 RETURNING receipts`, string(p.ID)).Scan(&n); err != nil {
		return found("programme", err)
	}
	a.Receipt, a.Submitted = fmt.Sprintf("%05d", n), t.At
	if err := t.one(ctx, ErrConflict, `UPDATE applications SET receipt = $2, submitted = $3 WHERE id = $1 AND receipt = ''`, string(a.ID), a.Receipt, ts(a.Submitted)); err != nil {
		return err
	}
	return t.MoveApplication(ctx, p, a, programme.Received, programme.ByApplicant, "")
}

// ErrNoNote is a move for which the office has to say why.
var ErrNoNote = errors.New("a note has to say why")

// MoveApplication takes an application to another stage, as the table of moves
// allows, and writes its history. ErrConflict when it is not in a.Stage any more.
func (t *Tx) MoveApplication(ctx context.Context, p *programme.Programme, a *programme.Application, to programme.Stage, by programme.Mover, note string) error {
	must, err := programme.MoveStage(a.Stage, to, by)
	switch {
	case err != nil:
		return err
	case must && note == "":
		return ErrNoNote
	}
	if err := t.one(ctx, ErrConflict, `UPDATE applications SET stage = $4, revision = revision + 1, updated = $5 WHERE id = $1 AND programme_id = $2 AND stage = $3`, string(a.ID), string(p.ID), string(a.Stage), string(to), ts(t.At)); err != nil {
		return err
	}
	from := a.Stage
	a.Stage, a.Updated = to, t.At
	a.Revision++
	t.Record(account.Event{Verb: account.ApplicationMoved, Object: a.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID), "from": string(from), "to": string(to), "by": string(by)}})
	if err := t.addApplicationEvent(&ApplicationEvent{Application: a.ID, Mover: by, What: ApplicationMoved, From: from, To: to, Note: note}, p.ID); err != nil {
		return err
	}
	return t.followApplication(ctx, p.Office, programme.Case{Programme: p.ID, Application: a.ID, Number: a.Receipt, Name: a.Form.Shop}, to, note)
}

// CorrectApplication changes what an application says in the name of the
// office; the note says why, and the history what changed. The rules are
// applied anew. ErrConflict when it is not at a.Revision any more.
func (t *Tx) CorrectApplication(ctx context.Context, p *programme.Programme, a *programme.Application, before *programme.Form, note string) error {
	if note == "" {
		return ErrNoNote
	}
	a.Outcome, _ = p.Judge(&a.Form)
	if err := t.writeApplication(ctx, a, ` AND receipt <> '' AND stage <> 'withdrawn'`); err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ApplicationCorrected, Object: a.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	return t.addApplicationEvent(&ApplicationEvent{Application: a.ID, Mover: programme.ByOffice, What: ApplicationCorrected, Note: note, Changes: programme.Corrections(before, &a.Form)}, p.ID)
}

// NoteApplication adds a note of the office to an application's history.
func (t *Tx) NoteApplication(ctx context.Context, p *programme.Programme, id account.ID, note string) error {
	t.Record(account.Event{Verb: account.ApplicationNoted, Object: id, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	return t.addApplicationEvent(&ApplicationEvent{Application: id, Mover: programme.ByOffice, What: ApplicationNoted, Note: note}, p.ID)
}

func (t *Tx) addApplicationEvent(e *ApplicationEvent, programmeID account.ID) error {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return err
	}
	e.ID, e.At, e.By = account.NewID(), t.At, t.By
	t.add(`application_events (id, programme_id, application_id, at, by_id, mover, what, from_stage, to_stage, note, doc)`,
		string(e.ID), string(programmeID), string(e.Application), ts(e.At), string(e.By), string(e.Mover), e.What, string(e.From), string(e.To), e.Note, string(changes))
	return nil
}

// JudgeApplications applies the programme's rules anew to everything that waits
// for a decision, as when the rules were changed. It says how many changed.
func (t *Tx) JudgeApplications(ctx context.Context, p *programme.Programme, list []programme.Application) (int, error) {
	changed := 0
	for i := range list {
		a := &list[i]
		o, _ := p.Judge(&a.Form)
		if o == a.Outcome {
			continue
		}
		if _, err := t.exec(ctx, `UPDATE applications SET outcome = $3 WHERE id = $1 AND programme_id = $2 AND stage = 'received'`, string(a.ID), string(p.ID), string(o)); err != nil {
			return changed, err
		}
		a.Outcome = o
		changed++
	}
	return changed, nil
}
