-- +goose Up
-- What a contractor is asked to mend, and what is answered item by item. An
-- item keeps the finding as it was when it was asked for.
CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    company TEXT NOT NULL,
    person TEXT NOT NULL,
    mail TEXT NOT NULL,
    due TEXT NOT NULL,
    words TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX requests_shop ON requests (shop_id, id);
CREATE TABLE request_items (
    request_id TEXT NOT NULL REFERENCES requests (id),
    number BIGINT NOT NULL,
    shop_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    due TEXT NOT NULL,
    doc TEXT NOT NULL,
    policy TEXT NOT NULL,
    day TEXT NOT NULL,
    estimate TEXT NOT NULL,
    words TEXT NOT NULL,
    decision TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (request_id, number)
);
CREATE INDEX request_items_finding ON request_items (shop_id, finding_id, request_id);
-- What happened to a request. doc holds the answers, or the decisions, of that step.
CREATE TABLE request_steps (
    request_id TEXT NOT NULL REFERENCES requests (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    link_id TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (request_id, revision)
);
-- Links for one thing alone: whom it was made for by name, and what it opens.
ALTER TABLE links ADD COLUMN object_id TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE INDEX links_object ON links (object_id) WHERE object_id <> '';

-- +goose Down
DROP INDEX links_object;
ALTER TABLE links DROP COLUMN name;
ALTER TABLE links DROP COLUMN object_id;
DROP TABLE request_steps;
DROP TABLE request_items;
DROP TABLE requests;
