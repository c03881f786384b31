-- Lines of the log at level error, counted, for the daily digest.
-- Locks: only tables made here.

CREATE TABLE error_lines (
  -- Whose they are; NULL: the installation's own, which only platform admins get to see.
  tenant_id   uuid REFERENCES tenants ON DELETE CASCADE,
  -- Beginning of the five minutes in which they were written.
  slot        timestamptz NOT NULL,
  -- The same for lines that differ in ids, numbers and times only.
  fingerprint text NOT NULL,
  message     text NOT NULL,
  -- The error's message or the reason of the first such line; NULL: it has none.
  detail      text,
  -- That line, as it was written: secrets and addresses are redacted.
  sample      text NOT NULL,
  count       bigint NOT NULL,
  first_at    timestamptz NOT NULL,
  last_at     timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (tenant_id, slot, fingerprint)
);
CREATE INDEX error_lines_age ON error_lines (slot);
CALL carillon_guard('error_lines');
