package probe

import (
	"html/template"
	"strings"
	"testing"
)

// html/template escapes each value for the context it stands in: none of these
// may be taken for a hole, however much of the probe comes back.
func TestContextualEscapingIsSafe(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`<p>{{.}}</p>`, `<title>{{.}}</title>`, `<textarea>{{.}}</textarea>`, `<a title="{{.}}">x</a>`, `<a title='{{.}}'>x</a>`, `<a title={{.}}>x</a>`,
		`<a href="{{.}}">x</a>`, `<a href="/q?a={{.}}">x</a>`, `<a href={{.}}>x</a>`, `<img src="{{.}}">`, `<form action="{{.}}"></form>`,
		`<a onclick="f({{.}})">x</a>`, `<a onclick="f('{{.}}')">x</a>`, `<a onclick='f("{{.}}")'>x</a>`,
		`<script>var q = {{.}};</script>`, `<script>var q = '{{.}}';</script>`, `<script>var q = "{{.}}";</script>`, "<script>var q = `{{.}}`;</script>",
		`<script>var q = /{{.}}/;</script>`, `<script type="application/json">{"q": {{.}}}</script>`,
		`<style>.a { color: {{.}} }</style>`, `<style>.a { content: "{{.}}" }</style>`, `<div style="color: {{.}}">x</div>`,
		`<!-- {{.}} -->`, `<noscript>{{.}}</noscript>`, `<template>{{.}}</template>`, `<select><option>{{.}}</option></select>`,
		`<script src="/js/{{.}}.js"></script>`, `<base href="/{{.}}/">`,
	} {
		tmpl, err := template.New("").Parse("<!doctype html><html><body>" + body + "</body></html>")
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		e := &echo{name: body, status: 200, header: map[string][]string{"Content-Type": {"text/html; charset=utf-8"}}}
		e.made = func(value string) string {
			var b strings.Builder
			if err := tmpl.Execute(&b, value); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			return b.String()
		}
		if got, way, _ := leave(e, body); len(got) > 0 {
			t.Errorf("%s: %q made %v\n%s", body, way, got, e.made(way))
		}
	}
}
