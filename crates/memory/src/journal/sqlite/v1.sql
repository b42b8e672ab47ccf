-- Version 1. Times are milliseconds since the Unix epoch; ids compare by their bytes, as in the other backends.

-- What stays as it was when the incident was opened. `number` is the leaf of its first record: never used again.
CREATE TABLE incidents (
    number        INTEGER PRIMARY KEY,
    incident      TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    opened_at_ms  INTEGER NOT NULL,
    open          INTEGER NOT NULL CHECK (open IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX incidents_by_id ON incidents (incident);
CREATE INDEX incidents_by_opening ON incidents (open, opened_at_ms, incident);

-- What every append writes: short, so that those of many incidents lie on one page.
CREATE TABLE standings (
    number          INTEGER PRIMARY KEY,
    phase           TEXT    NOT NULL,
    category        TEXT,
    outcome         TEXT,               -- NULL: open
    wake_at_ms      INTEGER,            -- NULL: closed
    updated_at_ms   INTEGER NOT NULL,
    records         INTEGER NOT NULL,
    last_record     INTEGER NOT NULL,   -- the leaf of its newest record
    resource        INTEGER NOT NULL,   -- a hash of what it is about: of incidents that share it, one is worked on at a time
    seal            INTEGER NOT NULL,   -- a checksum over all above and the incident's other row, `last_record` excepted
    epoch           INTEGER NOT NULL,
    worker          TEXT,               -- NULL: free
    lease_until_ms  INTEGER
) STRICT;
-- Neither has a column that an append by the holder of the lease changes: such an append touches no index.
CREATE INDEX standings_free ON standings (wake_at_ms, number, resource) WHERE worker IS NULL AND wake_at_ms IS NOT NULL;
CREATE INDEX standings_leased ON standings (worker) WHERE worker IS NOT NULL;

-- In the order of the log, so that the records of one transaction lie side by side; `before` leads through one incident's.
CREATE TABLE records (
    leaf      INTEGER PRIMARY KEY,
    incident  INTEGER NOT NULL,         -- its number
    sequence  INTEGER NOT NULL,
    before    INTEGER,                  -- the leaf of the incident's record before; NULL at the first
    record    TEXT    NOT NULL          -- the very bytes that the log has the hash of
) STRICT;

CREATE TABLE snapshots (
    incident  INTEGER PRIMARY KEY,      -- its number
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
