package view

import (
	"context"
	"slices"

	"miseban/internal/account"
)

// noShops says why somebody sees no shop, and what has to happen first.
func noShops(ctx context.Context, f Home) string {
	switch {
	case f.MayAdd:
		return t(ctx, "お店がまだ登録されていません。")
	case f.Contractor:
		return t(ctx, "担当するお店はまだありません。お店の責任者が「アクセス」のページで招待を送ると、ここに並びます。")
	case f.Firm:
		return t(ctx, "診断を任されたお店はまだありません。お店の責任者が「アクセス」のページで招待を送ると、ここに並びます。")
	}
	return t(ctx, "見られるお店はまだありません。")
}

// shopNames are the names of those of the shops that are in sight.
func shopNames(ctx context.Context, ids []account.ID, shops []HomeShop) string {
	var out []string
	for _, s := range shops {
		if slices.Contains(ids, s.ID) {
			out = append(out, s.Name)
		}
	}
	return join(ctx, out)
}
