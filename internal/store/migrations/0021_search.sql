-- +goose Up
-- Comments are looked through shop by shop.
CREATE INDEX finding_moves_said ON finding_moves (shop_id, id) WHERE what = 'comment';

-- +goose Down
DROP INDEX finding_moves_said;
