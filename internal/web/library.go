package web

import (
	"mime"
	"net/http"

	"miseban/internal/guideline"
	"miseban/internal/web/view"
)

// libraryMost is how large a library may be that is looked at on a page.
const libraryMost = 2 << 20

// libraryPage asks for a library of CISO Assistant.
func (s *Server) libraryPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.LibraryPage(view.Library{}))
}

// readLibrary shows what a library holds and how it differs from an edition
// under the same name, or hands it out as an edition. Nothing is kept.
func (s *Server) readLibrary(w http.ResponseWriter, v *visit) error {
	name, data, problem, err := upload(v, "library", libraryMost)
	if err != nil {
		return err
	}
	f := view.Library{Name: name, Problem: problem}
	if problem.Message != "" {
		return s.page(w, v, http.StatusUnprocessableEntity, view.LibraryPage(f))
	}
	e, err := guideline.ReadLibrary(data)
	if f.Faults = guideline.Faults(err); len(f.Faults) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.LibraryPage(f))
	}
	if err != nil {
		return err
	}
	if v.URL.Query().Get("as") == "file" {
		b, err := guideline.Export(e, guideline.YAML)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/yaml")
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.ID + ".yaml"}))
		if _, err := w.Write(b); err != nil {
			s.log.WarnContext(v.Context(), "an edition was not sent whole", "error", err)
		}
		return nil
	}
	f.Edition = e
	if own, err := s.editionNamed(v, e.ID); err == nil {
		d := guideline.Compare(own, e)
		f.Same, f.Difference = own, &d
	}
	return s.page(w, v, http.StatusOK, view.LibraryPage(f))
}
