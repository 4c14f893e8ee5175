package web

import (
	"errors"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// desk is a case as both sides open it: the programme's people below their
// programme, the shop's people below their shop.
type desk struct {
	store.ACase
	within account.ID // by which its records are read
	prog   *programme.Programme
	base   string // address of the case on this side
	onShop bool
}

// deskOf reads the case that the address names.
func (s *Server) deskOf(v *visit) (*desk, error) {
	if v.Shop != nil {
		c, err := s.shopCase(v)
		if err != nil {
			return nil, err
		}
		return &desk{ACase: c.ACase, within: v.Shop.ID, prog: &c.Programme, base: "/shops/" + string(v.Shop.ID) + "/cases/" + string(c.ID), onShop: true}, nil
	}
	c, err := s.caseOf(v)
	if err != nil {
		return nil, err
	}
	return &desk{ACase: *c, within: v.Programme.ID, prog: v.Programme, base: caseURL(v, "")}, nil
}

// deskTabs are the parts of a case's way, in their order.
var deskTabs = []struct {
	part string
	name i18n.Text
}{
	{"/sheet", i18n.Text{JA: "Step1 診断環境シート", EN: "Step 1 Environment sheet"}},
	{"/gate", i18n.Text{JA: "Step3 診断の準備と確認", EN: "Step 3 Before and after the diagnosis"}},
}

// head is the frame of a page about a case, for the side that looks.
func (s *Server) head(v *visit, d *desk) view.CaseHead {
	h := view.CaseHead{Case: d.Case, Base: d.base, OnShop: d.onShop}
	if d.onShop {
		h.ShopHead, h.ProgrammeHead = s.tabsOf(v), view.ProgrammeHead{Programme: *d.prog}
	} else {
		h.ProgrammeHead = s.programmeHead(v)
	}
	h.Parts = s.parts(v, d.base)
	return h
}

// parts leads to the parts of a case's way that the visitor may open.
func (s *Server) parts(v *visit, base string) (out []view.Item) {
	prefix := "/programmes/{programme}/cases/{case}"
	if v.Shop != nil {
		prefix = "/shops/{shop}/cases/{case}"
	}
	for _, t := range deskTabs {
		i := slices.IndexFunc(s.table, func(rt route) bool { return rt.method == "GET" && rt.pattern == prefix+t.part })
		if i >= 0 && v.has(s.table[i].who...) {
			out = append(out, view.Item{Name: t.name.In(v.Lang), URL: base + t.part, Current: strings.HasPrefix(v.URL.Path, base+t.part)})
		}
	}
	return out
}

// keep keeps one record of a case as one change.
func (s *Server) keep(v *visit, d *desk, r *store.CaseRecord, doc any) error {
	r.Case = d.ID
	return s.change(v, func(tx *store.Tx) error { return tx.KeepCaseRecord(v.Context(), d.within, r, doc) })
}

// awaits lets the case wait for somebody, unless it does already or is closed.
func awaits(v *visit, tx *store.Tx, d *desk, p programme.Party) error {
	_, err := tx.Cases(d.Programme, d.prog.Office).Await(v.Context(), d.ID, d.Step, p)
	if errors.Is(err, programme.ErrForbidden) {
		return nil
	}
	return err
}

// named names the people who wrote records.
func (s *Server) named(v *visit, list []store.CaseRecord) (map[account.ID]string, error) {
	var ids []account.ID
	for i := range list {
		ids = append(ids, list[i].By)
	}
	return s.db.Names(v.Context(), ids)
}
