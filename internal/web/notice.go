package web

import (
	"net/http"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// noticesPage lists what the visitor was told: what is unread, or all of it.
func (s *Server) noticesPage(w http.ResponseWriter, v *visit) error {
	ctx, q := v.Context(), v.URL.Query()
	after := store.ParseCursor(q.Get("after"))
	form := view.Notices{All: q.Get("show") == "all", First: after == (store.Cursor{})}
	list, err := s.db.Notices(ctx, v.by(), after.ID, form.All, rows+1)
	if err != nil {
		return err
	}
	if len(list) > rows {
		list = list[:rows]
		form.Next = store.Cursor{Key: "-", ID: list[rows-1].ID}.String()
	}
	var shops []account.ID
	for _, n := range list {
		shops = append(shops, n.Shop)
	}
	names, err := s.db.ShopNames(ctx, shops)
	if err != nil {
		return err
	}
	for _, n := range list {
		form.List = append(form.List, view.Notified{ID: n.ID, Kind: n.Kind, At: n.At, Unread: n.Seen.IsZero(), Opens: n.Target() != "", Text: n.Say(v.Lang, names[n.Shop])})
	}
	return s.page(w, v, http.StatusOK, view.NoticesPage(form))
}

// backToNotices leads to the list as it was: unread, or all.
func backToNotices(v *visit) string {
	if v.value("show") == "all" {
		return "/notices?show=all"
	}
	return "/notices"
}

// readNotices marks everything as read that was in sight when the page was drawn.
func (s *Server) readNotices(w http.ResponseWriter, v *visit) error {
	upTo := account.ID(v.value("up-to"))
	if !upTo.Valid() {
		return errForm
	}
	if err := s.db.ReadNotices(v.Context(), v.by(), upTo, s.now()); err != nil {
		return err
	}
	return s.see(w, v, backToNotices(v), v.t("すべて既読にしました。"))
}

// notice marks the notice that the address names as read, and returns it.
func (s *Server) notice(v *visit) (*store.Notice, error) {
	id := account.ID(v.PathValue("notice"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.ReadNotice(v.Context(), v.by(), id, s.now())
}

func (s *Server) readNotice(w http.ResponseWriter, v *visit) error {
	if _, err := s.notice(v); err != nil {
		return err
	}
	return s.see(w, v, backToNotices(v), v.t("既読にしました。"))
}

// openNotice leads to what a notice is about.
func (s *Server) openNotice(w http.ResponseWriter, v *visit) error {
	n, err := s.notice(v)
	if err != nil {
		return err
	}
	to := n.Target()
	if to == "" {
		to = "/notices"
	}
	return s.see(w, v, to, "")
}

func (s *Server) noticeSettingsPage(w http.ResponseWriter, v *visit) error {
	chosen, err := s.db.NoticeSettings(v.Context(), v.by())
	if err != nil {
		return err
	}
	form := view.NoticeSettings{Tabs: s.selfTabs(v), Mail: v.Actor.Person.Mail}
	for _, k := range notice.Kinds() {
		form.Kinds = append(form.Kinds, view.NoticeSetting{Kind: k, How: k.Choose(chosen[k])})
	}
	return s.page(w, v, http.StatusOK, view.NoticeSettingsPage(form))
}

func (s *Server) noticeSettings(w http.ResponseWriter, v *visit) error {
	how := map[notice.Kind]notice.How{}
	for _, k := range notice.Kinds() {
		if h := v.value("how-" + string(k)); h != "" {
			how[k] = notice.How(h) // an unknown one is the usual
		}
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SetNotices(ctx, v.by(), how) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/notices", v.t("保存しました。"))
}
