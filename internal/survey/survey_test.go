package survey

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEveryRowIsAsked holds the questionnaires against the programme's printed
// tables: each question of each row has its item, each item its row or is ours.
func TestEveryRowIsAsked(t *testing.T) {
	t.Parallel()
	type row struct {
		Number           int
		Viewpoint, Theme string
		Parts            []string
	}
	b, err := os.ReadFile("testdata/rows.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string][]row
	if err := yaml.Unmarshal(b, &tables); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"breached": 11, "package": 20, "builder": 25, "asp": 0} {
		q, ok := Load(table)
		if !ok {
			t.Fatalf("no questionnaire %s", table)
		}
		rows := tables[table]
		if len(rows) != want {
			t.Errorf("%s: %d rows, the table has %d", table, len(rows), want)
		}
		asked := map[string][]string{}
		for n, r := range rows {
			if r.Number != n+1 {
				t.Errorf("%s: row %d is numbered %d", table, n+1, r.Number)
			}
		}
		for _, i := range q.Items() {
			n := i.Row()
			if n == 0 {
				if i.Part != "" {
					t.Errorf("%s %s: a part without a row", table, i.ID)
				}
				continue
			}
			if n > len(rows) || i.Part == "" != (len(rows[n-1].Parts) == 0) || i.Part != "" && !slices.Contains(rows[n-1].Parts, i.Part) {
				t.Errorf("%s %s: no row %d, part %q", table, i.ID, n, i.Part)
				continue
			}
			key := i.Origin + " " + i.Part
			asked[key] = append(asked[key], i.ID)
		}
		for _, r := range rows {
			for _, part := range append(r.Parts, "")[:max(1, len(r.Parts))] {
				key := (&Item{Origin: "seed row "}).Origin + itoa(r.Number) + " " + part
				if len(asked[key]) == 0 {
					t.Errorf("%s: row %d (%s / %s), part %q: no item asks it", table, r.Number, r.Viewpoint, r.Theme, part)
				}
			}
		}
	}
}

func itoa(n int) string {
	return strings.TrimLeft(string([]byte{byte('0' + n/10), byte('0' + n%10)}), "0")
}

// TestNonUsers: row 21 of the builders' table is about those who do not use tests.
func TestNonUsers(t *testing.T) {
	t.Parallel()
	q, _ := Load("builder")
	for _, id := range []string{"test-nonusers", "test-nonusers-why"} {
		i, ok := q.Item(id)
		if !ok || i.Row() != 21 || !strings.Contains(i.Ask.JA, "使わない") {
			t.Errorf("%s: %+v", id, i)
		}
	}
}

func TestRanksAreForTheirVendorAlone(t *testing.T) {
	t.Parallel()
	q, _ := Load("package")
	for _, i := range q.Items() {
		if (i.Only == "partner-ranks") != (i.Row() == 20) {
			t.Errorf("%s: row %d, only %q", i.ID, i.Row(), i.Only)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	good := `
id: x
title: {ja: あ, en: a}
to: {ja: あ, en: a}
intro: {ja: あ, en: a}
origin: ours
viewpoints:
  - id: v
    title: {ja: あ, en: a}
    themes:
      - id: t
        title: {ja: あ, en: a}
        items:
          - {id: a, ask: {ja: あ, en: a}, type: yesno, who: legal}
          - {id: b, ask: {ja: あ, en: a}, type: yen, who: legal, when: {item: a, is: ["yes"]}}
tables:
  - {id: t, title: {ja: あ, en: a}, rows: a, figure: b}
`
	if _, err := Read([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown type":   {"type: yen", "type: money"},
		"unknown person": {"type: yen, who: legal", "type: yen, who: cook"},
		"no English":     {"id: v\n    title: {ja: あ, en: a}", "id: v\n    title: {ja: あ}"},
		"later item":     {"item: a", "item: c"},
		"no such choice": {`["yes"]`, `["perhaps"]`},
		"same ID twice":  {"id: b", "id: a"},
		"origin":         {"origin: ours", "origin: seed"},
		"not a figure":   {"figure: b", "figure: a"},
		"unknown field":  {"type: yen", "kind: yen"},
	} {
		if bad := strings.Replace(good, change[0], change[1], 1); bad == good {
			t.Errorf("%s: nothing changed", name)
		} else if _, err := Read([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
