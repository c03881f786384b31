-- Schedules: cron patterns in a time zone that make events, and their runs.
-- Locks: only tables made here.

CREATE TABLE schedules (
  tenant_id    uuid NOT NULL REFERENCES tenants,
  id           uuid NOT NULL,
  name         text NOT NULL,
  pattern      text NOT NULL,
  time_zone    text NOT NULL,
  -- The event that a run makes.
  event_type   text NOT NULL,
  data         jsonb NOT NULL,
  -- Whose registrations it goes to, whatever rules say.
  subscription uuid,
  -- What the data is made of at the time of the run, beside `data`.
  collect      text CHECK (collect IN ('error_lines', 'all_error_lines')),
  missed       text NOT NULL CHECK (missed IN ('skip', 'once', 'all')),
  enabled      boolean NOT NULL,
  -- NULL: it is off, or never due again.
  next_run_at  timestamptz,
  -- A run that could not be made is tried again from then on, and holds up no other schedule.
  retry_at     timestamptz,
  created_by   text NOT NULL,
  modified_by  text NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, subscription) REFERENCES subscriptions
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL;
CALL carillon_guard('schedules');
CALL carillon_audited('schedules', 'schedule', '{}', '{updated_at,next_run_at,retry_at}');

CREATE TABLE schedule_runs (
  tenant_id   uuid NOT NULL,
  schedule_id uuid NOT NULL,
  -- The time that it ran for; with a run by hand the time of the demand.
  due_at      timestamptz NOT NULL,
  ran_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  by_hand     boolean NOT NULL DEFAULT false,
  event_id    uuid,
  -- Times passed over just before this run.
  missed      integer NOT NULL DEFAULT 0,
  error       text,
  PRIMARY KEY (tenant_id, schedule_id, due_at),
  FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules ON DELETE CASCADE
);
CREATE INDEX schedule_runs_age ON schedule_runs (ran_at);
CALL carillon_guard('schedule_runs');
