package oscal

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"

	"miseban/internal/report"
)

// The models of OSCAL as far as we write them.

type metadata struct {
	Title        string     `json:"title"`
	Published    string     `json:"published,omitempty"`
	LastModified string     `json:"last-modified"`
	Version      string     `json:"version"`
	OSCAL        string     `json:"oscal-version"`
	Revisions    []revision `json:"revisions,omitempty"`
	Props        []prop     `json:"props,omitempty"`
	Links        []link     `json:"links,omitempty"`
	Remarks      string     `json:"remarks,omitempty"`
}

type revision struct {
	Version      string `json:"version"`
	LastModified string `json:"last-modified,omitempty"`
	Remarks      string `json:"remarks,omitempty"`
}

type prop struct {
	Name    string `json:"name"`
	NS      string `json:"ns,omitempty"`
	Value   string `json:"value"`
	Remarks string `json:"remarks,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Rel  string `json:"rel,omitempty"`
	Text string `json:"text,omitempty"`
}

type part struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	NS    string `json:"ns,omitempty"`
	Title string `json:"title,omitempty"`
	Props []prop `json:"props,omitempty"`
	Prose string `json:"prose,omitempty"`
	Parts []part `json:"parts,omitempty"`
}

type control struct {
	ID    string `json:"id"`
	Class string `json:"class,omitempty"`
	Title string `json:"title"`
	Props []prop `json:"props,omitempty"`
	Links []link `json:"links,omitempty"`
	Parts []part `json:"parts,omitempty"`
}

type group struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Parts    []part    `json:"parts,omitempty"`
	Controls []control `json:"controls"`
}

type resource struct {
	UUID        string  `json:"uuid"`
	Title       string  `json:"title,omitempty"`
	Description string  `json:"description,omitempty"`
	RLinks      []rlink `json:"rlinks,omitempty"`
}

type rlink struct {
	Href  string `json:"href"`
	Media string `json:"media-type,omitempty"`
}

type backMatter struct {
	Resources []resource `json:"resources"`
}

type catalog struct {
	UUID     string      `json:"uuid"`
	Metadata metadata    `json:"metadata"`
	Groups   []group     `json:"groups"`
	Back     *backMatter `json:"back-matter,omitempty"`
}

type selection struct {
	WithIDs []string `json:"with-ids"`
}

type imported struct {
	Href    string      `json:"href"`
	Include []selection `json:"include-controls"`
}

type merge struct {
	AsIs bool `json:"as-is"`
}

type profile struct {
	UUID     string      `json:"uuid"`
	Metadata metadata    `json:"metadata"`
	Imports  []imported  `json:"imports"`
	Merge    *merge      `json:"merge,omitempty"`
	Back     *backMatter `json:"back-matter,omitempty"`
}

type href struct {
	Href    string `json:"href"`
	Remarks string `json:"remarks,omitempty"`
}

type actor struct {
	Type string `json:"type"`
	UUID string `json:"actor-uuid"`
}

type origin struct {
	Actors []actor `json:"actors"`
}

type subject struct {
	UUID  string `json:"subject-uuid"`
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
}

type evidence struct {
	Href        string `json:"href,omitempty"`
	Description string `json:"description"`
}

type observation struct {
	UUID        string     `json:"uuid"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description"`
	Props       []prop     `json:"props,omitempty"`
	Methods     []string   `json:"methods"`
	Types       []string   `json:"types,omitempty"`
	Origins     []origin   `json:"origins,omitempty"`
	Subjects    []subject  `json:"subjects,omitempty"`
	Evidence    []evidence `json:"relevant-evidence,omitempty"`
	Collected   string     `json:"collected"`
}

type facet struct {
	Name   string `json:"name"`
	System string `json:"system"`
	Value  string `json:"value"`
}

type characterization struct {
	Origin origin  `json:"origin"`
	Facets []facet `json:"facets"`
}

type response struct {
	UUID        string `json:"uuid"`
	Lifecycle   string `json:"lifecycle"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type risk struct {
	UUID        string               `json:"uuid"`
	Title       string               `json:"title"`
	Description string               `json:"description"`
	Statement   string               `json:"statement"`
	Props       []prop               `json:"props,omitempty"`
	Status      string               `json:"status"`
	Characters  []characterization   `json:"characterizations,omitempty"`
	Deadline    string               `json:"deadline,omitempty"`
	Responses   []response           `json:"remediations,omitempty"`
	Related     []relatedObservation `json:"related-observations,omitempty"`
}

type relatedObservation struct {
	UUID string `json:"observation-uuid"`
}

type relatedRisk struct {
	UUID string `json:"risk-uuid"`
}

type status struct {
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Remarks string `json:"remarks,omitempty"`
}

type target struct {
	Type   string `json:"type"`
	ID     string `json:"target-id"`
	Title  string `json:"title,omitempty"`
	Status status `json:"status"`
}

type finding struct {
	UUID         string               `json:"uuid"`
	Title        string               `json:"title"`
	Description  string               `json:"description"`
	Props        []prop               `json:"props,omitempty"`
	Target       target               `json:"target"`
	Observations []relatedObservation `json:"related-observations,omitempty"`
	Risks        []relatedRisk        `json:"related-risks,omitempty"`
}

type controlID struct {
	ID string `json:"control-id"`
}

type controlSelection struct {
	Description string      `json:"description,omitempty"`
	Include     []controlID `json:"include-controls"`
}

type reviewed struct {
	Selections []controlSelection `json:"control-selections"`
}

type platform struct {
	UUID  string `json:"uuid"`
	Title string `json:"title"`
}

type assets struct {
	Platforms []platform `json:"assessment-platforms"`
}

type local struct {
	Assets *assets `json:"assessment-assets,omitempty"`
}

type result struct {
	UUID         string        `json:"uuid"`
	Title        string        `json:"title"`
	Description  string        `json:"description"`
	Start        string        `json:"start"`
	End          string        `json:"end,omitempty"`
	Props        []prop        `json:"props,omitempty"`
	Local        *local        `json:"local-definitions,omitempty"`
	Reviewed     reviewed      `json:"reviewed-controls"`
	Observations []observation `json:"observations,omitempty"`
	Risks        []risk        `json:"risks,omitempty"`
	Findings     []finding     `json:"findings,omitempty"`
	Remarks      string        `json:"remarks,omitempty"`
}

type assessmentResults struct {
	UUID     string      `json:"uuid"`
	Metadata metadata    `json:"metadata"`
	Plan     href        `json:"import-ap"`
	Results  []result    `json:"results"`
	Back     *backMatter `json:"back-matter,omitempty"`
}

type systemID struct {
	Type string `json:"identifier-type"`
	ID   string `json:"id"`
}

type poamItem struct {
	UUID         string               `json:"uuid"`
	Title        string               `json:"title"`
	Description  string               `json:"description"`
	Props        []prop               `json:"props,omitempty"`
	Observations []relatedObservation `json:"related-observations,omitempty"`
	Risks        []relatedRisk        `json:"related-risks,omitempty"`
	Remarks      string               `json:"remarks,omitempty"`
}

type poam struct {
	UUID         string        `json:"uuid"`
	Metadata     metadata      `json:"metadata"`
	System       systemID      `json:"system-id"`
	Local        *local        `json:"local-definitions,omitempty"`
	Observations []observation `json:"observations,omitempty"`
	Risks        []risk        `json:"risks,omitempty"`
	Items        []poamItem    `json:"poam-items"`
}

// space is the namespace of our UUIDs: what bears the same name has the same
// UUID in every file and on every machine.
var space = [16]byte{0x6d, 0x69, 0x73, 0x65, 0x62, 0x61, 0x5e, 0x5f, 0x9a, 0x4c, 0x6f, 0x73, 0x63, 0x61, 0x6c, 0x31}

// uuid is the UUID (version 5) of what the words name together.
func uuid(words ...string) string {
	sum := sha1.Sum(append(space[:], strings.Join(words, "\x00")...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// token makes an identifier as OSCAL allows: letters, digits, ".", "-" and "_",
// a letter first.
func token(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case unicode.IsLetter(r), r == '_':
			b.WriteRune(r)
		case unicode.IsDigit(r), r == '.', r == '-':
			if i == 0 {
				b.WriteString("r-")
			}
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}

// line is a value on one line, as OSCAL wants its strings; the empty one is "–".
func line(s string) string {
	s = strings.Join(strings.Fields(report.Visible(s)), " ")
	if s == "" {
		return "–"
	}
	return s
}

// prose is a text of several lines; the empty one is "–".
func prose(s string) string {
	if s = strings.TrimSpace(report.Visible(s)); s == "" {
		return "–"
	}
	return s
}

func moment(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(time.RFC3339)
}

func write(w io.Writer, name string, model any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{name: model})
}
