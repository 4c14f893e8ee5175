-- +goose Up
-- What a shop answers now; every answer it ever gave is in answer_history.
CREATE TABLE answers (
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    question TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    day TEXT NOT NULL,
    doer TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    accepted TEXT NOT NULL,
    PRIMARY KEY (shop_id, edition, question)
);
CREATE TABLE answer_history (
    shop_id TEXT NOT NULL,
    edition TEXT NOT NULL,
    question TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    day TEXT NOT NULL,
    doer TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (shop_id, edition, question, revision)
);
CREATE TABLE answer_comments (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    question TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    comment TEXT NOT NULL
);
CREATE INDEX answer_comments_question ON answer_comments (shop_id, edition, question, id);
-- Documents that show an answer. The bytes stand apart, sealed, so that lists do not read them.
CREATE TABLE evidence (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    question TEXT NOT NULL,
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    sum TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    removed TEXT NOT NULL
);
CREATE INDEX evidence_question ON evidence (shop_id, edition, question, id);
CREATE TABLE evidence_data (
    id TEXT PRIMARY KEY REFERENCES evidence (id),
    data BYTEA NOT NULL
);
-- What a diagnostician judges in place of the table; an empty verdict takes it back.
CREATE TABLE overrules (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    edition TEXT NOT NULL,
    requirement TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL,
    rule TEXT NOT NULL,
    against TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX overrules_requirement ON overrules (shop_id, edition, requirement, id);
CREATE TABLE instructions (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    to_id TEXT NOT NULL,
    task TEXT NOT NULL,
    edition TEXT NOT NULL,
    requirement TEXT NOT NULL,
    due TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX instructions_shop ON instructions (shop_id, id);
CREATE TABLE instruction_steps (
    instruction_id TEXT NOT NULL REFERENCES instructions (id),
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    words TEXT NOT NULL,
    by_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (instruction_id, revision)
);

-- +goose Down
DROP TABLE instruction_steps;
DROP TABLE instructions;
DROP TABLE overrules;
DROP TABLE evidence_data;
DROP TABLE evidence;
DROP TABLE answer_comments;
DROP TABLE answer_history;
DROP TABLE answers;
