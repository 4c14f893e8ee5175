package view

import (
	"context"
	"time"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// Closing is the end of a programme.
type Closing struct {
	ProgrammeHead
	State     store.Closing
	Deletions []store.Deletion
	Names     map[account.ID]string
	Me        account.ID
	Now       time.Time
	MayAct    bool // belongs to the office
	MayEdit   bool
	Why       string // why something was not done
	Half      string // of the passphrase, shown once
	First     bool   // the asker's half
}

// ended says that the programme is over.
func (f Closing) ended() bool { return f.Programme.State == programme.Ended }

// deletion is what was done, or is to be, with what is of a class; nil: nothing.
func (f Closing) deletion(c paper.Class) *store.Deletion {
	for i := range f.Deletions {
		if x := &f.Deletions[i]; x.Class == c && x.State != store.DeletionCancelled {
			return x
		}
	}
	return nil
}

// due says that what is of a class may be deleted now.
func (f Closing) due(c paper.Class) bool {
	d := f.State.Due(c)
	return !d.IsZero() && !f.Now.Before(d)
}

// DeletedWords names what was deleted.
func DeletedWords(ctx context.Context, what string) string {
	switch what {
	case "answers":
		return t(ctx, "調査・ヒアリングの回答とその履歴")
	case "codings":
		return t(ctx, "自由記述の分類")
	case "subjects":
		return t(ctx, "調査対象とその経過")
	case "applications":
		return t(ctx, "応募とその経過")
	case "notes":
		return t(ctx, "案件のメモと確認の記録")
	case "mails":
		return t(ctx, "一斉メールの宛先と本文")
	case "names":
		return t(ctx, "案件のお店の名前と出来事の文章")
	case "drafts":
		return t(ctx, "公表前の集計")
	case "seats":
		return t(ctx, "委員の名簿")
	case "comments":
		return t(ctx, "ガイドラインへの意見と回答")
	case "chapters":
		return t(ctx, "ガイドラインの下書き")
	case "issues":
		return t(ctx, "公開したガイドライン")
	case "publications":
		return t(ctx, "公表した統計")
	case "papers":
		return t(ctx, "委員会資料とその閲覧者の指定")
	case "parts":
		return t(ctx, "委員会資料の項目")
	case "files":
		return t(ctx, "委員会資料の添付")
	case "actions":
		return t(ctx, "委員会の宿題")
	case "archive":
		return t(ctx, "Miseban の中の封印した保管ファイル（1 MB ごと）")
	}
	return what
}

// keptOf says what of a programme is of a class.
func keptOf(ctx context.Context, c paper.Class) string {
	switch c {
	case paper.Public:
		return t(ctx, "公開の資料、公表した統計")
	case paper.Committee:
		return t(ctx, "委員限りの資料・添付・宿題、委員の名簿")
	}
	return t(ctx, "応募、回答、案件のメモ、宛先、非公開の資料・添付・宿題")
}
