// Package account says who people are and what they may do: organisations and
// their kinds, roles, what a shop grants to others, passwords and codes. It
// holds the rules; store keeps the records and web asks.
package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"miseban/internal/i18n"
)

// ID names a record. IDs made later sort later.
type ID string

var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

var last atomic.Int64

// NewID makes an ID: microseconds, never the same twice in a process, then chance.
func NewID() ID {
	now := time.Now().UnixMicro()
	for {
		before := last.Load()
		if now <= before {
			now = before + 1
		}
		if last.CompareAndSwap(before, now) {
			break
		}
	}
	b := make([]byte, 15)
	binary.BigEndian.PutUint64(b, uint64(now))
	_, _ = rand.Read(b[8:]) // never fails (crypto/rand)
	return ID(crockford.EncodeToString(b[1:]))
}

// Valid says that s looks like an ID; what does not is not asked of the database.
func (id ID) Valid() bool {
	return len(id) == 23 && strings.Trim(string(id), "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// NewToken makes the secret of a link or a session, and the fingerprint under
// which it is kept: who reads the database cannot use it.
func NewToken() (token, fingerprint string) {
	token = rand.Text() + rand.Text()
	return token, Fingerprint(token)
}

// Fingerprint is what is kept of a token.
func Fingerprint(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// Kind says what an organisation is.
type Kind string

// The kinds of organisations.
const (
	Shopkeeper Kind = "shopkeeper" // operates shops
	Contractor Kind = "contractor" // builds and maintains shops for others
	Office     Kind = "office"     // runs the programme
	Ministry   Kind = "ministry"
	Partner    Kind = "partner"  // a body that helps the programme
	Firm       Kind = "firm"     // diagnoses
	Surveyor   Kind = "surveyor" // interviews and counts
	Platform   Kind = "platform" // operates this Miseban
)

// Staff says that organisations of this kind are registered by the operator
// and that their people run the programme: its own, the office, the ministry.
func (k Kind) Staff() bool { return k == Platform || k == Office || k == Ministry }

// Kinds lists the kinds in the order of choices on a page.
var Kinds = []Kind{Shopkeeper, Contractor, Firm, Office, Ministry, Partner, Surveyor, Platform}

var kindNames = map[Kind]i18n.Text{
	Shopkeeper: {JA: "お店の運営会社", EN: "Shop operator"},
	Contractor: {JA: "外部委託先（制作・保守）", EN: "Contractor (builds, maintains)"},
	Office:     {JA: "事務局", EN: "Programme office"},
	Ministry:   {JA: "省庁", EN: "Ministry"},
	Partner:    {JA: "協力団体", EN: "Partner body"},
	Firm:       {JA: "診断会社", EN: "Diagnosis firm"},
	Surveyor:   {JA: "調査会社", EN: "Survey firm"},
	Platform:   {JA: "Miseban の運用", EN: "Operator of Miseban"},
}

// Name is the word people read.
func (k Kind) Name(l i18n.Lang) string { return kindNames[k].In(l) }

// Valid says that k is one of Kinds.
func (k Kind) Valid() bool { return !kindNames[k].IsZero() }

// Role is what a person does for an organisation.
type Role string

// The roles.
const (
	Executive     Role = "executive" // decides; manages the people of the organisation
	Practitioner  Role = "practitioner"
	Maintainer    Role = "contractor"
	Diagnostician Role = "diagnostician"
	Reviewer      Role = "reviewer"
	Clerk         Role = "office"
	Approver      Role = "approver"
	Observer      Role = "observer"
	Interviewer   Role = "interviewer"
	Coder         Role = "coder"
	Member        Role = "committee"
	Operator      Role = "operator"
)

// Roles lists all roles in the order of choices on a page.
var Roles = []Role{Executive, Practitioner, Maintainer, Diagnostician, Reviewer, Clerk, Approver, Observer, Interviewer, Coder, Member, Operator}

var roleNames = map[Role]i18n.Text{
	Executive:     {JA: "責任者（経営者）", EN: "Executive"},
	Practitioner:  {JA: "実務担当者", EN: "Practitioner"},
	Maintainer:    {JA: "委託先の担当者", EN: "Contractor"},
	Diagnostician: {JA: "診断員", EN: "Diagnostician"},
	Reviewer:      {JA: "審査担当者", EN: "Reviewer"},
	Clerk:         {JA: "事務局員", EN: "Office"},
	Approver:      {JA: "承認者", EN: "Approver"},
	Observer:      {JA: "閲覧者", EN: "Observer"},
	Interviewer:   {JA: "ヒアリング担当者", EN: "Interviewer"},
	Coder:         {JA: "集計担当者", EN: "Coder"},
	Member:        {JA: "委員", EN: "Committee member"},
	Operator:      {JA: "運用者", EN: "Operator"},
}

// Name is the word people read.
func (r Role) Name(l i18n.Lang) string { return roleNames[r].In(l) }

var roleDuties = map[Role]i18n.Text{
	Executive:     {JA: "方針と同意を決め、組織の人を管理します。", EN: "Decides on policy and consent, manages the organisation's people."},
	Practitioner:  {JA: "チェックリストに答え、対策を進めます。", EN: "Answers the checklist and carries out the measures."},
	Maintainer:    {JA: "許されたお店の検出事項を見て、対策します。", EN: "Sees the findings of shops that granted access, and mends them."},
	Diagnostician: {JA: "診断を行い、結果を判断します。", EN: "Runs diagnoses and judges what they found."},
	Reviewer:      {JA: "診断の結果を別の目で確かめます。", EN: "Looks at diagnoses with a second pair of eyes."},
	Clerk:         {JA: "事業の応募、日程、連絡を受け持ちます。", EN: "Handles applications, schedules and letters of the programme."},
	Approver:      {JA: "選定や公表を承認します。", EN: "Approves selections and publications."},
	Observer:      {JA: "見るだけで、変更はできません。", EN: "Looks on, changes nothing."},
	Interviewer:   {JA: "ヒアリングを行い、記録します。", EN: "Holds interviews and records them."},
	Coder:         {JA: "調査の回答を分類し、集計します。", EN: "Codes and counts survey answers."},
	Member:        {JA: "委員会の資料を読みます。", EN: "Reads the committee's papers."},
	Operator:      {JA: "この Miseban を動かし、全体を止めることができます。", EN: "Keeps this Miseban running, can stop everything."},
}

// Duty says in a sentence what a person with the role does.
func (r Role) Duty(l i18n.Lang) string { return roleDuties[r].In(l) }

// rolesIn says which roles an organisation of a kind can give. Each has an
// executive, who manages its people, except the platform, where the operators do.
var rolesIn = map[Kind][]Role{
	Shopkeeper: {Executive, Practitioner},
	Contractor: {Executive, Maintainer},
	Firm:       {Executive, Diagnostician, Reviewer},
	Office:     {Executive, Clerk, Approver, Observer, Member},
	Ministry:   {Executive, Approver, Observer, Member},
	Partner:    {Executive, Observer, Member},
	Surveyor:   {Executive, Interviewer, Coder},
	Platform:   {Operator},
}

// RolesIn lists the roles that an organisation of kind k can give to its people.
func RolesIn(k Kind) []Role { return rolesIn[k] }

// ParseRoles reads roles as they are kept, dropping those the kind cannot give.
func ParseRoles[T ~string](k Kind, list []T) []Role {
	var out []Role
	for _, r := range rolesIn[k] {
		if slices.Contains(list, T(r)) {
			out = append(out, r)
		}
	}
	return out
}

// Organisation is a body that people belong to.
type Organisation struct {
	ID      ID
	Kind    Kind
	Name    string
	Number  string // 法人番号, may be empty
	Created time.Time
}

// Person is somebody who signs in.
type Person struct {
	ID      ID
	Mail    string // normal form, see NormalMail
	Name    string
	Lang    i18n.Lang // "" = as the browser asks
	Created time.Time
	Erased  time.Time // zero: not erased
}

// Membership is what a person is in one organisation.
type Membership struct {
	Person       ID
	Organisation Organisation
	Roles        []Role
}
