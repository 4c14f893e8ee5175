package trial

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Place is where a value enters a site.
type Place string

// The places of the list.
const (
	Query     Place = "query"       // ?param=value
	Form      Place = "form"        // urlencoded POST of a search form
	Multipart Place = "multipart"   // multipart POST
	List      Place = "list"        // ?param[]=a&param[]=value
	Name      Place = "name"        // the name of a parameter
	JSON      Place = "json"        // {"param": value} sent by the page's script
	XML       Place = "xml"         // <search><param>value</param></search> sent by the page's script
	Cookie    Place = "cookie"      // a cookie that the start page sets
	Header    Place = "header"      // Referer, User-Agent, X-Forwarded-For, or one that the page's script sets
	Path      Place = "path"        // the last segment of a path
	Base64    Place = "base64"      // ?param=base64(value)
	CookieObj Place = "cookie-json" // JSON in a cookie
	InnerURL  Place = "inner-url"   // ?to=/list?param=value
	Double    Place = "double"      // decoded twice
	Unlinked  Place = "unlinked"    // a likely name that no page links to
	Fragment  Place = "fragment"    // after #, read by script
	Host      Place = "host"        // Host or X-Forwarded-Host
	Whole     Place = "whole"       // no value: the site as it is, with its members
)

// Everywhere are the places into which any text fits.
var Everywhere = []Place{Query, Form, Multipart, List, Name, JSON, XML, Cookie, Header, Path, Base64, CookieObj, InnerURL, Double}

// Except is Everywhere without some places.
func Except(not ...Place) []Place {
	return slices.DeleteFunc(slices.Clone(Everywhere), func(p Place) bool { return slices.Contains(not, p) })
}

// method is the one with which the place is used.
func (p Place) method() string {
	switch p {
	case Form, Multipart, JSON, XML:
		return http.MethodPost
	}
	return http.MethodGet
}

// readObject takes a value that was sent as an object or array: param[$op]=x,
// param[]=x, or JSON of that kind.
func (s *Site) readObject(r *http.Request, body []byte) (value string, ok bool) {
	m := map[string]any{}
	var fields url.Values
	switch s.Place {
	case Query, List:
		fields = r.URL.Query()
	case Form:
		fields, _ = url.ParseQuery(string(body))
	case JSON:
		var all map[string]json.RawMessage
		if json.Unmarshal(body, &all) != nil {
			return "", false
		}
		v := strings.TrimSpace(string(all[s.Param]))
		return v, strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[")
	}
	for k, vs := range fields {
		if inner, ok := strings.CutPrefix(k, s.Param+"["); ok && strings.HasSuffix(inner, "]") {
			inner, _, _ = strings.Cut(inner, "]")
			var v any = vs[0]
			if strings.HasSuffix(k, "][]") || inner == "" && len(vs) > 1 {
				v = vs
			}
			m[inner] = v
		}
	}
	if len(m) == 0 {
		return "", false
	}
	b, err := json.Marshal(m)
	return string(b), err == nil
}

// read takes the value out of a request. ok is false when it carries none.
func (s *Site) read(r *http.Request) (value string, ok bool) {
	q := r.URL.Query()
	switch s.Place {
	case Query, Unlinked, Fragment:
		return first(q, s.Param)
	case Double:
		v, ok := first(q, s.Param)
		if d, err := url.QueryUnescape(v); err == nil {
			v = d
		}
		return v, ok
	case Base64:
		v, ok := first(q, s.Param)
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(v, " ", "+"))
		return string(b), ok && err == nil
	case InnerURL:
		v, ok := first(q, s.Outer)
		u, err := url.Parse(v)
		if !ok || err != nil {
			return "", false
		}
		return first(u.Query(), s.Param)
	case Form:
		if r.ParseForm() != nil {
			return "", false
		}
		return first(r.PostForm, s.Param)
	case Multipart:
		if r.ParseMultipartForm(1<<20) != nil || r.MultipartForm == nil {
			return "", false
		}
		return first(r.MultipartForm.Value, s.Param)
	case List:
		return s.strange(slices.Concat(q[s.Param+"[]"], q[s.Param]))
	case Name:
		names := namesInOrder(r.URL.RawQuery)
		return s.strange(slices.DeleteFunc(names, func(n string) bool { return slices.Contains(s.decoys, n) }))
	case JSON:
		var m map[string]any
		if json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&m) != nil {
			return "", false
		}
		return text(m[s.Param])
	case XML:
		return elementText(r.Body, s.Param)
	case Cookie, CookieObj:
		v, ok := cookieOf(r, s.cookieName())
		if !ok {
			return "", false
		}
		if d, err := url.QueryUnescape(v); err == nil {
			v = d
		}
		if s.Place == Cookie {
			return v, true
		}
		return s.fromObject(v)
	case Header:
		v := r.Header.Get(s.Param)
		return v, v != ""
	case Host:
		if v := r.Header.Get("X-Forwarded-Host"); v != "" && s.Param == "X-Forwarded-Host" {
			return v, true
		}
		return r.Host, true
	case Path:
		rest, ok := strings.CutPrefix(r.URL.EscapedPath(), s.HandlerPath+"/")
		v, err := url.PathUnescape(rest)
		return v, ok && rest != "" && err == nil
	}
	return "", false
}

// fromObject takes the value out of the JSON that a cookie holds, plain or in base64.
func (s *Site) fromObject(v string) (string, bool) {
	if b, err := base64.StdEncoding.DecodeString(v); err == nil && len(b) > 0 && b[0] == '{' {
		v = string(b)
	}
	var m map[string]any
	if json.Unmarshal([]byte(v), &m) != nil {
		return "", false
	}
	return text(m[s.Param])
}

// strange is the first value that is not one of the site's own, else the first.
func (s *Site) strange(vs []string) (string, bool) {
	for _, v := range vs {
		if v != s.handler.Sample && !slices.Contains(s.handler.Others, v) {
			return v, true
		}
	}
	if len(vs) == 0 {
		return "", false
	}
	return vs[0], true
}

func (s *Site) cookieName() string {
	if s.Outer != "" {
		return s.Outer
	}
	return s.Param
}

// cookieOf reads a cookie as PHP does: quotes and spaces in it are no reason to drop it.
func cookieOf(r *http.Request, name string) (string, bool) {
	for _, h := range r.Header["Cookie"] {
		for part := range strings.SplitSeq(h, ";") {
			if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok && k == name {
				return v, true
			}
		}
	}
	return "", false
}

func first(v map[string][]string, k string) (string, bool) {
	if x := v[k]; len(x) > 0 {
		return x[0], true
	}
	return "", false
}

func text(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case float64, bool:
		return fmt.Sprint(v), true
	}
	b, _ := json.Marshal(v)
	return string(b), true
}

// namesInOrder are the decoded names of a query, as written.
func namesInOrder(raw string) []string {
	var out []string
	for kv := range strings.SplitSeq(raw, "&") {
		k, _, _ := strings.Cut(kv, "=")
		if d, err := url.QueryUnescape(k); err == nil && d != "" {
			out = append(out, d)
		}
	}
	return out
}

// elementText is the text of the first element with the name; entities other
// than XML's own are refused, as by a careful parser.
func elementText(r io.Reader, name string) (string, bool) {
	d := xml.NewDecoder(io.LimitReader(r, 1<<20))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	in := false
	var b strings.Builder
	for {
		t, err := d.Token()
		if err != nil {
			return "", false
		}
		switch t := t.(type) {
		case xml.StartElement:
			in = in || t.Name.Local == name
		case xml.CharData:
			if in {
				b.Write(t)
			}
		case xml.EndElement:
			if t.Name.Local == name {
				return b.String(), true
			}
		}
	}
}

// request makes the request with which a visitor would send value. fields are
// further fields of the form (its token).
func (s *Site) request(value string, fields url.Values) (*http.Request, error) {
	u, err := url.Parse(s.Origin + s.HandlerPath)
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	if s.decoy != "" {
		q.Set(s.decoy, "1")
	}
	for k, v := range fields {
		q[k] = v
	}
	var body []byte
	header := http.Header{}
	var object map[string]string
	if s.handler.Objects && strings.HasPrefix(value, "{") {
		if err := json.Unmarshal([]byte(value), &object); err != nil {
			return nil, err
		}
	}
	switch s.Place {
	case Query, Unlinked:
		set(q, s.Param, value, object)
	case Fragment:
		u.Fragment = s.Param + "=" + value
	case Double:
		q.Set(s.Param, url.QueryEscape(value))
	case Base64:
		q.Set(s.Param, base64.StdEncoding.EncodeToString([]byte(value)))
	case InnerURL:
		q.Set(s.Outer, s.HandlerPath+"?"+url.Values{s.Param: {value}}.Encode())
	case List:
		q[s.Param+"[]"] = []string{s.handler.Sample, value}
	case Name:
		q.Set(value, "1")
	case Form:
		set(q, s.Param, value, object)
		body, q = []byte(q.Encode()), nil
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	case Multipart:
		q.Set(s.Param, value)
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, vs := range q {
			if err := w.WriteField(k, vs[0]); err != nil {
				return nil, err
			}
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		body, q = b.Bytes(), nil
		header.Set("Content-Type", w.FormDataContentType())
	case JSON:
		var v any = value
		if object != nil {
			v = object
		}
		if body, err = json.Marshal(map[string]any{s.Param: v, "rows": 20}); err != nil {
			return nil, err
		}
		header.Set("Content-Type", "application/json")
	case XML:
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(value))
		header.Set("Content-Type", "application/xml")
		if strings.HasPrefix(value, "<?xml") || strings.HasPrefix(value, "<!DOCTYPE") {
			body = []byte(value) // a document of the visitor's own
			break
		}
		body = []byte(`<?xml version="1.0"?><search><` + s.Param + `>` + b.String() + `</` + s.Param + `></search>`)
	case Cookie:
		header.Set("Cookie", s.Param+"="+url.QueryEscape(value))
	case CookieObj:
		header.Set("Cookie", s.Outer+"="+s.object(value))
	case Header:
		header.Set(s.Param, value)
	case Path:
		u.RawPath = u.EscapedPath() + "/" + url.PathEscape(value)
		u.Path += "/" + value
	}
	u.RawQuery = q.Encode()
	r, err := http.NewRequest(s.Place.method(), u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.URL = u
	r.Header = header
	if s.Place == Host {
		if s.Param == "X-Forwarded-Host" {
			header.Set(s.Param, value)
		} else {
			r.Host = value
		}
	}
	return r, nil
}

// object is the cookie that holds value in JSON.
func (s *Site) object(value string) string {
	b, _ := json.Marshal(map[string]string{"view": "grid", s.Param: value})
	if s.packed {
		return base64.StdEncoding.EncodeToString(b)
	}
	return url.QueryEscape(string(b))
}

// set puts a value, or each field of an object in brackets, into a form.
func set(q url.Values, param, value string, object map[string]string) {
	if object == nil {
		q.Set(param, value)
	}
	for k, v := range object {
		q.Set(param+"["+k+"]", v)
	}
}
