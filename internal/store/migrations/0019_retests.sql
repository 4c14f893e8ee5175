-- +goose Up
-- Which diagnoses look at a part alone: lists say so, and what a shop looks like
-- as a whole is found without reading runs.
ALTER TABLE diagnoses ADD COLUMN retest BIGINT NOT NULL DEFAULT 0;
UPDATE diagnoses SET retest = 1 WHERE run_id IN (SELECT id FROM runs WHERE doc LIKE '%"only":[%');

-- +goose Down
ALTER TABLE diagnoses DROP COLUMN retest;
