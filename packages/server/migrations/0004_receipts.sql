-- Receipts: what providers say later, and how their ids lead to deliveries.
-- Locks: only tables made here; building the two partial indexes locks settlements against writing (rows of providers
-- that give ids are few before this version).

CREATE TABLE receipts (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  -- What tells this notice from all others of the integration; a repetition is not stored again.
  notice_key     text NOT NULL CHECK (octet_length(notice_key) <= 200),
  -- As the provider named it: our own id, or the id that it gave.
  delivery_id    uuid,
  provider_id    text,
  kind           text NOT NULL CHECK (kind IN ('delivered', 'read', 'bounced', 'complained', 'unsubscribed', 'delayed')),
  occurred_at    timestamptz NOT NULL,
  received_at    timestamptz NOT NULL DEFAULT now(),
  reason         text,
  suppress       text,
  -- waiting: its delivery is not known yet, or is being sent at this moment. ignored: it came too late or names nothing of ours.
  state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'ignored')),
  tries          smallint NOT NULL DEFAULT 0,
  next_try_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, integration_id, notice_key)
);
CREATE INDEX receipts_of_delivery ON receipts (tenant_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX receipts_waiting ON receipts (next_try_at) WHERE state = 'waiting';
-- What was nobody's is forgotten by it.
CREATE INDEX receipts_stray ON receipts (received_at) WHERE state = 'ignored';
CALL carillon_guard('receipts');

-- How the provider's id leads to the delivery, and what was sent lately: only rows of providers that give ids.
CREATE INDEX settlements_provider_id ON settlements (tenant_id, integration_id, (provider_ids[1])) WHERE provider_ids[1] IS NOT NULL;
CREATE INDEX settlements_to_ask_after ON settlements (tenant_id, integration_id, settled_at) WHERE state = 'sent' AND provider_ids[1] IS NOT NULL;

-- Messages that the provider is asked after, because it does not tell by itself.
CREATE TABLE receipt_polls (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  provider_id    text NOT NULL,
  delivery_id    uuid NOT NULL,
  tries          smallint NOT NULL DEFAULT 0,
  next_try_at    timestamptz NOT NULL,
  -- From then on nobody asks any more.
  until          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, integration_id, provider_id)
);
CREATE INDEX receipt_polls_due ON receipt_polls (next_try_at);
CALL carillon_guard('receipt_polls');
