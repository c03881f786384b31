-- Partitions are made and dropped one a transaction.
-- Locks: none; only functions are replaced.

-- Makes the next partition that is missing in the weeks from then on; returns 1, or 0 when none is. One a call, and attached:
-- CREATE TABLE ... PARTITION OF locks the whole parent against reading, so that three parents in one transaction met a
-- reader of two of them crosswise (T-D2). Attaching locks the default partition only. Who reads that for long is not waited
-- for: it would hold up everybody behind us.
CREATE OR REPLACE FUNCTION carillon_ensure_partitions(from_at timestamptz, weeks integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  parent text; week_start timestamptz; part text;
BEGIN
  PERFORM pg_advisory_xact_lock(7266001);
  FOR n IN 0 .. weeks - 1 LOOP
    week_start := date_trunc('week', from_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + n * interval '7 days';
    FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'settlements'] LOOP
      part := parent || '_' || to_char(week_start AT TIME ZONE 'UTC', 'YYYYMMDD');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
          carillon_uuid_floor(week_start), carillon_uuid_floor(week_start + interval '7 days'));
        RETURN 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN 0;
END $$;

-- Drops the first weekly partition that is empty and older than nine weeks; returns 1, or 0 when there is none. Empty is what
-- has no pages any more: vacuum has cut off what was deleted. (Looking for rows would be filtered by row-level security.)
CREATE OR REPLACE FUNCTION carillon_drop_empty_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE part regclass; parent regclass;
BEGIN
  SELECT c.oid::regclass, i.inhparent::regclass INTO part, parent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent IN ('events'::regclass, 'deliveries'::regclass, 'settlements'::regclass)
     AND c.relname ~ '_\d{8}$' AND to_date(right(c.relname, 8), 'YYYYMMDD') < now() - interval '9 weeks'
     AND pg_relation_size(c.oid) = 0
   ORDER BY c.relname LIMIT 1;
  IF part IS NULL THEN RETURN 0; END IF;
  -- Looked at once more under the lock: who had the table before us may have written to it.
  EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
  IF pg_relation_size(part) > 0 THEN RETURN 0; END IF;
  EXECUTE format('DROP TABLE %s', part);
  RETURN 1;
END $$;
