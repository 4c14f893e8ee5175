-- +goose Up
-- Whom a shop asked by link to answer one question. What such a person answers
-- stands in answers and evidence with the delegation's ID as its author.
CREATE TABLE delegations (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    question TEXT NOT NULL,
    name TEXT NOT NULL,
    mail TEXT NOT NULL,
    words TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX delegations_question ON delegations (shop_id, edition, question, id);

-- +goose Down
DROP TABLE delegations;
