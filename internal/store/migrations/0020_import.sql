-- +goose Up
-- A list of shops that somebody read in. Until it is confirmed its lines are
-- no shops; a day later they are gone.
CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    by_id TEXT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    columns_unread TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX imports_organisation ON imports (organisation_id, id);
CREATE INDEX imports_created ON imports (state, created);
CREATE TABLE import_lines (
    import_id TEXT NOT NULL REFERENCES imports (id),
    line BIGINT NOT NULL,
    state TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_lines_state ON import_lines (import_id, state, line);
-- What an office, a firm or a contractor wrote down of shops that are not
-- registered: no shop yet, until somebody who operates one takes it over.
CREATE TABLE prepared_shops (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    import_id TEXT NOT NULL,
    by_id TEXT NOT NULL,
    created TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    doc TEXT NOT NULL,
    shop_id TEXT NOT NULL,
    taken TEXT NOT NULL
);
CREATE INDEX prepared_shops_sort ON prepared_shops (organisation_id, sort_name, id);
CREATE INDEX prepared_shops_host ON prepared_shops (organisation_id, host);

-- +goose Down
DROP TABLE prepared_shops;
DROP TABLE import_lines;
DROP TABLE imports;
