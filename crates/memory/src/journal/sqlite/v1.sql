-- Version 1. Times are milliseconds since the Unix epoch; ids compare by their bytes, as in the other backends.

-- `number` says where an incident's row lies: incidents of the same time lie side by side, whatever their ids.
CREATE TABLE incidents (
    number          INTEGER PRIMARY KEY,
    incident        TEXT    NOT NULL,
    standing        TEXT    NOT NULL,
    opened_at_ms    INTEGER NOT NULL,
    open            INTEGER NOT NULL CHECK (open IN (0, 1)),
    wake_at_ms      INTEGER,            -- NULL: closed
    records         INTEGER NOT NULL,
    last_record     INTEGER NOT NULL,   -- the leaf of its newest record
    epoch           INTEGER NOT NULL,
    worker          TEXT,               -- NULL: free
    lease_until_ms  INTEGER
) STRICT;
CREATE UNIQUE INDEX incidents_by_id ON incidents (incident);
CREATE INDEX incidents_by_opening ON incidents (open, opened_at_ms, incident);
-- Neither of these holds a column that an append by the holder of the lease changes: such an append touches no index.
CREATE INDEX incidents_free ON incidents (wake_at_ms) WHERE worker IS NULL AND wake_at_ms IS NOT NULL;
CREATE INDEX incidents_leased ON incidents (worker) WHERE worker IS NOT NULL;

-- In the order of the log, so that the records of one transaction lie side by side; `before` leads through one incident's.
CREATE TABLE records (
    leaf      INTEGER PRIMARY KEY,
    incident  INTEGER NOT NULL,         -- the number
    sequence  INTEGER NOT NULL,
    before    INTEGER,                  -- the leaf of the incident's record before; NULL at the first
    record    TEXT    NOT NULL          -- the very bytes that the log has the hash of
) STRICT;

CREATE TABLE snapshots (
    incident  INTEGER PRIMARY KEY,      -- the number
    leaf      INTEGER NOT NULL,         -- the leaf that has the hash of it
    records   INTEGER NOT NULL,
    snapshot  TEXT    NOT NULL
) STRICT;

CREATE TABLE audit_key (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    key  TEXT NOT NULL
) STRICT;

CREATE TABLE audit_head (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    head  BLOB NOT NULL
) STRICT;

CREATE TABLE audit_leaves (
    leaf      INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL,
    encoding  BLOB NOT NULL
) STRICT;

-- Apart from the leaves, so that what is erased is gone.
CREATE TABLE audit_openings (
    leaf      INTEGER PRIMARY KEY,
    encoding  BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
    place  INTEGER PRIMARY KEY,
    note   TEXT NOT NULL
) STRICT;
