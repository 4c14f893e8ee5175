package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// publishedStatistics publishes the statistics of the world's programme, and
// makes them for the office.
func (w *world) publishedStatistics() *store.Publication {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := w.server.counting(w.t.Context(), w.programme)
	if err != nil {
		w.t.Fatal(err)
	}
	clerk := w.people[account.Clerk].ID
	if _, err := w.db.MakeStatistics(ctx, clerk, w.programme.ID, w.programme.Office, c, w.now()); err != nil {
		w.t.Fatal(err)
	}
	x := &store.Publication{Programme: w.programme.ID}
	x.Title.JA, x.Title.EN = "EC サイトの脆弱性診断事業 統計", "Programme: statistics"
	if err := w.db.Propose(ctx, clerk, w.programme.Office, x, c, w.now()); err != nil {
		w.t.Fatal(err)
	}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Approver].ID
		return tx.DecidePublication(ctx, w.programme.Office, x, true)
	})
	return x
}

// TestStatisticsPages: the office counts and proposes, another approves, and
// everybody reads the page and its files; nobody sees a draft.
func TestStatisticsPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.entered(12)
	clerk, second, observer, stranger := w.as(w.people[account.Clerk]), w.as(w.people[account.Approver]), w.as(w.people[account.Member]), w.visitor()
	url := "/programmes/" + string(w.programme.ID) + "/statistics"
	clerk.get(url).wants(t, 200, "まだ集計していません")
	observer.get(url).wants(t, 200, "公表された統計はまだありません")
	clerk.post(url).wants(t, 303, url)
	clerk.get(url).wants(t, 200, "業種別の応募", "公表はまだです", "資格あり")
	if r := observer.get(url); strings.Contains(r.body, "業種別の応募") {
		t.Error("a draft is shown to a committee member")
	}
	to := clerk.post(url+"/propose").wants(t, 303, url+"/").location
	clerk.post(url+"/propose").wants(t, 409, "承認を待っている公表の申請があります")
	clerk.get(to).wants(t, 200, "ほかの人がこのページを開いて承認します")
	clerk.post(to, "act", "publish").wants(t, 409, "申請した人は承認できません")
	public := "/open-data/" + strings.TrimPrefix(to, url+"/")
	for _, f := range []string{"", "/data.csv", "/dictionary.csv", "/tables.xlsx"} {
		stranger.get(public+f).wants(t, 404)
	}
	observer.get(to).wants(t, 403)
	second.post(to, "act", "publish").wants(t, 303, to)
	observer.get(url).wants(t, 200, "公表済みの表です", "業種別の応募", public)
	stranger.get("/open-data").wants(t, 200, "統計", public)
	stranger.get(public).wants(t, 200, "業種別の応募", "data.csv")
	stranger.get(public+"/data.csv").wants(t, 200, "table,row_item", "applied-method,method")
	stranger.get(public+"/dictionary.csv").wants(t, 200, "code,method,welcart,Welcart")
	stranger.get(public+"/tables.xlsx").wants(t, 200, "PK")
	second.post(to, "act", "withdraw").wants(t, 303, to)
	stranger.get(public).wants(t, 404)
	clerk.get("/programmes/"+string(w.foreign.ID)+"/statistics").wants(t, 404)
	clerk.post(url+"/propose", "survey", string(w.absent)).wants(t, 404)
}

// TestSurveyOpenData: released tables of a survey go the same way.
func TestSurveyOpenData(t *testing.T) {
	t.Parallel()
	w := settled(t)
	x, _ := w.surveyed("breached")
	url := "/programmes/" + string(w.programme.ID) + "/statistics"
	clerk, second := w.as(w.people[account.Clerk]), w.as(w.people[account.Approver])
	clerk.post(url+"/propose", "survey", string(x.ID)).wants(t, 422, "先に調査の「公表」で確定")
	w.heardOf(x, 12, func(n int) []survey.Answer {
		return []survey.Answer{{Item: "moved-asp", Given: survey.Answered, Choices: []string{[]string{"moved", "no"}[n%2]}}}
	})
	of := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID) + "/publication"
	second.post(of, "table", "moved").wants(t, 303)
	clerk.get(of).wants(t, 200, "オープンデータの公表を申請する")
	to := clerk.post(url+"/propose", "survey", string(x.ID)).wants(t, 303, url+"/").location
	second.post(to, "act", "publish").wants(t, 303)
	w.visitor().get("/open-data/"+strings.TrimPrefix(to, url+"/")+"/data.csv").wants(t, 200, "breached.moved,moved-asp,moved", ",6,no")
	clerk.post(url)
	clerk.get(url).wants(t, 200, "ヒアリングで分かった費用と被害", "ASP への移行")
}
