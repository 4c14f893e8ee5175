package account

import "miseban/internal/i18n"

// The verbs of the workshop in which a programme writes its guideline.
const (
	WorkshopWritten   Verb = "workshop.written"
	WorkshopCommented Verb = "workshop.commented"
	WorkshopAnswered  Verb = "workshop.answered"
	WorkshopFrozen    Verb = "workshop.frozen"
	WorkshopPublished Verb = "workshop.published"
)

var workshopVerbs = map[Verb]i18n.Text{
	WorkshopWritten:   {JA: "ガイドライン案の章を保存", EN: "Chapter of the draft guideline saved"},
	WorkshopCommented: {JA: "ガイドライン案に意見", EN: "Comment on the draft guideline"},
	WorkshopAnswered:  {JA: "意見に回答", EN: "Comment answered"},
	WorkshopFrozen:    {JA: "ガイドライン案を確定", EN: "Draft guideline frozen"},
	WorkshopPublished: {JA: "ガイドラインを公開", EN: "Guideline published"},
}
