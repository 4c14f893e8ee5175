package web

import (
	"bytes"
	"encoding/json"
	"net/url"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// payloads are a finding as others' lists of tasks take it. What only the list
// knows, such as its project, stands in capitals, to be filled in.
func payloads(v *visit, f *store.Finding, x *report.Finding, markdown string) ([]view.Payload, error) {
	summary := "[" + x.SeverityName + "] " + x.Title + " – " + v.Shop.Name
	write := func(p any) (string, error) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err := e.Encode(p)
		return b.String(), err
	}
	github, err := write(map[string]any{"title": summary, "body": markdown, "labels": []string{"security"}})
	if err != nil {
		return nil, err
	}
	fields := map[string]any{"project": map[string]string{"key": "PROJECT"}, "issuetype": map[string]string{"name": "Task"}, "summary": account.Line(summary), "description": markdown, "labels": []string{"security"}}
	if f.Due != "" {
		fields["duedate"] = f.Due
	}
	jira, err := write(map[string]any{"fields": fields})
	if err != nil {
		return nil, err
	}
	backlog := url.Values{"projectId": {"PROJECT"}, "issueTypeId": {"TYPE"}, "priorityId": {"3"}, "summary": {account.Line(summary)}, "description": {markdown}}
	if f.Due != "" {
		backlog.Set("dueDate", f.Due)
	}
	return []view.Payload{{ID: "github", Name: v.t("GitHub（POST /repos/…/issues、JSON）"), Text: github}, {ID: "jira", Name: v.t("Jira（POST /rest/api/2/issue、JSON）"), Text: jira}, {ID: "backlog", Name: v.t("Backlog（POST /api/v2/issues、フォーム）"), Text: backlog.Encode()}}, nil
}
