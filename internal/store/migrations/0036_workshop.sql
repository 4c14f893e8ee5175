-- +goose Up
-- The guideline that a programme writes: chapters that differ from the shipped
-- ones, what the committee says of them, and issues that were frozen.
CREATE TABLE workshop_chapters (
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    chapter TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated TEXT NOT NULL,
    by_id TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (programme_id, chapter)
);
CREATE TABLE workshop_comments (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    chapter TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX workshop_comments_programme ON workshop_comments (programme_id, id);
CREATE TABLE workshop_issues (
    id TEXT PRIMARY KEY,
    programme_id TEXT NOT NULL REFERENCES programmes (id),
    number BIGINT NOT NULL,
    at TEXT NOT NULL,
    by_id TEXT NOT NULL,
    published TEXT NOT NULL,
    published_by TEXT NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (programme_id, number)
);
CREATE INDEX workshop_issues_published ON workshop_issues (published) WHERE published <> '';

-- +goose Down
DROP TABLE workshop_issues;
DROP TABLE workshop_comments;
DROP TABLE workshop_chapters;
