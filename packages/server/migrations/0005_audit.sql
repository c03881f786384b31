-- The audit log: every change of the configuration, written by triggers in the transaction that makes it, chained by
-- hashes so that a changed or missing entry shows.
-- Locks: tables made here; SHARE ROW EXCLUSIVE for a moment on each configuration table that gets its triggers.

-- ---------------------------------------------------------------- the log
CREATE TABLE audit_log (
  -- The nil UUID: the platform's own chain (platform-admin keys, users).
  tenant_id uuid NOT NULL,
  seq       bigint NOT NULL,
  at        timestamptz NOT NULL,
  -- key_…, usr_…, or system.
  actor     text NOT NULL,
  -- rule.created, member.changed, account.login ...
  action    text NOT NULL,
  -- What it happened to: the kind of thing (as in the id table of the domain) and its id.
  kind      text NOT NULL,
  object_id uuid,
  details   jsonb NOT NULL,
  prev_hash bytea NOT NULL,
  hash      bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_log_object ON audit_log (tenant_id, object_id, seq) WHERE object_id IS NOT NULL;
CREATE INDEX audit_log_actor ON audit_log (tenant_id, actor, seq);
CALL carillon_guard('audit_log');
-- Written once: not even the server changes or removes an entry.
REVOKE UPDATE, DELETE ON audit_log FROM carillon_app, carillon_engine;

-- The end of each chain; its row lock puts the entries of a tenant into an order.
CREATE TABLE audit_heads (
  tenant_id uuid PRIMARY KEY,
  seq       bigint NOT NULL DEFAULT 0,
  hash      bytea NOT NULL DEFAULT '\x'
) WITH (fillfactor = 50);
CALL carillon_guard('audit_heads');

-- The text that an entry's hash covers, together with the hash before it: sha256(prev_hash || utf8(text)).
CREATE FUNCTION carillon_audit_text(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(entry.tenant_id, entry.seq,
    to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    entry.actor, entry.action, entry.kind, entry.object_id, entry.details)::text
$$;

-- Adds an entry to a tenant's chain (NULL: the platform's). The actor is the transaction's: app.actor.
CREATE FUNCTION carillon_audit(tenant uuid, action text, kind text, object_id uuid, details jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  chain uuid := coalesce(tenant, '00000000-0000-0000-0000-000000000000');
  head audit_heads;
  entry audit_log;
BEGIN
  INSERT INTO audit_heads (tenant_id) VALUES (chain) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT head FROM audit_heads h WHERE h.tenant_id = chain FOR UPDATE;
  entry := ROW(chain, head.seq + 1, clock_timestamp(),
    coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
    action, kind, object_id, details, head.hash, '\x');
  entry.hash := sha256(head.hash || convert_to(carillon_audit_text(entry), 'UTF8'));
  INSERT INTO audit_log SELECT (entry).*;
  UPDATE audit_heads h SET seq = entry.seq, hash = entry.hash WHERE h.tenant_id = chain;
END $$;

-- A value as the log keeps it: what is long is told by its size and hash.
CREATE FUNCTION carillon_audit_value(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN octet_length(value::text) <= 2000 THEN value
    ELSE jsonb_build_object('bytes', octet_length(value::text), 'sha256', encode(sha256(convert_to(value::text, 'UTF8')), 'hex')) END
$$;

-- ---------------------------------------------------------------- triggers
-- Arguments: the kind; columns whose value is secret (told as changed, never shown); columns whose change alone is no
-- entry; 'people' where only what somebody did counts (the engine changes the table as well).
CREATE FUNCTION carillon_audit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind    text := TG_ARGV[0];
  hidden  text[] := TG_ARGV[1]::text[];
  silent  text[] := TG_ARGV[2]::text[];
  verb    text := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
  -- A statement that changes more rows than this is one entry with their number.
  most    integer := 20;
  changed record;
  rows    jsonb;
  many    boolean;
BEGIN
  IF TG_ARGV[3] = 'people' AND coalesce(current_setting('app.actor', true), '') = '' THEN RETURN NULL; END IF;
  -- Many rows made or deleted at once are counted and never gathered: gathering 200,000 took 20 s.
  IF TG_OP = 'INSERT' THEN
    SELECT count(*) > most INTO many FROM new_rows;
    IF NOT many THEN SELECT jsonb_agg(jsonb_build_array(NULL, to_jsonb(n))) INTO rows FROM new_rows n;
    ELSE PERFORM carillon_audit(c.tenant, kind || '.' || verb, kind, NULL, jsonb_build_object('count', c.n))
           FROM (SELECT (to_jsonb(n)->>'tenant_id')::uuid AS tenant, count(*) AS n FROM new_rows n GROUP BY 1 ORDER BY 1) c;
      RETURN NULL;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT count(*) > most INTO many FROM old_rows;
    IF NOT many THEN SELECT jsonb_agg(jsonb_build_array(to_jsonb(o), NULL)) INTO rows FROM old_rows o;
    ELSE PERFORM carillon_audit(c.tenant, kind || '.' || verb, kind, NULL, jsonb_build_object('count', c.n))
           FROM (SELECT (to_jsonb(o)->>'tenant_id')::uuid AS tenant, count(*) AS n FROM old_rows o GROUP BY 1 ORDER BY 1) c;
      RETURN NULL;
    END IF;
  ELSE
    SELECT jsonb_agg(jsonb_build_array(o.old, n.new)) INTO rows
      FROM (SELECT to_jsonb(x) AS old FROM old_rows x) o
      JOIN (SELECT to_jsonb(x) AS new FROM new_rows x) n
        ON coalesce(o.old->>'tenant_id', '') = coalesce(n.new->>'tenant_id', '')
       AND coalesce(o.old->>'id', o.old->>'address', '') = coalesce(n.new->>'id', n.new->>'address', '')
     WHERE o.old - silent <> n.new - silent;
  END IF;
  FOR changed IN
    SELECT (coalesce(r->1->>'tenant_id', r->0->>'tenant_id'))::uuid AS tenant, count(*) AS n, jsonb_agg(r ORDER BY coalesce(r->1->>'id', r->0->>'id')) AS pairs
      FROM jsonb_array_elements(rows) r GROUP BY 1 ORDER BY 1
  LOOP
    IF changed.n > most THEN
      PERFORM carillon_audit(changed.tenant, kind || '.' || verb, kind, NULL, jsonb_build_object('count', changed.n));
    ELSE
      PERFORM carillon_audit(changed.tenant, kind || '.' || verb, kind,
          (coalesce(pair->1->>'id', pair->0->>'id', CASE kind WHEN 'tenant' THEN coalesce(pair->1->>'tenant_id', pair->0->>'tenant_id') END))::uuid,
          (SELECT coalesce(jsonb_object_agg(key, CASE
             WHEN key = ANY (hidden) THEN '"(hidden)"'::jsonb
             WHEN TG_OP = 'UPDATE' THEN jsonb_build_object('from', carillon_audit_value(pair->0->key), 'to', carillon_audit_value(pair->1->key))
             ELSE carillon_audit_value(value) END), '{}')
           FROM jsonb_each(CASE TG_OP WHEN 'DELETE' THEN pair->0 ELSE pair->1 END)
          WHERE key <> 'tenant_id' AND NOT key = ANY (silent)
            AND CASE WHEN TG_OP = 'UPDATE' THEN pair->0->key IS DISTINCT FROM pair->1->key ELSE value <> 'null' END))
        FROM jsonb_array_elements(changed.pairs) pair;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

CREATE PROCEDURE carillon_audited(audited regclass, kind text, hidden text[], silent text[], who text DEFAULT 'all') LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carillon_audit_rows(%L, %L, %L, %L)', audited, kind, hidden, silent, who);
  EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carillon_audit_rows(%L, %L, %L, %L)', audited, kind, hidden, silent, who);
  EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION carillon_audit_rows(%L, %L, %L, %L)', audited, kind, hidden, silent, who);
END $$;

CALL carillon_audited('tenants', 'tenant', '{}', '{updated_at,rules_version}');
CALL carillon_audited('api_keys', 'apiKey', '{hash}', '{last_used_at}');
CALL carillon_audited('integrations', 'integration', '{secrets}', '{updated_at,version}');
CALL carillon_audited('rules', 'rule', '{}', '{updated_at}');
CALL carillon_audited('suppressions', 'suppression', '{}', '{}', 'people');
CALL carillon_audited('subscriptions', 'subscription', '{}', '{updated_at,version}');
CALL carillon_audited('registrations', 'registration', '{}', '{updated_at}');
CALL carillon_audited('members', 'member', '{}', '{updated_at}');
CALL carillon_audited('invitations', 'invitation', '{token_hash}', '{}');
CALL carillon_audited('auth_users', 'user', '{}', '{updated_at}');
CALL carillon_audited('auth_providers', 'signInProvider', '{secret}', '{updated_at}');

-- ---------------------------------------------------------------- tenants: retention, suspension, deletion
ALTER TABLE tenants
  -- Events and ended deliveries are forgotten after so many days; NULL: never.
  ADD COLUMN retention_days integer CHECK (retention_days BETWEEN 1 AND 36500),
  -- Its keys and people are refused, and nothing of it is sent.
  ADD COLUMN suspended_at   timestamptz,
  -- From then on it can still be restored for a while; then everything of it but the audit log goes.
  ADD COLUMN deleted_at     timestamptz,
  ADD CHECK (deleted_at IS NULL OR suspended_at IS NOT NULL);

-- Deletes up to so many rows of one table that belong to a tenant; returns how many. The caller (tenants/queries.ts)
-- knows the tables and their order.
CREATE FUNCTION carillon_delete_rows(of_tenant uuid, of_table regclass, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  -- The ctids of several partitions may be alike: the second condition keeps that harmless.
  EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant_id = $1 LIMIT $2)) AND tenant_id = $1', of_table) USING of_tenant, most;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

-- Drops weekly partitions that are empty and older than nine weeks; returns how many. Empty is what has no pages any more:
-- vacuum has cut off what was deleted. (Looking for rows would be filtered by row-level security.)
CREATE FUNCTION carillon_drop_empty_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE part regclass; parent regclass; dropped integer := 0;
BEGIN
  FOR part, parent IN
    SELECT c.oid::regclass, i.inhparent::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent IN ('events'::regclass, 'deliveries'::regclass, 'settlements'::regclass)
       AND c.relname ~ '_\d{8}$' AND to_date(right(c.relname, 8), 'YYYYMMDD') < now() - interval '9 weeks'
       AND pg_relation_size(c.oid) = 0
  LOOP
    -- Looked at once more under the lock: who had the table before us may have written to it.
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    CONTINUE WHEN pg_relation_size(part) > 0;
    EXECUTE format('DROP TABLE %s', part);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION carillon_drop_empty_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carillon_drop_empty_partitions TO carillon_engine;
