// Package access asks whether customers reach only what is theirs.
package access

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the access checks in the order of the report.
var Suite = &check.Suite{
	Name:   "access",
	Title:  i18n.Text{JA: "閲覧と操作の権限", EN: "Access rights"},
	Checks: []*check.Check{ForcedBrowsing, IDOR, OrderPageIDOR, RoleTampering, MassAssignment, PriceTampering, QuantityTampering, CouponReuse, PointsTampering},
	Texts:  texts,
}
