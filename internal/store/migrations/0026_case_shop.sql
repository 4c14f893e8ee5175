-- +goose Up
-- What the office prepared of a case's shop, for the shop's people to register.
ALTER TABLE cases ADD COLUMN prepared_id TEXT NOT NULL DEFAULT '';
CREATE INDEX cases_prepared ON cases (prepared_id) WHERE prepared_id <> '';

-- +goose Down
DROP INDEX cases_prepared;
ALTER TABLE cases DROP COLUMN prepared_id;
