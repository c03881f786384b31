-- Certified mail: legal receipts of what was sent, and the facts that they certify.
-- Locks: receipts for an instant (columns with constant defaults rewrite nothing; the wider check is scanned for under a
-- lock that lets reading and writing go on).

ALTER TABLE receipts
  -- A legal receipt whose signature was verified.
  ADD COLUMN certified boolean NOT NULL DEFAULT false,
  -- The event that brought it: the mail.
  ADD COLUMN event_id uuid;
ALTER TABLE receipts DROP CONSTRAINT receipts_kind_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_kind_check
  CHECK (kind IN ('delivered', 'read', 'bounced', 'complained', 'unsubscribed', 'delayed', 'accepted', 'refused', 'failed', 'unverified')) NOT VALID;
ALTER TABLE receipts VALIDATE CONSTRAINT receipts_kind_check;

-- What providers have certified about a delivery: the set from which its receipts follow, whatever the order in which
-- they came. Kept and forgotten with the delivery.
CREATE TABLE pec_parts (
  tenant_id    uuid NOT NULL,
  delivery_id  uuid NOT NULL,
  -- A hash of kind, time, identifier and recipient: a receipt that comes twice is one part.
  part_key     text NOT NULL CHECK (octet_length(part_key) <= 64),
  kind         text NOT NULL CHECK (kind IN ('accepted', 'refused', 'delivered', 'failed', 'warned', 'timed_out')),
  certified_at timestamptz NOT NULL,
  -- The provider's words, for people.
  reason       text NOT NULL,
  suppress     text,
  -- The mail, and the mailbox (an integration) that it came in by.
  event_id     uuid NOT NULL,
  mailbox_id   uuid NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, delivery_id, part_key)
);
CALL carillon_guard('pec_parts');
