-- +goose Up
CREATE TABLE shops (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    revision BIGINT NOT NULL,
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    state TEXT NOT NULL,
    host TEXT NOT NULL,
    corporate_number TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX shops_sort ON shops (sort_name, id);
CREATE INDEX shops_updated ON shops (updated, id);
CREATE INDEX shops_host ON shops (host);
CREATE INDEX shops_number ON shops (corporate_number);
-- One row says that an organisation stands before a shop: its own (role 'own'),
-- or by a grant. The shop's sort keys are repeated here, so that the first page
-- of a list of 30,000 shops is read from the index.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    shop_id TEXT NOT NULL REFERENCES shops (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    revoked TEXT NOT NULL,
    by_id TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    updated TEXT NOT NULL
);
CREATE INDEX grants_shop ON grants (shop_id);
CREATE INDEX grants_sort ON grants (organisation_id, sort_name, shop_id);
CREATE INDEX grants_updated ON grants (organisation_id, updated, shop_id);
CREATE TABLE links (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    mail TEXT NOT NULL,
    roles TEXT NOT NULL,
    role TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT NOT NULL,
    used TEXT NOT NULL,
    revoked TEXT NOT NULL
);
CREATE INDEX links_organisation ON links (organisation_id, created);
CREATE INDEX links_shop ON links (shop_id, created);

-- +goose Down
DROP TABLE links;
DROP TABLE grants;
DROP TABLE shops;
