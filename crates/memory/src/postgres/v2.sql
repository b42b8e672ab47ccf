-- Version 2: a ledger beside the journal, and incidents that are woken.

-- Whatever `wake_at_ms` says, it is picked up as soon as nobody holds it; the next lease uses that up.
ALTER TABLE incidents ADD COLUMN woken boolean NOT NULL DEFAULT false;
CREATE INDEX incidents_woken ON incidents (wake_at_ms, incident) WHERE woken AND wake_at_ms IS NOT NULL;

-- A stream is never removed, so that whoever appends finds how many entries it ever had.
CREATE TABLE streams (
    stream   text COLLATE "C" PRIMARY KEY,
    length   bigint NOT NULL,          -- entries that ever were
    dropped  bigint NOT NULL           -- of these, the oldest, which are gone
);

CREATE TABLE entries (
    stream    text COLLATE "C" NOT NULL,
    sequence  bigint NOT NULL,
    leaf      bigint NOT NULL,         -- what vouches for it
    at_ms     bigint NOT NULL,
    entry     text   NOT NULL,         -- the very bytes that the log has the hash of
    PRIMARY KEY (stream, sequence)
);

-- Appends an entry, whose leaf its caller writes in the same transaction, if the stream has as many entries as it expects. How many
-- it has. The caller holds the log, so that nobody else appends meanwhile.
CREATE FUNCTION note(stream text, sequence bigint, leaf bigint, at_ms bigint, entry text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    length bigint := coalesce((SELECT s.length FROM streams s WHERE s.stream = note.stream), 0);
BEGIN
    IF length = note.sequence THEN
        INSERT INTO entries VALUES (note.stream, note.sequence, note.leaf, note.at_ms, note.entry);
        INSERT INTO streams AS s VALUES (note.stream, 1, 0)
            ON CONFLICT ON CONSTRAINT streams_pkey DO UPDATE SET length = s.length + 1;
    END IF;
    RETURN length;
END
$$;

-- Leases the incident if it is still free and has something to do; its new epoch.
CREATE FUNCTION take(incident text, now bigint, worker text, ttl_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    taken bigint;
BEGIN
    PERFORM FROM incidents i WHERE i.incident = take.incident AND (i.wake_at_ms <= now OR i.woken AND i.wake_at_ms IS NOT NULL)
        AND (i.lease_until_ms IS NULL OR i.lease_until_ms <= now) FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE incidents i SET epoch = i.epoch + 1, worker = take.worker, lease_until_ms = now + take.ttl_ms, woken = false
            WHERE i.incident = take.incident RETURNING i.epoch INTO taken;
    END IF;
    RETURN taken;
END
$$;

-- Leases at most `most` incidents that are due or woken, and free: longest waiting first, those that were woken before their time
-- last. None of a resource that a worker is at, and one of each other resource. Those who pick up come one after the other, so that
-- two can't take two incidents of one resource; rows that somebody else is just writing to are passed over.
CREATE OR REPLACE FUNCTION pick_up(worker text, ttl_ms bigint, most bigint, OUT incident text, OUT epoch bigint)
RETURNS SETOF record
-- The indices give them in order, and few are looked at: nothing is to be sorted.
LANGUAGE plpgsql SET enable_sort = off AS $$
DECLARE
    now bigint;
    due record;
    taken bigint[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('selfheal pick_up ' || current_schema(), 0));
    -- Only now: whoever had the lock holds incidents since.
    now := now_ms();
    FOR due IN
        SELECT i.incident, i.resource FROM incidents i
        WHERE i.wake_at_ms <= now AND (i.lease_until_ms IS NULL OR i.lease_until_ms <= now) AND NOT EXISTS (
            SELECT FROM incidents h WHERE h.resource = i.resource AND h.worker IS NOT NULL AND h.lease_until_ms > now)
        ORDER BY i.wake_at_ms, i.incident
    LOOP
        EXIT WHEN cardinality(taken) >= most;
        CONTINUE WHEN due.resource = ANY (taken);
        pick_up.epoch := take(due.incident, now, pick_up.worker, pick_up.ttl_ms);
        CONTINUE WHEN pick_up.epoch IS NULL;
        pick_up.incident := due.incident;
        taken := taken || due.resource;
        RETURN NEXT;
    END LOOP;
    FOR due IN
        SELECT i.incident, i.resource FROM incidents i
        WHERE i.woken AND i.wake_at_ms > now AND (i.lease_until_ms IS NULL OR i.lease_until_ms <= now) AND NOT EXISTS (
            SELECT FROM incidents h WHERE h.resource = i.resource AND h.worker IS NOT NULL AND h.lease_until_ms > now)
        ORDER BY i.wake_at_ms, i.incident
    LOOP
        EXIT WHEN cardinality(taken) >= most;
        CONTINUE WHEN due.resource = ANY (taken);
        pick_up.epoch := take(due.incident, now, pick_up.worker, pick_up.ttl_ms);
        CONTINUE WHEN pick_up.epoch IS NULL;
        pick_up.incident := due.incident;
        taken := taken || due.resource;
        RETURN NEXT;
    END LOOP;
END
$$;
