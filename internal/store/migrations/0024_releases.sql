-- +goose Up
-- That a shop lets those outside see its answers to a checklist that is held;
-- one at a time, and what was taken back stays on record.
CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    taken_back TEXT NOT NULL,
    back_by_id TEXT NOT NULL
);
CREATE UNIQUE INDEX releases_standing ON releases (shop_id, edition, taken_back);

-- +goose Down
DROP TABLE releases;
