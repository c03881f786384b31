-- Campaigns: their ledger, and the columns that tie deliveries to them.
-- Locks: ACCESS EXCLUSIVE on deliveries, delivery_queue and settlements for the columns (nullable, no row is rewritten), and
-- SHARE while the indexes are made (partial: no row of before is in them).

CREATE TABLE campaigns (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  id           uuid NOT NULL,
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  content      jsonb NOT NULL,
  filter       jsonb NOT NULL DEFAULT '{}',
  starts_at    timestamptz NOT NULL,
  -- send_until of every delivery.
  ends_at      timestamptz NOT NULL,
  daily_window jsonb,
  -- NULL: the default route, by the integrations that the tenant has when it starts.
  route        jsonb,
  retry        jsonb,
  rate         jsonb,
  state        text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'running', 'paused', 'finished', 'canceled', 'failed')),
  -- Nothing of it may be claimed.
  halted       boolean NOT NULL GENERATED ALWAYS AS (state IN ('paused', 'canceled')) STORED,
  -- Why it failed.
  error        text,
  -- From its start: what deliveries are made by (changed with the content, for all that is not sent yet), and its event.
  plan_id      uuid,
  event_id     uuid,
  -- The expansion: the last contact of the audience, the last one dealt with, and when the last one was.
  upto         uuid,
  cursor       uuid,
  made         bigint NOT NULL DEFAULT 0,
  expanded_at  timestamptz,
  -- How often the waiting rows are still to be walked through, after a change of state, end or hours, and the last one dealt
  -- with. Twice: a claim that had begun before the change may have parked a row behind the first walk.
  sweep        smallint NOT NULL DEFAULT 0,
  sweep_cursor uuid,
  -- A lease of whoever expands or sweeps it, as in fan_outs.
  fence        integer NOT NULL DEFAULT 0,
  due_at       timestamptz NOT NULL DEFAULT now(),
  -- The campaign whose failed deliveries this one repeats.
  resend_of    uuid,
  version      integer NOT NULL DEFAULT 1,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  finished_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK (starts_at < ends_at),
  CHECK (finished_at IS NULL OR state IN ('finished', 'canceled', 'failed')),
  CHECK (state <> 'scheduled' OR started_at IS NULL)
) WITH (fillfactor = 70);
-- What the background looks after.
CREATE INDEX campaigns_open ON campaigns (due_at) WHERE finished_at IS NULL;
CALL carillon_guard('campaigns');
CALL carillon_audited('campaigns', 'campaign', '{}',
  '{updated_at,version,halted,plan_id,event_id,upto,cursor,made,expanded_at,sweep,sweep_cursor,fence,due_at,started_at,finished_at}', 'people');

-- Kept in the transactions that change what they count, like delivery_counters; `made` minus what has ended is open.
CREATE TABLE campaign_counters (
  tenant_id      uuid NOT NULL,
  campaign       uuid NOT NULL,
  hour           timestamptz NOT NULL,
  integration_id uuid NOT NULL,
  shard          smallint NOT NULL,
  made           bigint NOT NULL DEFAULT 0,
  attempts       bigint NOT NULL DEFAULT 0,
  sent           bigint NOT NULL DEFAULT 0,
  delivered      bigint NOT NULL DEFAULT 0,
  bounced        bigint NOT NULL DEFAULT 0,
  failed         bigint NOT NULL DEFAULT 0,
  expired        bigint NOT NULL DEFAULT 0,
  suppressed     bigint NOT NULL DEFAULT 0,
  canceled       bigint NOT NULL DEFAULT 0,
  skipped        bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, campaign, hour, integration_id, shard)
) WITH (fillfactor = 50);
CALL carillon_guard('campaign_counters');

ALTER TABLE deliveries
  -- What templates see as `contact`: the contact as it was. json, not jsonb: handed on as text.
  ADD COLUMN context   json,
  -- Whose hours count.
  ADD COLUMN time_zone text;
ALTER TABLE delivery_queue ADD COLUMN campaign uuid;
ALTER TABLE settlements ADD COLUMN campaign uuid;

CREATE INDEX deliveries_by_campaign ON deliveries (tenant_id, campaign, id) WHERE campaign IS NOT NULL;
-- One delivery a contact and campaign: the expansion looks a contact up only by its own cursor, this is for reading.
CREATE INDEX delivery_queue_by_campaign ON delivery_queue (tenant_id, campaign, delivery_id) WHERE campaign IS NOT NULL;
CREATE INDEX settlements_by_campaign ON settlements (tenant_id, campaign, state, delivery_id) WHERE campaign IS NOT NULL AND state <> 'pending';
