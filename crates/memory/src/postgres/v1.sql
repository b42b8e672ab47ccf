-- Version 1. Times are milliseconds since the Unix epoch; ids compare by their bytes, as in the other backends.

CREATE TABLE meta (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    version  integer NOT NULL
);

-- The store's own clock: workers whose clocks differ agree on who holds what.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE TABLE incidents (
    incident        text COLLATE "C" PRIMARY KEY,
    standing        text   NOT NULL,
    opened_at_ms    bigint NOT NULL,
    wake_at_ms      bigint,            -- NULL: closed
    records         bigint NOT NULL,
    last_leaf       bigint NOT NULL,   -- the leaf of its newest record
    resource        bigint NOT NULL,   -- a hash of what it is about: of incidents that share it, one is worked on at a time
    epoch           bigint NOT NULL,
    worker          text,              -- NULL: free
    lease_until_ms  bigint
);
CREATE INDEX incidents_by_opening ON incidents (opened_at_ms, incident);
CREATE INDEX incidents_by_waking ON incidents (wake_at_ms, incident) WHERE wake_at_ms IS NOT NULL;
CREATE INDEX incidents_held ON incidents (resource) WHERE worker IS NOT NULL;

CREATE TABLE records (
    incident  text COLLATE "C" NOT NULL,
    sequence  bigint NOT NULL,
    leaf      bigint NOT NULL,         -- what vouches for it
    record    text   NOT NULL,         -- the very bytes that the log has the hash of: jsonb would not keep them
    PRIMARY KEY (incident, sequence)
);

CREATE TABLE snapshots (
    incident  text COLLATE "C" PRIMARY KEY,
    leaf      bigint NOT NULL,         -- the leaf that has the hash of it
    records   bigint NOT NULL,
    snapshot  text   NOT NULL
);

CREATE TABLE audit_key (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    key  text NOT NULL
);

CREATE TABLE audit_head (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    head  bytea NOT NULL
);

CREATE TABLE audit_leaves (
    leaf      bigint PRIMARY KEY,
    hash      bytea NOT NULL,
    encoding  bytea NOT NULL
);

CREATE TABLE audit_openings (
    leaf      bigint PRIMARY KEY,
    encoding  bytea NOT NULL
);

CREATE TABLE audit_checkpoints (
    place  bigint PRIMARY KEY,
    note   text NOT NULL
);

-- The log's end, which its caller's transaction holds from now on.
CREATE FUNCTION hold_log(OUT head bytea, OUT checkpoints bigint, OUT note text) LANGUAGE plpgsql AS $$
BEGIN
    SELECT h.head INTO hold_log.head FROM audit_head h FOR UPDATE;
    -- Only now: a statement that had waited for the lock would see checkpoints as they were before.
    SELECT c.place + 1, c.note INTO checkpoints, hold_log.note FROM audit_checkpoints c ORDER BY c.place DESC LIMIT 1;
END
$$;

-- Goes on with the log that its caller holds: leaves from `first_leaf` on, and a checkpoint if one was signed.
CREATE FUNCTION write_log(
    head_after bytea, first_leaf bigint, hashes bytea[], encodings bytea[], openings bytea[], checkpoints bigint, note text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_leaves
        SELECT first_leaf + place - 1, hash, encoding
        FROM unnest(hashes, encodings) WITH ORDINALITY AS new (hash, encoding, place);
    INSERT INTO audit_openings
        SELECT first_leaf + place - 1, encoding FROM unnest(openings) WITH ORDINALITY AS new (encoding, place);
    IF write_log.note IS NOT NULL THEN
        INSERT INTO audit_checkpoints VALUES (checkpoints, write_log.note);
    END IF;
    UPDATE audit_head SET head = head_after;
END
$$;

-- A record that is to be appended, and where its incident then stands.
CREATE TYPE appended AS (
    incident text, epoch bigint, worker text, ttl_ms bigint, sequence bigint, record text,
    standing text, opened_at_ms bigint, wake_at_ms bigint, resource bigint
);

-- Appends one record each to several incidents, with their leaves: all of them or none.
--
-- `verdict` is `stored`; or `stale`, if the log went on since it ended with `head_before`; or `refused`, if incidents are of other
-- epochs or have other numbers of records than expected (0 and 0: unknown), or are closed.
-- A call that is sent again because nobody knows what became of it can't store twice: the later one finds the log gone on.
CREATE FUNCTION append(
    items json, head_before bytea, head_after bytea, first_leaf bigint,
    hashes bytea[], encodings bytea[], openings bytea[], checkpoints bigint, note text,
    OUT verdict text, OUT refused text[], OUT epochs bigint[], OUT counts bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    held record;
    new appended[];
BEGIN
    held := hold_log();
    IF held.head IS DISTINCT FROM head_before OR coalesce(held.checkpoints, 0) <> append.checkpoints THEN
        verdict := 'stale';
        RETURN;
    END IF;
    new := (SELECT array_agg(i) FROM json_populate_recordset(NULL::appended, items) i);
    -- In one order, so that two that lock several can't wait for each other.
    PERFORM 1 FROM incidents i WHERE i.incident IN (SELECT n.incident FROM unnest(new) n) ORDER BY i.incident FOR UPDATE;
    SELECT array_agg(n.incident), array_agg(coalesce(i.epoch, 0)), array_agg(coalesce(i.records, 0))
        INTO refused, epochs, counts
        FROM unnest(new) n LEFT JOIN incidents i ON i.incident = n.incident
        WHERE (n.epoch, n.sequence) IS DISTINCT FROM (coalesce(i.epoch, 1), coalesce(i.records, 0))
            OR (i.incident IS NOT NULL AND i.wake_at_ms IS NULL);
    IF refused IS NOT NULL THEN
        verdict := 'refused';
        RETURN;
    END IF;
    INSERT INTO records
        SELECT n.incident, n.sequence, first_leaf + n.place - 1, n.record
        FROM unnest(new) WITH ORDINALITY AS n
            (incident, epoch, worker, ttl_ms, sequence, record, standing, opened_at_ms, wake_at_ms, resource, place);
    INSERT INTO incidents AS i
        SELECT n.incident, n.standing, n.opened_at_ms, n.wake_at_ms, n.sequence + 1, first_leaf + n.place - 1, n.resource, n.epoch,
            CASE WHEN n.wake_at_ms IS NOT NULL THEN n.worker END,
            CASE WHEN n.wake_at_ms IS NOT NULL THEN now_ms() + n.ttl_ms END
        FROM unnest(new) WITH ORDINALITY AS n
            (incident, epoch, worker, ttl_ms, sequence, record, standing, opened_at_ms, wake_at_ms, resource, place)
        ON CONFLICT (incident) DO UPDATE SET standing = excluded.standing, wake_at_ms = excluded.wake_at_ms,
            records = excluded.records, last_leaf = excluded.last_leaf, worker = excluded.worker,
            lease_until_ms = excluded.lease_until_ms;
    PERFORM write_log(head_after, first_leaf, hashes, encodings, openings, append.checkpoints, append.note);
    verdict := 'stored';
END
$$;

-- Leases at most `most` incidents that are due and free, longest waiting first: none of a resource that a worker is at, and one
-- of each other resource. Those who pick up come one after the other, so that two can't take two incidents of one resource; rows
-- that somebody else is just writing to are passed over.
CREATE FUNCTION pick_up(worker text, ttl_ms bigint, most bigint, OUT incident text, OUT epoch bigint) RETURNS SETOF record
-- The index gives them in order, and few are looked at: nothing is to be sorted.
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
        PERFORM FROM incidents i WHERE i.incident = due.incident AND i.wake_at_ms <= now
            AND (i.lease_until_ms IS NULL OR i.lease_until_ms <= now) FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        UPDATE incidents i SET epoch = i.epoch + 1, worker = pick_up.worker, lease_until_ms = now + pick_up.ttl_ms
            WHERE i.incident = due.incident RETURNING i.incident, i.epoch INTO pick_up.incident, pick_up.epoch;
        taken := taken || due.resource;
        RETURN NEXT;
    END LOOP;
END
$$;
