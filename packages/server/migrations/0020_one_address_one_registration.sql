-- anna@example.org and Anna@example.org are one registration.
-- Locks: ACCESS EXCLUSIVE on registrations while the index is made (some seconds for a million).

-- Which spellings are one address: as domain/suppression.ts has it for what connectors have written. Only A to Z: the same in
-- every locale, and in the program (subscriptions/registration-key.ts).
CREATE FUNCTION carillon_registration_key(channel text, address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN channel = 'email' OR address LIKE '@%' THEN lower(address COLLATE "C") ELSE address END $$;

-- What was registered twice before this stays, until somebody deletes it: the oldest is 0, and nothing new is more.
ALTER TABLE registrations ADD COLUMN twin integer NOT NULL DEFAULT 0;

-- The audit log tells what people change.
DROP TRIGGER audit_insert ON registrations;
DROP TRIGGER audit_update ON registrations;
DROP TRIGGER audit_delete ON registrations;
-- Forced row-level security would show the owner nothing.
ALTER TABLE registrations NO FORCE ROW LEVEL SECURITY;
UPDATE registrations r SET twin = t.n
  FROM (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id, subscription, user_id, channel, carillon_registration_key(channel, address) ORDER BY id) - 1 AS n
          FROM registrations) t
 WHERE t.tenant_id = r.tenant_id AND t.id = r.id AND t.n > 0;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
CALL carillon_audited('registrations', 'registration', '{}', '{updated_at,address_key,twin}');

CREATE UNIQUE INDEX registrations_once
  ON registrations (tenant_id, subscription, user_id, channel, carillon_registration_key(channel, address), twin);
DO $$
DECLARE constraint_name text;
BEGIN
  FOR constraint_name IN SELECT conname FROM pg_constraint WHERE conrelid = 'registrations'::regclass AND contype = 'u' LOOP
    EXECUTE format('ALTER TABLE registrations DROP CONSTRAINT %I', constraint_name);
  END LOOP;
END $$;
