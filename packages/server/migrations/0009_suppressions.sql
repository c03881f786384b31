-- Suppressions by reason, scope and time, and the index that finds a person's registrations by address.
-- Locks: ACCESS EXCLUSIVE on suppressions while it is rewritten (small), SHARE on registrations while its index is made.

-- An address may be there for several reasons and scopes at once, and each is lifted by itself.
ALTER TABLE suppressions
  ADD COLUMN id         uuid NOT NULL DEFAULT carillon_uuid_at((extract(epoch FROM clock_timestamp()) * 1000)::bigint, 0),
  -- What it stops: all (everything of the channel), campaigns, or subscription:<its public id>.
  ADD COLUMN scope      text NOT NULL DEFAULT 'all' CHECK (scope ~ '^(all|campaigns|subscription:[A-Za-z_]{1,100})$'),
  -- key_…, usr_…, recipient; NULL: the engine, by what a provider said.
  ADD COLUMN created_by text,
  ADD COLUMN note       text CHECK (length(note) <= 500),
  -- How often it was said; a bounce counts from its third time on (domain/suppression.ts): until then expires_at is past.
  ADD COLUMN strikes    integer NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD CHECK (reason IN ('invalid', 'gone', 'blocked', 'complained', 'unsubscribed', 'bounced', 'manual')),
  -- What an index takes.
  ADD CHECK (octet_length(address) BETWEEN 1 AND 1500),
  DROP CONSTRAINT suppressions_pkey,
  -- `address` is domain/suppression.ts's addressKey of what was written to. A claim looks by the first three.
  ADD PRIMARY KEY (tenant_id, channel, address, scope, reason);
CREATE UNIQUE INDEX suppressions_by_id ON suppressions (tenant_id, id);

-- Before, addresses stood as they were written: these are compared in the one spelling now. What is there twice by that stays
-- once. ASCII is enough: connectors let nothing else before the @ and write the domain in ASCII. (The owner of the tables is
-- under row-level security as well, and sees nothing.)
ALTER TABLE suppressions NO FORCE ROW LEVEL SECURITY;
DELETE FROM suppressions s USING suppressions o
 WHERE s.tenant_id = o.tenant_id AND s.channel = 'email' AND o.channel = 'email' AND s.scope = o.scope AND s.reason = o.reason
   AND lower(s.address) = lower(o.address) AND s.address > o.address;
UPDATE suppressions SET address = lower(address) WHERE channel = 'email' AND address <> lower(address);
ALTER TABLE suppressions FORCE ROW LEVEL SECURITY;

-- All registrations with an address: what a recipient chooses among. Mail addresses differ by case before the @.
CREATE INDEX registrations_by_address ON registrations (tenant_id, channel, lower(address));
