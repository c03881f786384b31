-- The three statements of the hot path count their slots themselves, without triggers (docs/decisions/0020-counters-of-hot-statements.md).
-- Locks: ACCESS EXCLUSIVE on delivery_counters; no row is read or written.

-- Triggers by statement fire for the table that a statement names. Who writes to delivery_counters has its slots counted by them
-- as before; who writes to its only partition, where all rows are, counts them itself.
DROP TRIGGER count_slot_made ON delivery_counters;
DROP TRIGGER count_slot_changed ON delivery_counters;
ALTER TABLE delivery_counters RENAME TO delivery_counters_hot;
ALTER INDEX delivery_counters_pkey RENAME TO delivery_counters_hot_pkey;
ALTER INDEX delivery_counters_by_day RENAME TO delivery_counters_hot_by_day;

CREATE TABLE delivery_counters (LIKE delivery_counters_hot INCLUDING DEFAULTS) PARTITION BY LIST (shard);
ALTER TABLE delivery_counters ADD PRIMARY KEY (tenant_id, day, integration_id, shard);
CREATE INDEX delivery_counters_by_day ON delivery_counters (day);
ALTER TABLE delivery_counters ATTACH PARTITION delivery_counters_hot DEFAULT;
CALL carillon_guard('delivery_counters');

CREATE TRIGGER count_slot_made AFTER INSERT ON delivery_counters REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION carillon_slot_made();
CREATE TRIGGER count_slot_changed AFTER UPDATE ON delivery_counters REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION carillon_slot_changed();
