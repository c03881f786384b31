-- Addresses are found through indexes again where row-level security holds.
-- Locks: ACCESS EXCLUSIVE on contacts and on registrations while each is rewritten with its indexes (some 30 s for a million
-- contacts).

-- lower() is not leakproof: behind a policy Postgres evaluates it only on rows that have passed, and never looks into an index
-- with it. So a search for an e-mail address, and every batch of an import, read all contacts. As columns they are compared by
-- operators that are leakproof.
ALTER TABLE contacts
  ADD COLUMN email_key    text GENERATED ALWAYS AS (lower(email)) STORED,
  ADD COLUMN telegram_key text GENERATED ALWAYS AS (lower(telegram_id)) STORED;
DROP INDEX contacts_email, contacts_by_telegram;
CREATE UNIQUE INDEX contacts_email ON contacts (tenant_id, email_key text_pattern_ops) WHERE email_key IS NOT NULL;
CREATE INDEX contacts_by_telegram ON contacts (tenant_id, telegram_key text_pattern_ops) WHERE telegram_key IS NOT NULL;

ALTER TABLE registrations ADD COLUMN address_key text GENERATED ALWAYS AS (lower(address)) STORED;
DROP INDEX registrations_by_address;
-- The address first: some questions name no channel.
CREATE INDEX registrations_by_address ON registrations (tenant_id, address_key, channel);

-- The audit log tells what was changed, not what follows from it.
DROP TRIGGER audit_insert ON contacts;
DROP TRIGGER audit_update ON contacts;
DROP TRIGGER audit_delete ON contacts;
CALL carillon_audited('contacts', 'contact',
  '{external_id,phone,email,telegram_id,attributes,name_key,last_name_key}', '{updated_at,email_key,telegram_key}', 'people');
DROP TRIGGER audit_insert ON registrations;
DROP TRIGGER audit_update ON registrations;
DROP TRIGGER audit_delete ON registrations;
CALL carillon_audited('registrations', 'registration', '{}', '{updated_at,address_key}');
