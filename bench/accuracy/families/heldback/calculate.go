package heldback

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

var calcToken = regexp.MustCompile(`^\s*(\d{1,9}(?:\.\d+)?|'[^']*'|"[^"]*"|[-+*/%()])`)

// calculate works out a sum as small expression languages do: whole numbers
// with + - * / % and parentheses, and texts that + joins.
func calculate(v string) (string, error) {
	c := &calculator{}
	for rest := v; strings.TrimSpace(rest) != ""; {
		m := calcToken.FindStringSubmatch(rest)
		if m == nil || len(c.toks) > 100 {
			return "", errors.New("unexpected token near " + strconv.Quote(strings.TrimSpace(rest)))
		}
		c.toks = append(c.toks, m[1])
		rest = rest[len(m[0]):]
	}
	out, err := c.level(0)
	if err == nil && c.at < len(c.toks) {
		err = errors.New("unexpected " + c.toks[c.at])
	}
	return out, err
}

type calculator struct {
	toks []string
	at   int
}

var calcLevels = []string{"+-", "*/%"}

func (c *calculator) level(n int) (string, error) {
	if n == len(calcLevels) {
		return c.atom()
	}
	left, err := c.level(n + 1)
	for err == nil && c.at < len(c.toks) && strings.Contains(calcLevels[n], c.toks[c.at]) {
		op := c.toks[c.at]
		c.at++
		var right string
		if right, err = c.level(n + 1); err == nil {
			left, err = operate(op, left, right)
		}
	}
	return left, err
}

func (c *calculator) atom() (string, error) {
	if c.at >= len(c.toks) {
		return "", errors.New("unexpected end of expression")
	}
	t := c.toks[c.at]
	c.at++
	switch {
	case t == "(":
		v, err := c.level(0)
		if err == nil && (c.at >= len(c.toks) || c.toks[c.at] != ")") {
			err = errors.New("expected )")
		}
		c.at++
		return v, err
	case t == "-" || t == "+":
		v, err := c.atom()
		if err != nil {
			return "", err
		}
		return operate(t, "0", v)
	case t[0] == '\'' || t[0] == '"':
		return t[1 : len(t)-1], nil
	case t[0] >= '0' && t[0] <= '9':
		return t, nil
	}
	return "", errors.New("unexpected " + t)
}

func operate(op, a, b string) (string, error) {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		if op == "+" {
			return a + b, nil
		}
		return "", errors.New("operator " + op + " needs numbers")
	}
	switch op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	case "/":
		if y == 0 {
			return "", errors.New("division by zero")
		}
		x /= y
	default:
		if int64(y) == 0 {
			return "", errors.New("division by zero")
		}
		x = float64(int64(x) % int64(y))
	}
	return strconv.FormatFloat(x, 'f', -1, 64), nil
}
