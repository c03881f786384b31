-- The foundation: tenants, keys, integrations, rules, events, deliveries and the queue.
-- Locks: only tables made here. tenant_id comes first in every key, so that tenants can be spread over several
-- clusters later (design: scale.md). Row-level security is the second wall behind the explicit tenant predicates:
-- carillon_app sees the tenant in app.tenant, carillon_engine (worker, ingest, scheduler) sees all tenants.

-- ---------------------------------------------------------------- helpers
-- The tenant of this transaction; NULL when unset. nullif: after a transaction the setting is '' and not NULL.
CREATE FUNCTION carillon_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.tenant', true), '')::uuid $$;

-- The smallest UUIDv7 of a moment: ids carry their time, so tables are partitioned by id.
CREATE FUNCTION carillon_uuid_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $$;

CREATE PROCEDURE carillon_guard(table_name regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', table_name);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', table_name);
  EXECUTE format('CREATE POLICY tenant_only ON %s TO carillon_app USING (tenant_id = (SELECT carillon_tenant())) WITH CHECK (tenant_id = (SELECT carillon_tenant()))', table_name);
  EXECUTE format('CREATE POLICY engine ON %s TO carillon_engine USING (true) WITH CHECK (true)', table_name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO carillon_app, carillon_engine', table_name);
END $$;

-- ---------------------------------------------------------------- tenants and keys
CREATE TABLE tenants (
  tenant_id     uuid PRIMARY KEY,
  slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name          text NOT NULL,
  language      text NOT NULL DEFAULT 'en',
  time_zone     text NOT NULL DEFAULT 'UTC',
  -- Grows by one with every change of a rule: the accepting transaction compares it with its cache.
  rules_version bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now()
);
CALL carillon_guard('tenants');

CREATE TABLE api_keys (
  -- NULL: a platform-admin key, which acts in any tenant.
  tenant_id    uuid REFERENCES tenants,
  id           uuid PRIMARY KEY,
  name         text NOT NULL,
  -- The first characters, for people to recognise a key by.
  prefix       text NOT NULL,
  hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  scopes       text[] NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, id);
CALL carillon_guard('api_keys');

CREATE TABLE idempotency_keys (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  key        text NOT NULL,
  -- Method and path: the same key on another route is another request.
  operation  text NOT NULL,
  body_hash  bytea NOT NULL,
  status     integer NOT NULL,
  response   json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CALL carillon_guard('idempotency_keys');

-- ---------------------------------------------------------------- integrations
CREATE TABLE integrations (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  connector  text NOT NULL,
  channel    text NOT NULL,
  name       text NOT NULL,
  settings   jsonb NOT NULL,
  -- One AES-256-GCM envelope of the JSON of all secret fields, bound to this row. NULL: the connector has none set.
  secrets    bytea,
  -- Names of the secret fields that are set, so that the API can say so without opening the envelope.
  secret_names text[] NOT NULL DEFAULT '{}',
  enabled    boolean NOT NULL DEFAULT true,
  is_default boolean NOT NULL DEFAULT false,
  -- {n, perMs, burst, concurrency, weight}: overrides of the connector's limits. NULL: the connector's.
  limits     jsonb,
  breaker    jsonb,
  on_unknown text NOT NULL DEFAULT 'resend' CHECK (on_unknown IN ('resend', 'hold')),
  version    integer NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX integrations_default ON integrations (tenant_id, channel) WHERE is_default AND deleted_at IS NULL;
CALL carillon_guard('integrations');

-- Breaker, pause and rate limit of an integration: small rows that change while the settings do not.
CREATE TABLE integration_states (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  breaker_state  text NOT NULL DEFAULT 'closed' CHECK (breaker_state IN ('closed', 'open', 'half_open')),
  failures       integer NOT NULL DEFAULT 0,
  open_until     timestamptz,
  open_reason    text,
  opened_count   bigint NOT NULL DEFAULT 0,
  -- The provider asked everybody to wait.
  paused_until   timestamptz,
  -- GCRA: theoretical arrival time.
  tat            timestamptz,
  last_error     text,
  last_error_at  timestamptz,
  last_success_at timestamptz,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE,
  CHECK ((breaker_state = 'closed') = (open_until IS NULL))
) WITH (fillfactor = 50);
CALL carillon_guard('integration_states');

-- GCRA per recipient, for connectors that limit it (a Telegram chat, a WhatsApp pair).
CREATE TABLE recipient_limits (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  address        text NOT NULL,
  tat            timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, integration_id, address)
) WITH (fillfactor = 70);
CREATE INDEX recipient_limits_age ON recipient_limits (tat);
CALL carillon_guard('recipient_limits');

CREATE TABLE suppressions (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  channel    text NOT NULL,
  address    text NOT NULL,
  reason     text NOT NULL,
  -- The delivery whose outcome put it here.
  delivery_id uuid,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, channel, address)
);
CALL carillon_guard('suppressions');

-- ---------------------------------------------------------------- rules
-- A plan is the immutable snapshot of how a delivery is to be made: steps, content, retry, deadline. Deliveries refer
-- to it, so changing a rule never changes what was accepted, and the fat part is stored once.
CREATE TABLE plans (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  hash       bytea NOT NULL,
  body       jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, hash)
);
CALL carillon_guard('plans');

CREATE TABLE rules (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  name       text NOT NULL,
  event_type text NOT NULL,
  filter     jsonb NOT NULL,
  action     jsonb NOT NULL,
  plan_id    uuid NOT NULL,
  enabled    boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, plan_id) REFERENCES plans
);
CALL carillon_guard('rules');

-- Every change of a rule moves the tenant's rules_version, whoever makes it.
CREATE FUNCTION carillon_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tenants SET rules_version = rules_version + 1 WHERE tenant_id = coalesce(NEW.tenant_id, OLD.tenant_id);
  RETURN NULL;
END $$;
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON rules
  FOR EACH ROW EXECUTE FUNCTION carillon_rules_changed();

-- ---------------------------------------------------------------- events
-- Deduplication per (tenant, source, id). Apart from `events`, because that is partitioned by time.
CREATE TABLE event_keys (
  tenant_id uuid NOT NULL,
  source    text NOT NULL,
  source_id text NOT NULL,
  event_id  uuid NOT NULL,
  PRIMARY KEY (tenant_id, source, source_id)
);
CALL carillon_guard('event_keys');

CREATE TABLE events (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  source      text NOT NULL,
  source_id   text NOT NULL,
  type        text NOT NULL,
  subject     text,
  time        timestamptz NOT NULL,
  -- json, not jsonb: kept as the text that was accepted, and handed on without parsing.
  data        json NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX events_by_type ON events (tenant_id, type, id);
CALL carillon_guard('events');

-- ---------------------------------------------------------------- deliveries
-- Written once. Its state is the queue's while open, else that of its final settlement.
CREATE TABLE deliveries (
  tenant_id  uuid NOT NULL,
  id         uuid NOT NULL,
  event_id   uuid NOT NULL,
  rule_id    uuid,
  plan_id    uuid NOT NULL,
  -- One address per step of the plan; '' where there is none.
  addresses  text[] NOT NULL,
  recipient  text NOT NULL,
  send_until timestamptz NOT NULL,
  ordering_key text,
  -- The delivery that this one repeats on somebody's demand.
  resend_of  uuid,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX deliveries_by_event ON deliveries (tenant_id, event_id);
CREATE INDEX deliveries_by_recipient ON deliveries (tenant_id, recipient, id);
CALL carillon_guard('deliveries');

-- The hot table: open deliveries only, narrow, no content. A lease is `due_at` moved forward, a new fence and an owner.
CREATE TABLE delivery_queue (
  tenant_id      uuid NOT NULL,
  delivery_id    uuid NOT NULL,
  -- The lane: the integration of the current step, and 0 transactional or 1 bulk.
  integration_id uuid NOT NULL,
  priority       smallint NOT NULL DEFAULT 0 CHECK (priority IN (0, 1)),
  state          text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending')),
  reason         text NOT NULL DEFAULT 'scheduled' CHECK (reason IN ('scheduled', 'next_step', 'retry', 'rate_limited', 'window_closed', 'breaker_open', 'paused', 'digest', 'released')),
  due_at         timestamptz NOT NULL,
  send_until     timestamptz NOT NULL,
  fence          integer NOT NULL DEFAULT 0,
  lease_owner    uuid,
  claimed_at     timestamptz,
  -- Where the route stands (domain/turn.ts, Progress).
  attempt_count  smallint NOT NULL DEFAULT 0,
  step           smallint NOT NULL DEFAULT 0,
  round          smallint NOT NULL DEFAULT 0,
  step_tries     smallint NOT NULL DEFAULT 0,
  dead           integer NOT NULL DEFAULT 0,
  marks          smallint NOT NULL DEFAULT 0,
  wait_until     timestamptz,
  possible_duplicate boolean NOT NULL DEFAULT false,
  moved_to       text,
  -- Workers that were lost while they held it.
  crashes        smallint NOT NULL DEFAULT 0,
  when_open      text NOT NULL DEFAULT 'hold' CHECK (when_open IN ('hold', 'fallback', 'skip')),
  ordering_key   text,
  PRIMARY KEY (tenant_id, delivery_id),
  CHECK ((state = 'sending') = (lease_owner IS NOT NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
-- The claim: one lane, oldest first, from a lower bound on.
CREATE INDEX delivery_queue_due ON delivery_queue (tenant_id, integration_id, priority, due_at) WHERE state = 'pending';
CREATE INDEX delivery_queue_leases ON delivery_queue (due_at) WHERE state = 'sending';
CREATE INDEX delivery_queue_deadline ON delivery_queue (send_until) WHERE state = 'pending';
CREATE INDEX delivery_queue_order ON delivery_queue (tenant_id, ordering_key, delivery_id) WHERE ordering_key IS NOT NULL;
CALL carillon_guard('delivery_queue');

-- One row for every settled turn of a delivery: an exchange that was made (outcome is set: an attempt), or a decision
-- without one (passed over, expired, suppressed ...). The fence is the turn's number: settling twice is one row.
CREATE TABLE settlements (
  tenant_id      uuid NOT NULL,
  delivery_id    uuid NOT NULL,
  turn           integer NOT NULL,
  -- The delivery's state after this turn.
  state          text NOT NULL CHECK (state IN ('pending', 'sent', 'delivered', 'bounced', 'failed', 'expired', 'suppressed', 'canceled', 'skipped')),
  outcome        text CHECK (outcome IN ('accepted', 'retry', 'unknown', 'defer', 'recipient_rejected', 'message_rejected', 'integration_rejected', 'moved')),
  reason         text,
  -- NULL where no exchange was made.
  attempt        smallint,
  step           smallint NOT NULL,
  integration_id uuid NOT NULL,
  started_at     timestamptz NOT NULL,
  duration_ms    integer,
  http_status    smallint,
  provider_code  text,
  provider_message text,
  provider_ids   text[],
  possible_duplicate boolean NOT NULL DEFAULT false,
  next_due_at    timestamptz,
  settled_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, delivery_id, turn),
  CHECK ((state = 'pending') = (next_due_at IS NOT NULL)),
  CHECK ((outcome IS NULL) = (attempt IS NULL))
) PARTITION BY RANGE (delivery_id);
-- The list by final state; a delivery has one such row, so this is also "never final twice" as far as a partitioned
-- table can say it (the queue row's deletion is the real guard).
CREATE UNIQUE INDEX settlements_final ON settlements (tenant_id, state, delivery_id) WHERE state <> 'pending';
CALL carillon_guard('settlements');

-- Kept in the transactions that change what they count; never COUNT(*). `shard` spreads writers over rows.
CREATE TABLE delivery_counters (
  tenant_id      uuid NOT NULL,
  day            date NOT NULL,
  integration_id uuid NOT NULL,
  shard          smallint NOT NULL,
  created        bigint NOT NULL DEFAULT 0,
  attempts       bigint NOT NULL DEFAULT 0,
  sent           bigint NOT NULL DEFAULT 0,
  delivered      bigint NOT NULL DEFAULT 0,
  bounced        bigint NOT NULL DEFAULT 0,
  failed         bigint NOT NULL DEFAULT 0,
  expired        bigint NOT NULL DEFAULT 0,
  suppressed     bigint NOT NULL DEFAULT 0,
  canceled       bigint NOT NULL DEFAULT 0,
  skipped        bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, day, integration_id, shard)
) WITH (fillfactor = 50);
CALL carillon_guard('delivery_counters');

-- ---------------------------------------------------------------- partitions
-- Weekly, made ahead by the scheduler; the default partition is there so that a late scheduler loses nothing.
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;
CREATE TABLE settlements_default PARTITION OF settlements DEFAULT;

CREATE FUNCTION carillon_ensure_partitions(from_at timestamptz, weeks integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text; week_start timestamptz; part text; made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7266001);
  FOR n IN 0 .. weeks - 1 LOOP
    week_start := date_trunc('week', from_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + n * interval '7 days';
    FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'settlements'] LOOP
      part := parent || '_' || to_char(week_start AT TIME ZONE 'UTC', 'YYYYMMDD');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
          carillon_uuid_floor(week_start), carillon_uuid_floor(week_start + interval '7 days'));
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION carillon_ensure_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carillon_ensure_partitions TO carillon_engine;
ALTER TABLE events_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE events_default FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries_default FORCE ROW LEVEL SECURITY;
ALTER TABLE settlements_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlements_default FORCE ROW LEVEL SECURITY;
SELECT carillon_ensure_partitions(now() - interval '7 days', 4);
