-- Subscriptions, registrations, and fan-outs: audiences that become deliveries in chunks.
-- Locks: tables made here; short ones on tenants, deliveries, delivery_queue, rules.

-- ---------------------------------------------------------------- subscriptions and registrations
CREATE TABLE subscriptions (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  id              uuid NOT NULL,
  -- What people, paths and function files call it.
  subscription_id text NOT NULL CHECK (subscription_id ~ '^[A-Za-z_]+$' AND length(subscription_id) <= 100),
  label           text NOT NULL,
  description     text,
  -- Made, changed and deleted by platform admins only.
  is_system       boolean NOT NULL DEFAULT false,
  enabled         boolean NOT NULL DEFAULT true,
  -- {"default" | channel: {subject?, text?, html?, mjml?, languages?}}; the html of an mjml is compiled. NULL: none.
  content         jsonb,
  version         integer NOT NULL DEFAULT 1,
  -- key_… or usr_….
  created_by      text NOT NULL,
  modified_by     text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, subscription_id)
);
CALL carillon_guard('subscriptions');

CREATE TABLE registrations (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  subscription uuid NOT NULL,
  -- A person of ours (usr_…), or any id of an application that registers its users.
  user_id      text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 200),
  channel      text NOT NULL CHECK (length(channel) <= 100),
  -- The channelConfig as the channel's connector normalises it.
  -- No longer than an index takes, together with the longest user id.
  address      text NOT NULL CHECK (octet_length(address) BETWEEN 1 AND 1500),
  enabled      boolean NOT NULL DEFAULT true,
  language     text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, subscription, user_id, channel, address),
  FOREIGN KEY (tenant_id, subscription) REFERENCES subscriptions
);
-- A fan-out reads it in id order, and so do lists.
CREATE INDEX registrations_by_subscription ON registrations (tenant_id, subscription, id);
CREATE INDEX registrations_by_user ON registrations (tenant_id, user_id, id);
CALL carillon_guard('registrations');

-- Requests a minute that the tenant's callers may make: {subscriptionsPerMinute, triggersPerMinute, eventsPerMinute}. 0: as
-- many as they like; absent: the default.
ALTER TABLE tenants ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';

-- Requests of the last minute by second, for limits that all processes share. Lost with a crash of the database, which then
-- forgets a minute.
CREATE UNLOGGED TABLE api_limits (
  tenant_id uuid NOT NULL,
  -- Which limit (subscriptions, trigger), and whose: an actor, a subscription.
  kind      text NOT NULL,
  subject   text NOT NULL,
  -- The second (of the epoch) that the last element counts.
  second    bigint NOT NULL,
  hits      integer[] NOT NULL,
  PRIMARY KEY (tenant_id, kind, subject)
) WITH (fillfactor = 50);
CREATE INDEX api_limits_age ON api_limits (second);
CALL carillon_guard('api_limits');

-- ---------------------------------------------------------------- fan-outs (second half: the fan-outs' own)
-- A UUIDv7 made by a statement that makes many: of this millisecond, growing with `n` (from 0).
CREATE FUNCTION carillon_uuid_at(at_ms bigint, n bigint) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT (lpad(to_hex(at_ms + n / 4096), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || right(gen_random_uuid()::text, 17))::uuid $$;

-- One event that goes to a subscription's registrations: read in id order, a chunk a transaction, which makes the
-- deliveries and moves `cursor`. A lease is `due_at` moved forward and a new fence, as in the queue.
CREATE TABLE fan_outs (
  tenant_id     uuid NOT NULL,
  id            uuid NOT NULL,
  event_id      uuid NOT NULL,
  subscription  uuid NOT NULL,
  rule_id       uuid,
  origin        text NOT NULL CHECK (origin IN ('trigger', 'rule', 'schedule')),
  state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed', 'canceled')),
  -- The last registration of the audience, fixed when the expansion begins (who registers later is not in it), and the
  -- last one dealt with. NULL: not begun.
  upto          uuid,
  cursor        uuid,
  chunks        integer NOT NULL DEFAULT 0,
  -- Registrations: how many there were to begin with, and at the end how many there really were: made + skipped.
  audience      bigint,
  -- Registrations that got a delivery, and those that got none; `skips` says why: {reason: how many}.
  made          bigint NOT NULL DEFAULT 0,
  skipped       bigint NOT NULL DEFAULT 0,
  skips         jsonb NOT NULL DEFAULT '{}',
  -- Deliveries made: a function may write to a registration twice.
  messages      bigint NOT NULL DEFAULT 0,
  error_code    text,
  error_message text,
  -- What the subscription's function returned beside its messages.
  result        jsonb,
  fence         integer NOT NULL DEFAULT 0,
  due_at        timestamptz NOT NULL DEFAULT now(),
  -- Failures since the last chunk that went well.
  tries         smallint NOT NULL DEFAULT 0,
  created_at    timestamptz NOT NULL DEFAULT now(),
  finished_at   timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK ((state = 'open') = (finished_at IS NULL)),
  CHECK ((upto IS NULL) = (audience IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX fan_outs_open ON fan_outs (tenant_id, due_at) WHERE state = 'open';
CREATE INDEX fan_outs_by_event ON fan_outs (tenant_id, event_id);
CREATE INDEX fan_outs_by_subscription ON fan_outs (tenant_id, subscription, id);
CALL carillon_guard('fan_outs');

-- A rule's action `publish` has a subscription and no plan.
ALTER TABLE rules ALTER COLUMN plan_id DROP NOT NULL;
ALTER TABLE rules ADD COLUMN subscription uuid;
-- NOT VALID: the check of old rows would meet row-level security, and they have none.
ALTER TABLE rules ADD FOREIGN KEY (tenant_id, subscription) REFERENCES subscriptions NOT VALID;
ALTER TABLE rules ADD CHECK ((plan_id IS NULL) <> (subscription IS NULL));

-- Who a delivery is for, and what made it. Nullable without a default: no row is rewritten.
ALTER TABLE deliveries
  ADD COLUMN subscription uuid,
  ADD COLUMN registration uuid,
  ADD COLUMN user_id      text,
  ADD COLUMN fan_out      uuid,
  ADD COLUMN campaign     uuid,
  ADD COLUMN contact      uuid;
-- Partial: deliveries of rules, the hot ones, are in none of them. The deliveries of a fan-out are those of its subscription
-- made in its time.
CREATE INDEX deliveries_by_subscription ON deliveries (tenant_id, subscription, id) WHERE subscription IS NOT NULL;
CREATE INDEX deliveries_by_user ON deliveries (tenant_id, user_id, id) WHERE user_id IS NOT NULL;
