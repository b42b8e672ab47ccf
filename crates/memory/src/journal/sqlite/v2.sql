-- Version 2: a ledger beside the journal, and incidents that are woken.

-- 1: whatever `wake_at_ms` says, it is picked up as soon as nobody holds it; the next lease uses that up.
ALTER TABLE standings ADD COLUMN woken INTEGER NOT NULL DEFAULT 0 CHECK (woken IN (0, 1));
CREATE INDEX standings_woken ON standings (wake_at_ms, number, resource) WHERE woken = 1;

-- A stream is never removed, so that whoever appends finds how many entries it ever had.
CREATE TABLE streams (
    number   INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    length   INTEGER NOT NULL,          -- entries that ever were
    dropped  INTEGER NOT NULL           -- of these, the oldest, which are gone
) STRICT;
CREATE UNIQUE INDEX streams_by_name ON streams (stream);

-- In the order of the log, as records.
CREATE TABLE entries (
    leaf      INTEGER PRIMARY KEY,
    stream    INTEGER NOT NULL,         -- its number
    sequence  INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    entry     TEXT    NOT NULL          -- the very bytes that the log has the hash of
) STRICT;
CREATE UNIQUE INDEX entries_by_place ON entries (stream, sequence);
