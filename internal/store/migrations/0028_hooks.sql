-- +goose Up
-- Where an organisation wants its tickets: one receiver each. secret is sealed.
CREATE TABLE hooks (
    organisation_id TEXT PRIMARY KEY REFERENCES organisations (id),
    url TEXT NOT NULL,
    secret BYTEA NOT NULL,
    made TEXT NOT NULL,
    by_id TEXT NOT NULL
);
-- What goes to a receiver. body stays the same through all tries.
CREATE TABLE hook_sends (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    shop_id TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    created TEXT NOT NULL,
    tried TEXT NOT NULL,
    tries BIGINT NOT NULL,
    status BIGINT NOT NULL,
    problem TEXT NOT NULL
);
CREATE INDEX hook_sends_organisation ON hook_sends (organisation_id, id);
CREATE INDEX hook_sends_shop ON hook_sends (shop_id, kind, finding_id);
CREATE INDEX hook_sends_waiting ON hook_sends (id) WHERE state = 'waiting';

-- +goose Down
DROP TABLE hook_sends;
DROP TABLE hooks;
