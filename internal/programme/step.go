package programme

import (
	"slices"

	"miseban/internal/i18n"
)

// Step is where a case stands on its way through the programme.
type Step string

// The steps, and the two ways out.
const (
	StepApplication Step = "application"
	StepEligibility Step = "eligibility"
	StepSelection   Step = "selection"
	Step1           Step = "step1" // self-check
	Step2           Step = "step2" // hearing
	Step3           Step = "step3" // diagnosis
	Step4           Step = "step4" // report meeting and advice
	Step5           Step = "step5" // follow-up about three months later
	StepEnd         Step = "end"
	StepDeclined    Step = "declined" // the shop has withdrawn
)

// Steps lists the steps in the order of the way; the ways out stand last.
var Steps = []Step{StepApplication, StepEligibility, StepSelection, Step1, Step2, Step3, Step4, Step5, StepEnd, StepDeclined}

// FiveSteps are those that the chosen shops go through.
var FiveSteps = []Step{Step1, Step2, Step3, Step4, Step5}

// OpenSteps are those at which there is still something to do.
var OpenSteps = Steps[:8]

var stepNames = map[Step]i18n.Text{
	StepApplication: {JA: "応募", EN: "Application"},
	StepEligibility: {JA: "資格確認", EN: "Eligibility"},
	StepSelection:   {JA: "選定", EN: "Selection"},
	Step1:           {JA: "Step1 セルフチェック", EN: "Step 1 Self-check"},
	Step2:           {JA: "Step2 ヒアリング", EN: "Step 2 Hearing"},
	Step3:           {JA: "Step3 脆弱性診断", EN: "Step 3 Diagnosis"},
	Step4:           {JA: "Step4 結果の報告", EN: "Step 4 Report meeting"},
	Step5:           {JA: "Step5 フォローアップ", EN: "Step 5 Follow-up"},
	StepEnd:         {JA: "終了", EN: "Ended"},
	StepDeclined:    {JA: "辞退", EN: "Declined"},
}

// Name is the word people read.
func (s Step) Name(l i18n.Lang) string { return stepNames[s].In(l) }

// Valid says that s is one of Steps.
func (s Step) Valid() bool { return slices.Contains(Steps, s) }

// Open says that the case is still on its way.
func (s Step) Open() bool { return slices.Contains(OpenSteps, s) }

// ofTheFive says that only chosen shops come here.
func (s Step) ofTheFive() bool { return slices.Contains(FiveSteps, s) }

// before says that s comes earlier on the way than other.
func (s Step) before(other Step) bool { return slices.Index(Steps, s) < slices.Index(Steps, other) }

// Party is for whom a case waits.
type Party string

// The parties.
const (
	WaitsNobody   Party = "" // the case is closed
	WaitsShop     Party = "shop"
	WaitsBuilder  Party = "contractor" // the shop's hosting firm or integrator
	WaitsOffice   Party = "office"
	WaitsMinistry Party = "ministry"
	WaitsFirm     Party = "firm"
)

// Parties lists those for whom a case can wait.
var Parties = []Party{WaitsShop, WaitsBuilder, WaitsOffice, WaitsMinistry, WaitsFirm}

var partyNames = map[Party]i18n.Text{
	WaitsNobody:   {JA: "なし", EN: "Nobody"},
	WaitsShop:     {JA: "お店", EN: "Shop"},
	WaitsBuilder:  {JA: "委託先・ホスティング会社", EN: "Contractor, hosting firm"},
	WaitsOffice:   {JA: "事務局", EN: "Office"},
	WaitsMinistry: {JA: "省庁", EN: "Ministry"},
	WaitsFirm:     {JA: "診断会社", EN: "Diagnosis firm"},
}

// Name is the word people read.
func (p Party) Name(l i18n.Lang) string { return partyNames[p].In(l) }

// Valid says that a case can wait for p.
func (p Party) Valid() bool { return slices.Contains(Parties, p) }

// first is for whom a case waits that has just come to the step.
func (s Step) first() Party {
	return map[Step]Party{
		StepApplication: WaitsOffice,
		StepEligibility: WaitsOffice,
		StepSelection:   WaitsMinistry,
		Step1:           WaitsShop,
		Step2:           WaitsOffice,
		Step3:           WaitsFirm,
		Step4:           WaitsFirm,
		Step5:           WaitsShop,
	}[s]
}

// Ending says how a case has ended.
type Ending string

// The endings.
const (
	EndingNone       Ending = ""
	EndingComplete   Ending = "complete"   // through all five steps
	EndingIneligible Ending = "ineligible" // the rules of the call leave it out
	EndingNotChosen  Ending = "not-chosen" // eligible, but there was no place
	EndingStopped    Ending = "stopped"    // the office ended it on the way
	EndingDeclined   Ending = "declined"   // the shop has withdrawn
)

// Endings lists how a case can end.
var Endings = []Ending{EndingComplete, EndingIneligible, EndingNotChosen, EndingStopped, EndingDeclined}

var endingNames = map[Ending]i18n.Text{
	EndingComplete:   {JA: "完了", EN: "Completed"},
	EndingIneligible: {JA: "対象外", EN: "Not eligible"},
	EndingNotChosen:  {JA: "選外", EN: "Not chosen"},
	EndingStopped:    {JA: "中止", EN: "Stopped"},
	EndingDeclined:   {JA: "辞退", EN: "Declined"},
}

// Name is the word people read; empty while the case is on its way.
func (o Ending) Name(l i18n.Lang) string { return endingNames[o].In(l) }
