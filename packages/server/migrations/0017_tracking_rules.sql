-- Rules whose action `track` follows a remote thing with every event that they take.
-- Locks: short ones on rules and integrations.

-- The integration that follows it; such a rule has neither a plan nor a subscription. Its templates are in its action.
ALTER TABLE rules ADD COLUMN tracker uuid;
-- NOT VALID: the check of old rows would meet row-level security, and they have none.
ALTER TABLE rules ADD FOREIGN KEY (tenant_id, tracker) REFERENCES integrations NOT VALID;
ALTER TABLE rules DROP CONSTRAINT rules_check;
ALTER TABLE rules ADD CONSTRAINT rules_target_check CHECK (num_nonnulls(plan_id, subscription, tracker) = 1);
