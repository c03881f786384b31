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
  address      text NOT NULL CHECK (length(address) BETWEEN 1 AND 2000),
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
