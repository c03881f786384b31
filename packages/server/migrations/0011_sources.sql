-- Sources: what brings events in, its cursor, its runs, what could not be read, and hints of what to look at again.
-- Locks: ALTER of integrations takes it for an instant and rewrites nothing; all else is made here.

-- A connector that does not send has no channel.
ALTER TABLE integrations ALTER COLUMN channel DROP NOT NULL;

CREATE TABLE source_states (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  -- stopped: until its settings or secrets change, or somebody starts it.
  state          text NOT NULL DEFAULT 'idle' CHECK (state IN ('idle', 'running', 'backing_off', 'stopped')),
  -- Why it stopped or backs off.
  reason         text,
  -- stopped by a person: a change of its settings does not start it again.
  by_hand        boolean NOT NULL DEFAULT false,
  -- Where to go on, as its connector wrote it. NULL: from the start.
  cursor         json,
  -- In a row.
  failures       integer NOT NULL DEFAULT 0,
  -- NULL: never by itself (stopped, switched off, or fed by its hook alone).
  next_poll_at   timestamptz,
  -- Somebody wants a run now: its id, and who. Taken back when it begins.
  wanted_run     uuid,
  wanted_by      text,
  -- The tenant was told by an event that it stopped, and is to be told when it works again.
  told           boolean NOT NULL DEFAULT false,
  -- One runner over all workers: whoever has the lease, and writes with its fence. A stop raises the fence at once; the
  -- lease is given back when the runner has really let go.
  lease_owner    uuid,
  lease_until    timestamptz,
  fence          bigint NOT NULL DEFAULT 0,
  last_run_at    timestamptz,
  last_event_at  timestamptz,
  last_ok_at     timestamptz,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX source_states_due ON source_states (next_poll_at) WHERE next_poll_at IS NOT NULL;
CREATE INDEX source_states_leased ON source_states (lease_until) WHERE lease_owner IS NOT NULL;
CALL carillon_guard('source_states');

CREATE TABLE source_runs (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- NULL: it is running, or its worker was lost.
  ended_at       timestamptz,
  -- NULL while it runs. lost: its worker went away.
  outcome        text CHECK (outcome IN ('ok', 'retry', 'stop', 'stopped', 'lost')),
  reason         text,
  events         integer NOT NULL DEFAULT 0,
  duplicates     integer NOT NULL DEFAULT 0,
  unreadable     integer NOT NULL DEFAULT 0,
  -- Who asked for it; NULL: it was due.
  by_hand        text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES source_states ON DELETE CASCADE
);
CREATE INDEX source_runs_of_integration ON source_runs (tenant_id, integration_id, started_at, id);
CREATE INDEX source_runs_open ON source_runs (tenant_id, integration_id, id) WHERE ended_at IS NULL;
CREATE INDEX source_runs_age ON source_runs (started_at);
CALL carillon_guard('source_runs');

-- What came and could not be read: for people to look at, and to try again.
CREATE TABLE source_quarantine (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  -- The source's own id of it; the same one again is kept once.
  item_id        text NOT NULL CHECK (octet_length(item_id) <= 2048),
  reason         text NOT NULL,
  raw            bytea,
  -- Of the whole, when it was cut.
  raw_bytes      integer NOT NULL DEFAULT 0,
  received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The last time that it was tried again, without success; a success takes the row away.
  tried_at       timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, integration_id, item_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX source_quarantine_of_integration ON source_quarantine (tenant_id, integration_id, id);
CREATE INDEX source_quarantine_age ON source_quarantine (received_at);
CALL carillon_guard('source_quarantine');

-- Calls of hooks that were taken, for a day: a replay changes nothing.
CREATE TABLE source_calls (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  call_id        text NOT NULL CHECK (octet_length(call_id) <= 1020),
  received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, integration_id, call_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX source_calls_age ON source_calls (received_at);
CALL carillon_guard('source_calls');

-- "Look again at the remote thing `key`": a call of the hook that is not believed for more than that.
CREATE TABLE source_hints (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  hint_id        text NOT NULL CHECK (octet_length(hint_id) <= 2048),
  key            text NOT NULL CHECK (octet_length(key) <= 2048),
  type           text NOT NULL CHECK (octet_length(type) <= 2048),
  data           json,
  received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_at     timestamptz,
  PRIMARY KEY (tenant_id, integration_id, hint_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations ON DELETE CASCADE
);
CREATE INDEX source_hints_open ON source_hints (tenant_id, integration_id, received_at) WHERE applied_at IS NULL;
CREATE INDEX source_hints_age ON source_hints (received_at);
CALL carillon_guard('source_hints');
