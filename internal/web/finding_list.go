package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// chosen reads the findings that a form of a list names: ID and revision.
func (s *Server) chosen(v *visit) ([]store.Finding, error) {
	seen := map[account.ID]int{}
	var ids []account.ID
	for _, x := range v.PostForm["finding"] {
		id, rev, _ := strings.Cut(x, ":")
		n, err := strconv.Atoi(rev)
		if err != nil || !account.ID(id).Valid() || len(ids) >= 4*rows {
			return nil, errForm
		}
		if _, twice := seen[account.ID(id)]; !twice {
			ids = append(ids, account.ID(id))
		}
		seen[account.ID(id)] = n
	}
	list, err := s.db.FindingsByID(v.Context(), v.Shop.ID, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(f store.Finding) bool { return f.Revision != seen[f.ID] }), nil
}

// changeFindings moves or assigns all that were chosen. What may not be moved,
// or was changed by somebody else meanwhile, stays as it is and is counted.
func (s *Server) changeFindings(w http.ResponseWriter, v *visit) error {
	back := "/shops/" + string(v.Shop.ID) + "/findings"
	if ref := referer(v.Request); strings.HasPrefix(ref, back+"?") {
		back = ref
	}
	asked := len(v.PostForm["finding"])
	if asked == 0 {
		return s.see(w, v, back, v.t("検出事項を選んでから、操作してください。"))
	}
	list, err := s.chosen(v)
	if err != nil {
		return err
	}
	to, who := workflow.State(v.value("to")), account.ID(v.value("assignee"))
	if to != "" && (!to.Valid() || to.AsksReason()) || to == "" && who == "" {
		return s.see(w, v, back, v.t("変更後の状態か、担当する人を選んでください。"))
	}
	if who != "" && who != store.Nobody {
		people, err := s.assignables(v)
		if err != nil {
			return err
		}
		if !v.has(menders...) || !slices.ContainsFunc(people, func(a store.Assignable) bool { return a.Person == who }) {
			return errForbidden
		}
	}
	if who == store.Nobody && !v.has(menders...) {
		return errForbidden
	}
	ctx, done := v.Context(), 0
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		done = 0
		for i := range list {
			f, did := list[i], false
			if to != "" && workflow.May(v.Roles, f.State, to) {
				if err := tx.MoveFinding(ctx, &f, to, "", ""); errors.Is(err, store.ErrConflict) {
					continue
				} else if err != nil {
					return err
				}
				f.Revision, did = f.Revision+1, true
			}
			if who != "" {
				whom := who
				if who == store.Nobody {
					whom = ""
				}
				if err := tx.AssignFinding(ctx, &f, whom, f.Due); errors.Is(err, store.ErrConflict) {
					continue
				} else if err != nil {
					return err
				}
				did = true
			}
			if did {
				done++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if done < asked {
		return s.see(w, v, back, v.t("{n} 件を変更しました。{m} 件は、その状態へ変更できないか、先にほかの人が変更したため、そのままです。", "n", strconv.Itoa(done), "m", strconv.Itoa(asked-done)))
	}
	return s.see(w, v, back, v.t("{n} 件を変更しました。", "n", strconv.Itoa(done)))
}

// exportFindings hands out the list, as it is filtered, as CSV or Excel.
func (s *Server) exportFindings(w http.ResponseWriter, v *visit) error {
	const longest = 20000 // findings in a file
	f := s.findingFilter(v)
	f.After, f.Limit = store.Cursor{}, longest
	list, _, err := s.db.Findings(v.Context(), v.Shop.ID, f)
	if err != nil {
		return err
	}
	names, err := s.names(v, list)
	if err != nil {
		return err
	}
	head := []string{v.t("危険度"), v.t("内容"), v.t("場所"), v.t("状態"), v.t("対応期限"), v.t("担当"), v.t("確からしさ"), v.t("初めて見つかった日"), v.t("最後に見つかった日"), v.t("理由"), v.t("検査"), v.t("アドレス")}
	var out [][]any
	for i := range list {
		l := s.findingLine(v, &list[i], names)
		x := &list[i]
		out = append(out, []any{x.Seen.Severity.Name(v.Lang), l.Title, l.Place, x.State.Name(v.Lang), x.Due, l.Assignee, confidence(v, x), workflow.Day(x.FirstSeen), workflow.Day(x.LastSeen), x.Reason, x.Seen.Check, strings.TrimSuffix(s.opt.Public.String(), "/") + findingURL(x)})
	}
	var b bytes.Buffer
	media, name := "text/csv; charset=utf-8", "csv"
	if v.URL.Query().Get("format") == "xlsx" {
		media, name = reportFormats["xlsx"].media, "xlsx"
		err = xlsx.WriteList(&b, v.Lang, v.t("検出事項"), v.Shop.Name, head, []float64{9, 40, 34, 18, 12, 16, 14, 20, 20, 30, 22, 40}, out)
	} else {
		err = writeCSV(&b, head, out)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="miseban-findings-`+workflow.Day(s.now())+`.`+name+`"`)
	if _, err = w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a list was not sent whole", "error", err)
	}
	return nil
}

func confidence(v *visit, f *store.Finding) string {
	if f.Seen.Confidence == "possible" {
		return v.t("該当の可能性")
	}
	return v.t("確認済")
}

// writeCSV writes a table for spreadsheets: the mark at the beginning tells
// Excel that it is UTF-8, and what looks like a formula is made text.
func writeCSV(b *bytes.Buffer, head []string, rows [][]any) error {
	b.WriteString("\ufeff")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	if err := w.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		line := make([]string, len(r))
		for i, c := range r {
			line[i], _ = c.(string) // all are texts
			if line[i] != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(line[i])[0]) {
				line[i] = "'" + line[i]
			}
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
