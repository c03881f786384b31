-- The web UI's server parts: samples of the counters (charts), the tail of changes (the live stream), and bulk replays.
-- Locks: tables made here; SHARE on deliveries and on delivery_counters while their indexes are made.

-- ---------------------------------------------------------------- samples of the counters
-- delivery_counters as they stood at the end of each five minutes of their day (UTC), written only when they have moved: the
-- differences are what happened in between. Four days are kept.
CREATE TABLE counter_samples (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  day            date NOT NULL,
  -- The beginning of the five minutes.
  at             timestamptz NOT NULL,
  created        bigint NOT NULL,
  attempts       bigint NOT NULL,
  sent           bigint NOT NULL,
  delivered      bigint NOT NULL,
  bounced        bigint NOT NULL,
  failed         bigint NOT NULL,
  expired        bigint NOT NULL,
  suppressed     bigint NOT NULL,
  canceled       bigint NOT NULL,
  skipped        bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, integration_id, at)
) WITH (fillfactor = 70);
CREATE INDEX counter_samples_age ON counter_samples (day);
CALL carillon_guard('counter_samples');
-- The sampler reads all tenants' counters of today. `day` never changes, so updates stay within their page.
CREATE INDEX delivery_counters_by_day ON delivery_counters (day);

-- ---------------------------------------------------------------- the live stream
-- Tenants whose changes somebody looks at. Workers write down what they change only for these.
CREATE UNLOGGED TABLE live_watches (
  tenant_id uuid PRIMARY KEY,
  until     timestamptz NOT NULL
) WITH (fillfactor = 50);
CALL carillon_guard('live_watches');

-- Deliveries that have moved, in the order of their commits (writers hold a lock). Kept for minutes, and lost in a crash:
-- whoever resumes behind a gap is told to read anew.
CREATE UNLOGGED TABLE live_changes (
  tenant_id   uuid NOT NULL,
  seq         bigint GENERATED ALWAYS AS IDENTITY,
  delivery_id uuid NOT NULL,
  changed_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX live_changes_age ON live_changes (changed_at);
CALL carillon_guard('live_changes');

-- ---------------------------------------------------------------- bulk replays
-- Which delivery repeats this one.
CREATE INDEX deliveries_by_resend ON deliveries (tenant_id, resend_of) WHERE resend_of IS NOT NULL;

CREATE TABLE replays (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  id          uuid NOT NULL,
  -- As it was given; `state` in it is a list of final states.
  filter      jsonb NOT NULL,
  -- A second.
  rate        integer NOT NULL CHECK (rate BETWEEN 1 AND 10000),
  state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'canceled', 'failed')),
  error       text,
  -- How many fitted when it was begun, and the last of them (newest first: it walks down to older ones).
  matched     bigint NOT NULL,
  -- Only deliveries made before this replay: its own are never among them.
  before_id   uuid NOT NULL,
  cursor      uuid,
  made        bigint NOT NULL DEFAULT 0,
  -- Fitted, and were not sent again: why, and how many.
  skipped     bigint NOT NULL DEFAULT 0,
  skips       jsonb NOT NULL DEFAULT '{}',
  fence       integer NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL DEFAULT now(),
  tries       smallint NOT NULL DEFAULT 0,
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX replays_open ON replays (due_at) WHERE state = 'running';
CALL carillon_guard('replays');
CALL carillon_audited('replays', 'replay', '{}', '{matched,before_id,cursor,made,skipped,skips,fence,due_at,tries,finished_at}', 'people');

-- ---------------------------------------------------------------- finding by the beginning of an address
-- The same index in an order that also finds beginnings (equality as before).
DROP INDEX deliveries_by_recipient;
CREATE INDEX deliveries_by_recipient ON deliveries (tenant_id, recipient text_pattern_ops, id);
