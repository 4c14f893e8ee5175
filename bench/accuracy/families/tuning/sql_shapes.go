package tuning

import (
	"strconv"
	"strings"
)

// shape is one way to put a value into a statement.
type shape struct {
	query  string // with one %s
	bound  string // the same with ? for the value
	sample func(c []ware) (value, shows string)
	clean  func(v string) string // what the program does to the value first
	yes    string                // added to the sample: nothing changes
	no     string                // added to the sample: nothing is found, or in another order
	number bool
	safe   func(v string, c []ware) ([][]string, bool) // for what cannot be bound
}

func same(v string) string { return v }

var text = shape{
	query: "SELECT name, price FROM items WHERE category = '%s' ORDER BY id", bound: "SELECT name, price FROM items WHERE category = ? ORDER BY id",
	sample: byCategory, clean: same, yes: "' AND '1'='1", no: "' AND '1'='2",
}

var doubleQuoted = shape{
	query: `SELECT name, price FROM items WHERE category = "%s" ORDER BY id`, bound: text.bound,
	sample: byCategory, clean: same, yes: `" AND "1"="1`, no: `" AND "1"="2`,
}

var number = shape{
	query: "SELECT name, price FROM items WHERE id = %s", bound: "SELECT name, price FROM items WHERE id = ?",
	sample: func(c []ware) (string, string) { return strconv.Itoa(c[4].ID), c[4].Name }, clean: same, yes: " AND 1=1", no: " AND 1=2", number: true,
}

var like = shape{
	query: "SELECT name, price FROM items WHERE name LIKE '%%%s%%' ORDER BY id", bound: "SELECT name, price FROM items WHERE name LIKE ? ORDER BY id",
	sample: func(c []ware) (string, string) { return c[3].Name[:3], c[3].Name }, clean: same, yes: "%' AND '1%'='1", no: "%' AND '1%'='2",
}

var nested = shape{
	query: "SELECT name, price FROM items WHERE (stock > 0 AND (category = '%s')) ORDER BY id", bound: text.bound,
	sample: byCategory, clean: same, yes: "' AND '1'='1", no: "' AND '1'='2",
}

var orderBy = shape{
	query:  "SELECT name, price FROM items ORDER BY %s LIMIT 3",
	sample: func(c []ware) (string, string) { return "price", cheapest(c) }, clean: same, yes: "*(CASE WHEN 1=1 THEN 1 ELSE -1 END)", no: "*(CASE WHEN 1=2 THEN 1 ELSE -1 END)",
	safe: func(v string, c []ware) ([][]string, bool) { return sorted(v, c) },
}

var inList = shape{
	query:  "SELECT name, price FROM items WHERE id IN (%s) ORDER BY id",
	sample: func(c []ware) (string, string) { return "3,5", c[4].Name }, clean: same, yes: ") AND (1=1", no: ") AND (1=2",
	safe: func(v string, c []ware) ([][]string, bool) {
		var rows [][]string
		for p := range strings.SplitSeq(v, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(p))
			if err != nil {
				return nil, false
			}
			if n > 0 && n <= len(c) {
				rows = append(rows, row(c[n-1]))
			}
		}
		return rows, true
	},
}

var limit = shape{
	query:  "SELECT name, price FROM items ORDER BY id LIMIT %s",
	sample: func(c []ware) (string, string) { return "5", c[4].Name }, clean: same, yes: "*(1=1)", no: "*(1=2)",
	safe: func(v string, c []ware) ([][]string, bool) {
		n := leading(v)
		if n < 0 {
			return nil, false
		}
		var rows [][]string
		for _, w := range c[:min(n, len(c))] {
			rows = append(rows, row(w))
		}
		return rows, true
	},
}

var backslash = shape{
	query: "SELECT name, price FROM items WHERE category = '%s' ORDER BY id", bound: text.bound,
	sample: byCategory, clean: func(v string) string { return strings.ReplaceAll(v, "'", "''") },
	// \'' is a quote and the end of the text.
	yes: `\' IS NOT NULL -- `, no: `\' AND 1=2 -- `,
}

var short = shape{
	query: "SELECT name, price FROM items WHERE category = '%s' ORDER BY id", bound: text.bound,
	sample: byCategory, clean: func(v string) string { return v[:min(len(v), 22)] }, yes: "' AND '1'='1", no: "' AND '1'='2",
}

var noSpaces = shape{
	query: "SELECT name, price FROM items WHERE category = '%s' ORDER BY id", bound: text.bound,
	sample: byCategory, clean: func(v string) string { return strings.ReplaceAll(v, " ", "") }, yes: "'AND'1'='1", no: "'AND'1'='2",
}

var keywords = shape{
	query: "SELECT name, price FROM items WHERE category = '%s' ORDER BY id", bound: text.bound,
	sample: byCategory, clean: strings.NewReplacer("select", "", "SELECT", "", "union", "", "UNION", "", "sleep", "", "--", "").Replace, yes: "' AND '1'='1", no: "' AND '1'='2",
}

func byCategory(c []ware) (string, string) { return c[1].Category, c[1].Name }
func row(w ware) []string                  { return []string{w.Name, strconv.Itoa(w.Price)} }

func cheapest(c []ware) string {
	w := c[0]
	for _, x := range c {
		if x.Price < w.Price {
			w = x
		}
	}
	return w.Name
}

// sorted is the careful way to sort: by one of two known columns.
func sorted(v string, c []ware) ([][]string, bool) {
	list := append([]ware(nil), c...)
	switch v {
	case "price":
		for i := range list {
			for j := i; j > 0 && list[j].Price < list[j-1].Price; j-- {
				list[j], list[j-1] = list[j-1], list[j]
			}
		}
	case "name":
		for i := range list {
			for j := i; j > 0 && list[j].Name < list[j-1].Name; j-- {
				list[j], list[j-1] = list[j-1], list[j]
			}
		}
	}
	var rows [][]string
	for _, w := range list[:3] {
		rows = append(rows, row(w))
	}
	return rows, true
}

// leading is the number at the beginning of v, as PHP's intval reads it; -1 for none.
func leading(v string) int {
	n := 0
	for n < len(v) && v[n] >= '0' && v[n] <= '9' && n < 6 {
		n++
	}
	i, err := strconv.Atoi(v[:n])
	if err != nil {
		return -1
	}
	return i
}
