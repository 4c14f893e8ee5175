package notice

import (
	"time"

	"miseban/internal/account"
	"miseban/internal/report"
)

// Circle is who is meant by a change, before the store knows the people.
type Circle string

// The circles.
const (
	ThePerson    Circle = "person"       // whom the event names
	Staff        Circle = "staff"        // executives and practitioners of the shop
	Executives   Circle = "executives"   // of the shop
	Menders      Circle = "menders"      // staff, and the shop's contractors
	Starter      Circle = "starter"      // who started the diagnosis
	Giver        Circle = "giver"        // who gave the instruction
	Receiver     Circle = "receiver"     // for whom the instruction is: a person or a firm
	Asker        Circle = "asker"        // who made the request
	Asked        Circle = "asked"        // the people of the contractor that a request went to
	Delegator    Circle = "delegator"    // who gave the question out by link
	Inviter      Circle = "inviter"      // who made the invitation
	Organisation Circle = "organisation" // who manages the people of the organisation that the event names
	Operators    Circle = "operators"
	Readers      Circle = "readers" // who may read something of the committee paper that the event is about
)

// Told is a note with those whom it concerns. Who did it is not told.
type Told struct {
	Note
	To []Circle
	// Once names what must be told to a person one time only; "": each time.
	Once string
}

// Of says whom an event of the audit log concerns and what they are told; most
// events concern nobody but who did them.
func Of(e *account.Event) []Told {
	shop := "/shops/" + string(e.Shop)
	one := func(n Note, to ...Circle) []Told {
		n.Shop = e.Shop
		return []Told{{Note: n, To: to}}
	}
	d := e.Details
	switch e.Verb {
	case account.DiagnosisPlanned:
		if d["retest"] != "" && d["due"] != "" {
			return one(Note{Kind: Waiting, Case: "retest", Path: shop + "/diagnoses/" + string(e.Object), Args: map[string]string{"at": moment(d["due"])}}, Staff)
		}
	case account.DiagnosisLeft:
		path := shop + "/diagnoses/" + string(e.Object)
		switch d["state"] {
		case "finished", "stopped", "failed":
			return one(Note{Kind: Diagnosis, Case: d["state"], Path: path}, Staff, Starter)
		case "planned":
			return one(Note{Kind: Waiting, Path: path, Args: map[string]string{"at": moment(d["due"])}}, Staff, Starter)
		}
	case account.PaperIssued:
		return one(Note{Kind: Papers, Path: "/papers/" + string(e.Object)}, Readers)
	case account.FindingsMerged:
		if n := d["critical"]; n != "" {
			return one(Note{Kind: Critical, Path: shop + "/findings?severity=critical", Args: map[string]string{"n": n}}, Menders)
		}
	case account.FindingAssigned:
		if e.Person == "" || d["new"] == "" {
			return nil
		}
		n := Note{Kind: Assigned, Case: "open", Path: shop + "/findings/" + string(e.Object)}
		if due := d["due"]; due != "" {
			n.Case, n.Args = "", map[string]string{"due": due}
		}
		return one(n, ThePerson)
	case account.InstructionGiven:
		return one(instruction(e, "given"), Receiver)
	case account.InstructionReturned:
		return one(instruction(e, "returned"), Receiver)
	case account.InstructionAcknowledged:
		return one(instruction(e, "acknowledged"), Receiver)
	case account.InstructionWithdrawn:
		return one(instruction(e, "withdrawn"), Receiver)
	case account.InstructionReplied:
		return one(instruction(e, "replied"), Giver)
	case account.RequestMade:
		return one(request(e, "made"), Asked)
	case account.RequestAnswered:
		return one(request(e, "answered"), Asker, Executives)
	case account.RequestReturned:
		return one(request(e, "returned"), Asked, Asker)
	case account.RequestAgreed:
		return one(request(e, "agreed"), Asked, Asker)
	case account.RequestWithdrawn:
		return one(request(e, "withdrawn"), Asked, Asker)
	case account.AnswerSaved:
		if by := d["delegation"]; by != "" { // each time would be each stroke of a key
			return []Told{{Note: Note{Kind: Answered, Shop: e.Shop, Path: shop + "/checklists/" + d["edition"] + "/questions/" + d["question"]}, To: []Circle{Delegator}, Once: "delegation " + by}}
		}
	case account.Granted:
		return one(Note{Kind: Access, Case: "granted", Path: shop}, Organisation)
	case account.GrantRevoked:
		return one(Note{Kind: Access, Case: "revoked"}, Organisation) // its page is closed to them
	case account.LinkTaken:
		if e.Shop != "" {
			return one(Note{Kind: Access, Case: "taken", Path: shop + "/access"}, Inviter)
		}
		if e.Organisation != "" && d["purpose"] != string(account.Reset) {
			return one(Note{Kind: Access, Case: "joined", Path: "/organisations/" + string(e.Organisation)}, Inviter)
		}
	case account.Reminded:
		return reminded(e, shop)
	case account.AlarmRaised, account.AlarmPassed, account.AlarmConfirmed:
		return alarm(e, shop)
	}
	return nil
}

// alarm goes to the shop's people; operators are asked to telephone where mail
// does not reach the contacts.
func alarm(e *account.Event, shop string) []Told {
	n := Note{Kind: Emergency, Case: "raised", Shop: e.Shop, Path: shop + "/alarms/" + string(e.Object), Args: map[string]string{"danger": e.Details["danger"]}}
	switch e.Verb {
	case account.AlarmPassed:
		n.Case, n.Args["minutes"] = "escalated", e.Details["minutes"]
		return []Told{{Note: n, To: []Circle{Staff, Operators}}}
	case account.AlarmConfirmed:
		n.Case = "confirmed"
		return []Told{{Note: n, To: []Circle{Staff, Operators}}}
	}
	out := []Told{{Note: n, To: []Circle{Staff}}}
	if e.Details["unreached"] != "" {
		n.Case = "unreached"
		out = append(out, Told{Note: n, To: []Circle{Operators}})
	}
	return out
}

func instruction(e *account.Event, what string) Note {
	return Note{Kind: Instruction, Case: what, Path: "/shops/" + string(e.Shop) + "/checklists/instructions/" + string(e.Object), Args: map[string]string{"due": e.Details["due"]}}
}

func request(e *account.Event, what string) Note {
	return Note{Kind: Request, Case: what, Path: "/shops/" + string(e.Shop) + "/requests/" + string(e.Object), Args: map[string]string{"n": e.Details["items"], "due": e.Details["due"]}}
}

// reminded is what the daily look found: a day that comes near or has passed.
func reminded(e *account.Event, shop string) []Told {
	d := e.Details
	t := Told{Note: Note{Kind: Due, Case: d["what"], Shop: e.Shop}, To: []Circle{ThePerson}, Once: d["what"] + " " + string(e.Shop) + " " + string(e.Object) + " " + d["day"]}
	switch d["what"] {
	case "near", "passed":
		t.Path, t.Args = shop+"/findings?sort=due", map[string]string{"n": d["n"], "days": d["days"]}
		if e.Person != "" {
			t.Path += "&who=me"
		} else {
			t.To = []Circle{Staff}
		}
	case "instruction-near", "instruction-passed":
		t.Path, t.Args, t.To = shop+"/checklists/instructions/"+string(e.Object), map[string]string{"due": d["due"]}, []Circle{Receiver}
	case "consent":
		t.Kind, t.Case, t.Path, t.Args, t.To = Consent, "", shop+"/consent", map[string]string{"until": d["until"]}, []Circle{Executives}
	default:
		return nil
	}
	return []Told{t}
}

// moment is a time of an event as people in Japan read it.
func moment(s string) string {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	return at.In(report.Tokyo()).Format("2006-01-02 15:04")
}
