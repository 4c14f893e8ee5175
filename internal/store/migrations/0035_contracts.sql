-- +goose Up
-- What a shop has noted about its contract with who builds or maintains it.
CREATE TABLE shop_contracts (
    shop_id TEXT PRIMARY KEY REFERENCES shops (id),
    revision BIGINT NOT NULL,
    updated TEXT NOT NULL,
    by_id TEXT NOT NULL,
    doc TEXT NOT NULL
);
-- The clauses that were missing when a request was made and that it speaks of.
ALTER TABLE requests ADD COLUMN clauses TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE requests DROP COLUMN clauses;
DROP TABLE shop_contracts;
