package guideline

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// FormatVersion is the Edition.Format this release reads.
const FormatVersion = 1

// ErrUnknownEdition is returned by Load for an ID that no folder holds.
var ErrUnknownEdition = errors.New("unknown edition")

//go:embed editions
var files embed.FS

var builtin = sync.OnceValues(func() ([]*Edition, error) {
	sub, err := fs.Sub(files, "editions")
	if err != nil {
		return nil, err
	}
	return LoadDir(sub)
})

// All returns the editions of this release and those of dirs, ordered by ID.
// An edition in dirs replaces an earlier one with the same ID as a whole.
func All(dirs ...fs.FS) ([]*Edition, error) {
	own, err := builtin()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(own)
	for _, dir := range dirs {
		more, err := LoadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			if i := slices.IndexFunc(all, func(o *Edition) bool { return o.ID == e.ID }); i >= 0 {
				all[i] = e
			} else {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Edition) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// Load returns the edition with the given ID, from dirs if one of them holds
// it. An unknown ID is ErrUnknownEdition with the IDs there are.
func Load(id string, dirs ...fs.FS) (*Edition, error) {
	all, err := All(dirs...)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, e := range all {
		if e.ID == id {
			return e, nil
		}
		ids[i] = e.ID
	}
	return nil, fmt.Errorf("%w %q: choose one of %s", ErrUnknownEdition, id, strings.Join(ids, ", "))
}

// LoadDir reads every edition in a directory: a folder <id>/ with edition.yaml,
// requirements*.yaml and questions*.yaml, or a single file <id>.yaml as Export
// writes it. It is strict: an unknown field, file or word, a missing language
// or a reference to nothing is an error with file and line, and all errors of
// an edition are told at once.
func LoadDir(dir fs.FS) ([]*Edition, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("reading editions: %w", err)
	}
	var (
		all  []*Edition
		errs []error
		seen = map[string]string{}
	)
	for _, entry := range entries {
		name := entry.Name()
		id, isFile := strings.CutSuffix(name, ".yaml")
		switch {
		case strings.HasPrefix(name, "."), !entry.IsDir() && !isFile:
			continue // a README or an editor's file
		case entry.IsDir():
			id = name
		}
		if other, dup := seen[id]; dup {
			errs = append(errs, &Fault{name, t("版 {id} が {other} にもあります。どちらかを消してください。", "id", id, "other", other)})
			continue
		}
		seen[id] = name
		e, err := read(dir, name, id, entry.IsDir())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, e)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return all, nil
}

// Read reads one edition from a single document as Export writes it.
func Read(id string, data []byte) (*Edition, error) {
	var e Edition
	file := id + ".yaml"
	root, err := parse(file, data, &e)
	if err != nil {
		return nil, err
	}
	where := at{edition: file + ":1", requirements: lines(file, child(root, "requirements")), questions: lines(file, child(root, "questions"))}
	if err := validate(&e, id, where); err != nil {
		return nil, err
	}
	return &e, nil
}

// at remembers where requirements and questions stand, so that an error found
// after decoding still names its line.
type at struct {
	edition                 string
	requirements, questions []string
}

func read(dir fs.FS, name, id string, folder bool) (*Edition, error) {
	var (
		e     Edition
		where at
	)
	first := name
	if folder {
		first = path.Join(name, "edition.yaml")
	}
	where.edition = first + ":1"
	root, err := decode(dir, first, &e)
	if err != nil {
		return nil, err
	}
	where.requirements = lines(first, child(root, "requirements"))
	where.questions = lines(first, child(root, "questions"))
	if folder {
		entries, err := fs.ReadDir(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		for _, entry := range entries {
			file := path.Join(name, entry.Name())
			switch base := entry.Name(); {
			case base == "edition.yaml", !strings.HasSuffix(base, ".yaml"):
			case strings.HasPrefix(base, "requirements"):
				var more []Requirement
				root, err := decode(dir, file, &more)
				if err != nil {
					return nil, err
				}
				e.Requirements = append(e.Requirements, more...)
				where.requirements = append(where.requirements, lines(file, root)...)
			case strings.HasPrefix(base, "questions"):
				var more []Question
				root, err := decode(dir, file, &more)
				if err != nil {
					return nil, err
				}
				e.Questions = append(e.Questions, more...)
				where.questions = append(where.questions, lines(file, root)...)
			default:
				return nil, &Fault{file, t("版のフォルダに置けるのは edition.yaml、requirements*.yaml、questions*.yaml だけです。")}
			}
		}
	}
	if err := validate(&e, id, where); err != nil {
		return nil, err
	}
	return &e, nil
}

// decode reads the YAML document of a file.
func decode(dir fs.FS, file string, into any) (*yaml.Node, error) {
	b, err := fs.ReadFile(dir, file)
	if err != nil {
		return nil, fmt.Errorf("reading edition: %w", err)
	}
	return parse(file, b, into)
}

// parse reads one YAML document strictly and returns its root for lines.
func parse(file string, b []byte, into any) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Fault{file + ":1", t("ファイルが空です。")}
		}
		return nil, placed(file, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Fault{file, t("YAML の文書は 1 つだけにしてください（--- で区切らないでください）。")}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, placed(file, err)
	}
	if len(doc.Content) == 0 {
		return &doc, nil
	}
	return doc.Content[0], nil
}

var lineOf = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// placed turns the decoder's "line 3: …" into "file:3: …".
func placed(file string, err error) error {
	msgs := []string{err.Error()}
	if te := (*yaml.TypeError)(nil); errors.As(err, &te) {
		msgs = te.Errors
	}
	errs := make([]error, len(msgs))
	for i, m := range msgs {
		if p := lineOf.FindStringSubmatch(m); p != nil {
			errs[i] = &Fault{file + ":" + p[1], decoding(m[len(p[0]):])}
		} else {
			errs[i] = &Fault{file, decoding(m)}
		}
	}
	return errors.Join(errs...)
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// lines gives file:line for each element of a sequence.
func lines(file string, n *yaml.Node) []string {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]string, len(n.Content))
	for i, c := range n.Content {
		out[i] = fmt.Sprintf("%s:%d", file, c.Line)
	}
	return out
}
