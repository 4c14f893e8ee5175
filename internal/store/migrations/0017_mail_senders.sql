-- +goose Up
-- Who had a letter sent, and for which organisation: so many a day and no more.
ALTER TABLE mails ADD COLUMN by_id TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN organisation_id TEXT NOT NULL DEFAULT '';
CREATE INDEX mails_by ON mails (by_id, created) WHERE by_id <> '';
CREATE INDEX mails_organisation ON mails (organisation_id, created) WHERE organisation_id <> '';

-- +goose Down
DROP INDEX mails_organisation;
DROP INDEX mails_by;
ALTER TABLE mails DROP COLUMN organisation_id;
ALTER TABLE mails DROP COLUMN by_id;
