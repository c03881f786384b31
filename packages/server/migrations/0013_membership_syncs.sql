-- Membership syncs: which source goes to which list, the runs that bring them together, and what each run has read and found.
-- Locks: only tables made here.

CREATE TABLE membership_syncs (
  tenant_id            uuid NOT NULL REFERENCES tenants,
  id                   uuid NOT NULL,
  name                 text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  -- Integrations: one whose connector has people, one whose connector has lists.
  source               uuid NOT NULL,
  target               uuid NOT NULL,
  list                 text NOT NULL,
  on_inactive          text NOT NULL CHECK (on_inactive IN ('unsubscribe', 'hold')),
  -- Addresses on the list that the source does not have.
  strangers            text NOT NULL DEFAULT 'inactive' CHECK (strangers IN ('inactive', 'keep')),
  filter               jsonb NOT NULL DEFAULT '{}',
  max_removals_percent double precision NOT NULL CHECK (max_removals_percent BETWEEN 0 AND 100),
  -- {every} or {cron, timeZone}. NULL: only by hand and by hints.
  schedule             jsonb,
  next_run_at          timestamptz,
  enabled              boolean NOT NULL DEFAULT true,
  -- Members of whom hooks have told: the next run looks at them again.
  pending_keys         text[] NOT NULL DEFAULT '{}',
  created_by           text NOT NULL,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, source) REFERENCES integrations,
  FOREIGN KEY (tenant_id, target) REFERENCES integrations
);
CREATE INDEX membership_syncs_due ON membership_syncs (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX membership_syncs_source ON membership_syncs (tenant_id, source);
CREATE INDEX membership_syncs_pending ON membership_syncs (updated_at) WHERE pending_keys <> '{}';
CALL carillon_guard('membership_syncs');
CALL carillon_audited('membership_syncs', 'membershipSync', '{}', '{updated_at,next_run_at,pending_keys}', 'people');

CREATE TABLE membership_runs (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  sync         uuid NOT NULL,
  -- full: both sides; changed: what the source says has changed since; members: those that `keys` names.
  mode         text NOT NULL CHECK (mode IN ('full', 'changed', 'members')),
  origin       text NOT NULL CHECK (origin IN ('hand', 'schedule', 'hint')),
  dry_run      boolean NOT NULL DEFAULT false,
  -- Somebody has decided that the guards do not count for this one.
  force        boolean NOT NULL DEFAULT false,
  keys         text[] NOT NULL DEFAULT '{}',
  since        timestamptz,
  -- The sync as it was when the run was made: a change of it is for the next one.
  policy       jsonb NOT NULL,
  state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished', 'failed', 'canceled')),
  phase        text NOT NULL DEFAULT 'source' CHECK (phase IN ('source', 'roster', 'decide', 'deliver', 'wait', 'ended')),
  -- The place within the phase: the other side's cursor, or the last address or change dealt with.
  cursor       jsonb,
  -- What the source says that it has.
  source_total bigint,
  seq          bigint NOT NULL DEFAULT 0,
  unchanged    bigint NOT NULL DEFAULT 0,
  made         bigint NOT NULL DEFAULT 0,
  -- Why the removals are not made.
  blocked      text,
  -- Plan by change, from the start of its deliveries on.
  plans        jsonb,
  event_id     uuid,
  cancel_wanted boolean NOT NULL DEFAULT false,
  -- What it came to, when it has ended.
  counts       jsonb,
  error        text,
  fence        integer NOT NULL DEFAULT 0,
  tries        smallint NOT NULL DEFAULT 0,
  due_at       timestamptz NOT NULL DEFAULT now(),
  created_by   text NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  finished_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, sync) REFERENCES membership_syncs ON DELETE CASCADE,
  CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 60);
-- One at a time: a second one would decide by what the first is just changing. Dry runs change nothing.
CREATE UNIQUE INDEX membership_runs_open ON membership_runs (tenant_id, sync, dry_run) WHERE finished_at IS NULL;
CREATE INDEX membership_runs_due ON membership_runs (due_at) WHERE finished_at IS NULL;
CREATE INDEX membership_runs_by_sync ON membership_runs (tenant_id, sync, id);
CREATE INDEX membership_runs_ended ON membership_runs (finished_at) WHERE finished_at IS NOT NULL;
CALL carillon_guard('membership_runs');

-- What was read of the source.
CREATE TABLE membership_run_members (
  tenant_id uuid NOT NULL,
  run       uuid NOT NULL,
  key       text NOT NULL,
  email     text,
  name      text NOT NULL,
  wanted    boolean NOT NULL,
  skip      text,
  PRIMARY KEY (tenant_id, run, key),
  FOREIGN KEY (tenant_id, run) REFERENCES membership_runs ON DELETE CASCADE
);
CREATE INDEX membership_run_members_email ON membership_run_members (tenant_id, run, email);
CALL carillon_guard('membership_run_members');

-- What was read of the list.
CREATE TABLE membership_run_entries (
  tenant_id uuid NOT NULL,
  run       uuid NOT NULL,
  email     text NOT NULL,
  name      text NOT NULL,
  held      boolean NOT NULL,
  PRIMARY KEY (tenant_id, run, email),
  FOREIGN KEY (tenant_id, run) REFERENCES membership_runs ON DELETE CASCADE
);
CALL carillon_guard('membership_run_entries');

-- What has to change, and who was left alone and why. One delivery a change.
CREATE TABLE membership_run_changes (
  tenant_id uuid NOT NULL,
  run       uuid NOT NULL,
  seq       bigint NOT NULL,
  change    text NOT NULL CHECK (change IN ('subscribe', 'unsubscribe', 'hold', 'unhold', 'rename', 'skip')),
  email     text,
  name      text NOT NULL DEFAULT '',
  -- Of a skipped record.
  key       text,
  reason    text,
  delivery  uuid,
  PRIMARY KEY (tenant_id, run, seq),
  FOREIGN KEY (tenant_id, run) REFERENCES membership_runs ON DELETE CASCADE
);
CALL carillon_guard('membership_run_changes');
