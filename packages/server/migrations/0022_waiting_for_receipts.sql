-- A delivery may wait for a receipt before the next step of its route has its turn (docs/decisions/0022-no-receipt-within.md).
-- Locks: ACCESS EXCLUSIVE on delivery_queue for a moment; settlements against writing while they are read for an index (some
-- seconds for ten million).

-- NOT VALID: what was allowed before is allowed now, so there is nothing to look for in millions of rows.
ALTER TABLE delivery_queue DROP CONSTRAINT delivery_queue_reason_check;
ALTER TABLE delivery_queue ADD CONSTRAINT delivery_queue_reason_check CHECK (reason IN ('scheduled', 'next_step',
  'awaiting_receipt', 'retry', 'rate_limited', 'window_closed', 'breaker_open', 'paused', 'digest', 'released')) NOT VALID;
COMMENT ON COLUMN delivery_queue.dead IS
  'Bit n: step n is of no use any more. Bit 16 + n: step n accepted the message, and no receipt has said what became of it.';

-- Whom providers are asked about: of those that wait for a receipt, as settlements_to_ask_after is of those that are sent.
CREATE INDEX settlements_awaited ON settlements (tenant_id, integration_id, settled_at)
  WHERE state = 'pending' AND outcome = 'accepted' AND provider_ids[1] IS NOT NULL;
