-- Tracked items: remote things with a state (e-signature transactions) that we mirror, how they are looked at, and what each
-- look came to.
-- Locks: only tables made here.

CREATE TABLE tracked_items (
  tenant_id      uuid NOT NULL REFERENCES tenants,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  -- The other side's id, and the tenant's own name of what it is about ("DE00012").
  remote_id      text NOT NULL CHECK (octet_length(remote_id) BETWEEN 1 AND 200),
  reference      text,
  metadata       jsonb NOT NULL DEFAULT '{}',
  name           text,
  -- NULL: it was never seen.
  remote_state   text,
  local_state    text NOT NULL DEFAULT 'EN_ATTENTE'
                 CHECK (local_state IN ('ERREUR', 'EN_ATTENTE', 'EN_COURS', 'ANNULE', 'EXPIRE', 'REFUSE', 'SIGNE')),
  is_stalled     boolean,
  -- {reason, participant?, at}: known from a hint, because the item itself does not say it.
  refusal        jsonb,
  documents      jsonb NOT NULL DEFAULT '[]',
  -- Set once each.
  sent_at        timestamptz,
  signed_at      timestamptz,
  refused_at     timestamptz,
  expired_at     timestamptz,
  canceled_at    timestamptz,
  -- false: its state is final.
  needs_sync     boolean NOT NULL DEFAULT true,
  -- The last look that saw it, and the last one at all.
  last_synced_at timestamptz,
  last_tried_at  timestamptz,
  sync_attempts  integer NOT NULL DEFAULT 0,
  -- Looks in a row that saw nothing; not looked at by itself before not_before then.
  failures       integer NOT NULL DEFAULT 0,
  not_before     timestamptz,
  last_error     text,
  -- Changes of state so far: the number of the last one is in its event's id.
  transitions    integer NOT NULL DEFAULT 0,
  -- Grows with every look: what was seen before another look wrote is seen again.
  version        integer NOT NULL DEFAULT 1,
  -- Asked for: by the round of an integration, and by hints (so many came, so many were followed).
  round          uuid,
  hints          integer NOT NULL DEFAULT 0,
  hints_done     integer NOT NULL DEFAULT 0,
  last_hint      text,
  is_wanted      boolean NOT NULL GENERATED ALWAYS AS (round IS NOT NULL OR hints > hints_done) STORED,
  -- One look at a time over all workers.
  looking_until  timestamptz,
  created_by     text NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, integration_id, remote_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations
);
CREATE INDEX tracked_items_due ON tracked_items (tenant_id, integration_id, last_tried_at NULLS FIRST) WHERE needs_sync;
CREATE INDEX tracked_items_wanted ON tracked_items (tenant_id, integration_id, last_tried_at NULLS FIRST) WHERE is_wanted;
CREATE INDEX tracked_items_reference ON tracked_items (tenant_id, reference) WHERE reference IS NOT NULL;
CALL carillon_guard('tracked_items');
CALL carillon_audited('tracked_items', 'trackedItem', '{}',
  '{name,remote_state,local_state,is_stalled,refusal,documents,sent_at,signed_at,refused_at,expired_at,canceled_at,needs_sync,last_synced_at,last_tried_at,sync_attempts,failures,not_before,last_error,transitions,version,round,hints,hints_done,last_hint,is_wanted,looking_until,updated_at}',
  'people');

-- The people of an item, in their order; written anew when they differ.
CREATE TABLE tracked_participants (
  tenant_id  uuid NOT NULL,
  item_id    uuid NOT NULL,
  position   smallint NOT NULL,
  name       text,
  email      text,
  -- The other side's word.
  status     text NOT NULL,
  url        text,
  viewed_at  timestamptz,
  signed_at  timestamptz,
  refused_at timestamptz,
  PRIMARY KEY (tenant_id, item_id, position),
  FOREIGN KEY (tenant_id, item_id) REFERENCES tracked_items ON DELETE CASCADE
);
CALL carillon_guard('tracked_participants');

-- The rounds of an integration: when the next one is due, and what the last ones came to.
CREATE TABLE tracker_rounds (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  next_at        timestamptz NOT NULL DEFAULT now(),
  -- Of the integration at the last round: a change makes the next one due at once.
  version        integer NOT NULL DEFAULT 0,
  -- The round under way.
  round          uuid,
  -- The other side asked for a rest, or refused us.
  paused_until   timestamptz,
  failures       integer NOT NULL DEFAULT 0,
  reason         text,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX tracker_rounds_due ON tracker_rounds (next_at);
CALL carillon_guard('tracker_rounds');

CREATE TABLE sync_runs (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at       timestamptz,
  -- Who asked for it; NULL: it was due.
  by_hand        text,
  total_found    integer NOT NULL DEFAULT 0,
  success        integer NOT NULL DEFAULT 0,
  failed         integer NOT NULL DEFAULT 0,
  skipped        integer NOT NULL DEFAULT 0,
  status_changes integer NOT NULL DEFAULT 0,
  -- Why it went no further.
  error          text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX sync_runs_of_integration ON sync_runs (tenant_id, integration_id, id DESC);
CREATE INDEX sync_runs_age ON sync_runs (started_at);
CALL carillon_guard('sync_runs');

-- Every look, and every hint that was refused.
CREATE TABLE sync_log (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  -- NULL: a hint about something that nobody follows.
  item_id        uuid,
  remote_id      text NOT NULL,
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- poll, manual, or webhook:<what the other side said>.
  type           text NOT NULL,
  is_forced      boolean NOT NULL DEFAULT false,
  success        boolean NOT NULL,
  -- The local states.
  before         text,
  after          text,
  changes        jsonb NOT NULL DEFAULT '[]',
  -- Why the state is not what the other side says.
  note           text,
  error          text,
  duration_ms    integer NOT NULL DEFAULT 0,
  -- The event of the change.
  event_id       uuid,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, item_id) REFERENCES tracked_items ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX sync_log_of_item ON sync_log (tenant_id, item_id, id DESC);
CREATE INDEX sync_log_of_integration ON sync_log (tenant_id, integration_id, id DESC);
CREATE INDEX sync_log_age ON sync_log (at);
CALL carillon_guard('sync_log');
