-- A session: inputs, pinned runs with their reports, sweep cells, figures, notes and small state values.
-- Every row carries the CRC-32 of its other columns (winnow_crc, sessions/row_check.h), so that an altered bit is found
-- where it is read. Identifiers come from `counters` and are never given twice.

CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY, -- 'id', 'letter', 'changes', 'saved'
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE inputs (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    content BLOB NOT NULL,
    extra   TEXT NOT NULL, -- JSON
    crc     INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    id       INTEGER PRIMARY KEY,
    input_id INTEGER REFERENCES inputs (id), -- NULL: the request names its input itself
    letter   INTEGER NOT NULL UNIQUE CHECK (letter >= 0), -- 0 = A
    name     TEXT NOT NULL,
    request  TEXT NOT NULL, -- canonical JSON
    pinned   INTEGER NOT NULL,
    created  TEXT NOT NULL, -- ISO 8601, UTC
    crc      INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_input ON runs (input_id);

CREATE TABLE run_reports (
    run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    frame  BLOB NOT NULL, -- core/base/document.h
    crc    INTEGER NOT NULL
) STRICT;

CREATE TABLE cells (
    key    TEXT NOT NULL PRIMARY KEY, -- recipe key, kv-evaluation.md 3.8
    recipe TEXT NOT NULL, -- JSON
    run_id INTEGER REFERENCES runs (id),
    frame  BLOB NOT NULL,
    crc    INTEGER NOT NULL
) STRICT;
CREATE INDEX cells_run ON cells (run_id);

CREATE TABLE figures (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    view   TEXT NOT NULL,
    recipe TEXT NOT NULL, -- JSON
    crc    INTEGER NOT NULL
) STRICT;

CREATE TABLE notes (
    id    INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    text  TEXT NOT NULL,
    crc   INTEGER NOT NULL
) STRICT;

CREATE TABLE state (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL, -- JSON
    crc   INTEGER NOT NULL
) STRICT;

INSERT INTO counters (name, value) VALUES ('id', 1), ('letter', 0), ('changes', 0), ('saved', 0);
