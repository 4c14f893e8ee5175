-- +goose Up
ALTER TABLE links ADD COLUMN person_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE links DROP COLUMN person_id;
