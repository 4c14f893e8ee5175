package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/jobs"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// importMost is how many bytes a list of shops may have, and importShown how
// many lines of a kind its page shows.
const (
	importMost  = 12 << 20
	importShown = 100
	importTwins = 500
)

// imports says whether people of an organisation read lists of shops, and
// whether these are shops of others, which are only prepared.
func imports(o *account.Organisation) (may, prepare bool) {
	switch o.Kind {
	case account.Shopkeeper:
		return true, false
	case account.Contractor, account.Firm, account.Office:
		return true, true
	}
	return false, false
}

// importsOf are the organisations for which the actor may read lists of shops.
func importsOf(a *account.Actor) (out []account.Organisation) {
	for i := range a.Members {
		m := &a.Members[i]
		if may, _ := imports(&m.Organisation); may && slices.ContainsFunc(m.Roles, func(r account.Role) bool { return slices.Contains(importers, r) }) {
			out = append(out, m.Organisation)
		}
	}
	return out
}

func importURL(o *account.Organisation) string { return "/organisations/" + string(o.ID) + "/import" }

func importForm(v *visit) (*view.Import, error) {
	may, prepare := imports(v.Organisation)
	if !may {
		return nil, errForbidden
	}
	return &view.Import{Organisation: *v.Organisation, URL: importURL(v.Organisation), Prepare: prepare, Most: account.MostImported}, nil
}

func (s *Server) importPage(w http.ResponseWriter, v *visit) error {
	f, err := importForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ImportPage(*f))
}

// importTemplate is the list to fill in: a workbook with drop-downs, or CSV.
func (s *Server) importTemplate(w http.ResponseWriter, v *visit) error {
	if _, err := importForm(v); err != nil {
		return err
	}
	var b bytes.Buffer
	name, media := "miseban-shops.xlsx", reportFormats["xlsx"].media
	if v.URL.Query().Get("form") == "csv" {
		name, media = "miseban-shops.csv", "text/csv; charset=utf-8"
		b.WriteString("\ufeff")
		var head []string
		for i := range account.Columns {
			head = append(head, account.Columns[i].In(v.Lang))
		}
		c := csv.NewWriter(&b)
		if err := errors.Join(c.Write(head), flush(c)); err != nil {
			return err
		}
	} else if err := xlsx.WriteShops(&b, v.Lang); err != nil {
		return err
	}
	s.download(w, v, name, media, b.Bytes())
	return nil
}

func flush(c *csv.Writer) error {
	c.Flush()
	return c.Error()
}

// download hands out a file.
func (s *Server) download(w http.ResponseWriter, v *visit, name, media string, data []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if _, err := w.Write(data); err != nil {
		s.log.WarnContext(v.Context(), "a file was not sent whole", "error", err)
	}
}

// readShops reads a list line by line and keeps what it says beside the shops
// until somebody confirms it.
func (s *Server) readShops(w http.ResponseWriter, v *visit) error {
	f, err := importForm(v)
	if err != nil {
		return err
	}
	name, part, err := uploaded(v, "list")
	if err != nil {
		return err
	}
	if part == nil {
		f.Problem = account.Reason{Message: "ファイルを選んでください。"}
		return s.page(w, v, http.StatusUnprocessableEntity, view.ImportPage(*f))
	}
	x := &store.Import{ID: account.NewID(), Organisation: v.Organisation.ID, By: v.by(), Name: name}
	if f.Problem, err = s.keepList(v, x, part); err != nil {
		return err
	}
	if f.Problem.Message != "" {
		return s.page(w, v, http.StatusUnprocessableEntity, view.ImportPage(*f))
	}
	return s.see(w, v, f.URL+"/"+string(x.ID), "")
}

// uploaded finds the file of a form; nil: there is none.
func uploaded(v *visit, field string) (name string, r io.Reader, err error) {
	parts, err := v.MultipartReader()
	if err != nil {
		return "", nil, errors.Join(errForm, err)
	}
	for range 10 {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, errors.Join(errForm, err)
		}
		if p.FormName() == field && p.FileName() != "" {
			n := []rune(account.Line(p.FileName()))
			return string(n[:min(len(n), 100)]), p, nil
		}
	}
	return "", nil, nil
}

// What ends the reading of a list.
var (
	errTooLong = errors.New("too many lines")
	errHead    = errors.New("the head of the list is not one")
)

// keepList reads a list and keeps its lines. The reason says why it cannot be read as a whole.
func (s *Server) keepList(v *visit, x *store.Import, r io.Reader) (bad account.Reason, err error) {
	ctx := v.Context()
	known, err := s.db.Known(ctx, v.Actor, x.Organisation, s.now())
	if err != nil {
		return bad, err
	}
	k := keeper{known: known, seen: map[account.ShopKey]int{}}
	k.open = func(h *account.ImportHead) error {
		x.Unread = h.Unknown
		return s.db.OpenImport(ctx, x, s.now())
	}
	k.keep = func(lines []account.ImportLine) error { return s.db.KeepLines(ctx, x.ID, lines) }
	magic := make([]byte, 4)
	n, err := io.ReadFull(r, magic)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return bad, errors.Join(errForm, err)
	}
	whole := io.MultiReader(bytes.NewReader(magic[:n]), r)
	if n == 4 && string(magic) == "PK\x03\x04" {
		err = xlsx.ReadShops(whole, k.row)
	} else {
		err = account.CSV(whole, k.row)
	}
	if err == nil {
		err = k.rest()
	}
	var large *http.MaxBytesError
	var text *csv.ParseError
	switch {
	case err == nil && k.head == nil, errors.Is(err, xlsx.ErrNoChecklist):
		return account.Reason{Message: "「{column}」の列がありません。1行目に列の名前を書くか、ひな形を使ってください。", Args: i18n.Args{"column": account.Columns[0].JA}}, nil
	case err == nil && k.lines == 0:
		return account.Reason{Message: "お店が1つも書かれていません。"}, nil
	case errors.Is(err, errHead):
		return k.bad, nil
	case errors.Is(err, errTooLong):
		return account.Reason{Message: "一度に読み込めるのは {n} 行までです。ファイルを分けてください。", Args: i18n.Args{"n": strconv.Itoa(account.MostImported)}}, nil
	case errors.As(err, &large):
		return account.Reason{Message: "ファイルは {n} MB までです。", Args: i18n.Args{"n": strconv.Itoa(importMost >> 20)}}, nil
	case errors.Is(err, xlsx.ErrTooLarge), errors.Is(err, account.ErrTooWide):
		return account.Reason{Message: "ファイルの中身が大きすぎて読み取れません。お店の一覧のほかのシートや列を消すか、一覧だけを CSV で保存してください。"}, nil
	case errors.Is(err, xlsx.ErrNoWorkbook):
		return account.Reason{Message: "Excel のファイル（.xlsx）として読み取れません。古い形式（.xls）や、パスワードの付いたファイルは読み込めません。"}, nil
	case errors.Is(err, account.ErrNoText), errors.As(err, &text):
		return account.Reason{Message: "CSV として読み取れません。Excel では「CSV UTF-8（コンマ区切り）」か「CSV（コンマ区切り）」で保存してください。"}, nil
	}
	return bad, err
}

// keeper makes lines of rows and hands them on some at a time.
type keeper struct {
	head  *account.ImportHead
	bad   account.Reason
	known store.Known
	seen  map[account.ShopKey]int
	lines int
	some  []account.ImportLine
	open  func(*account.ImportHead) error
	keep  func([]account.ImportLine) error
}

func (k *keeper) row(n int, cells []string) error {
	if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		return nil
	}
	if k.head == nil {
		if k.head, k.bad = account.ReadHead(cells); k.bad.Message != "" {
			return errHead
		}
		return k.open(k.head)
	}
	if k.lines++; k.lines > account.MostImported {
		return errTooLong
	}
	l := account.ImportLine{Line: n}
	l.Shop, l.Problems = k.head.Shop(cells)
	for _, key := range l.Shop.Keys() {
		if name, ok := k.known[key]; ok {
			l.Twins = append(l.Twins, account.Twin{By: key.Kind, Name: name})
		} else if first, ok := k.seen[key]; ok {
			l.Twins = append(l.Twins, account.Twin{By: key.Kind, Line: first})
		} else {
			k.seen[key] = n
		}
	}
	if k.some = append(k.some, l); len(k.some) == 200 {
		return k.rest()
	}
	return nil
}

func (k *keeper) rest() error {
	some := k.some
	k.some = k.some[:0]
	return k.keep(some)
}

// imported is the list that the address names, with its form.
func (s *Server) imported(v *visit) (*store.Import, *view.Import, error) {
	f, err := importForm(v)
	if err != nil {
		return nil, nil, err
	}
	id := account.ID(v.PathValue("import"))
	if !id.Valid() {
		return nil, nil, errNoPage
	}
	x, err := s.db.Import(v.Context(), v.Organisation.ID, id)
	if err != nil {
		return nil, nil, err
	}
	f.List, f.URL = x, f.URL+"/"+string(x.ID)
	return x, f, nil
}

func (s *Server) importedPage(w http.ResponseWriter, v *visit) error {
	x, f, err := s.imported(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	for _, want := range []struct {
		state store.LineState
		into  *[]account.ImportLine
		most  int
	}{{store.LineBad, &f.Bad, importShown}, {store.LineTwin, &f.Twins, importTwins}, {store.LineGood, &f.Good, 20}, {store.LineDone, &f.Done, 20}} {
		if *want.into, err = s.db.ImportLines(ctx, x.ID, want.state, 0, want.most); err != nil {
			return err
		}
	}
	return s.page(w, v, http.StatusOK, view.ImportedPage(*f))
}

// badLines are the lines that cannot be saved, to be mended: a CSV with line,
// column and what to do.
func (s *Server) badLines(w http.ResponseWriter, v *visit) error {
	x, _, err := s.imported(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-import-errors.csv"}))
	c := csv.NewWriter(w)
	_, err = io.WriteString(w, "\ufeff")
	err = errors.Join(err, c.Write([]string{v.t("行"), v.t("お店"), v.t("列"), v.t("直すこと")}))
	for after := 0; err == nil; {
		some, more := s.db.ImportLines(v.Context(), x.ID, store.LineBad, after, 500)
		if err = more; len(some) == 0 {
			break
		}
		for i := range some {
			after = some[i].Line
			for _, p := range some[i].Problems {
				err = errors.Join(err, c.Write([]string{strconv.Itoa(after), harmless(some[i].Shop.Name), account.ColumnNamed(p.Field).In(v.Lang), harmless(p.In(v.Lang))}))
			}
		}
	}
	if err = errors.Join(err, flush(c)); err != nil {
		s.log.WarnContext(v.Context(), "a file was not sent whole", "error", err)
	}
	return nil
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// confirmImport saves the good lines of a list and the picked ones that look
// like others: a short list at once, of a long one the beginning, and the rest
// by a job. Sent twice it does nothing twice; broken off it is gone on with.
func (s *Server) confirmImport(w http.ResponseWriter, v *visit) error {
	x, f, err := s.imported(v)
	if err != nil {
		return err
	}
	var picked []int
	for _, n := range v.PostForm["pick"] {
		line, err := strconv.Atoi(n)
		if err != nil {
			return errForm
		}
		picked = append(picked, line)
	}
	ctx := v.Context()
	if x.State == store.ImportRead {
		long := x.Count[store.LineGood]+len(picked) > store.ImportChunk
		err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
			if err := tx.ConfirmImport(ctx, x, picked); err != nil || !long {
				return err
			}
			if _, err := tx.SaveDue(ctx, x, f.Prepare); err != nil {
				return err
			}
			return s.opt.Queue.EnqueueImport(ctx, tx, jobs.Import{ID: x.ID, Organisation: x.Organisation, By: v.by(), Prepare: f.Prepare})
		})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
		if long {
			return s.see(w, v, f.URL, "")
		}
	}
	if err := s.db.SaveImport(ctx, v.by(), s.now, x, f.Prepare); err != nil {
		return err
	}
	return s.see(w, v, f.URL, "")
}

func (s *Server) dropImport(w http.ResponseWriter, v *visit) error {
	x, _, err := s.imported(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.DropImport(ctx, x) }); err != nil {
		return err
	}
	return s.see(w, v, importURL(v.Organisation), v.t("取り込みをやめました。何も登録していません。"))
}
