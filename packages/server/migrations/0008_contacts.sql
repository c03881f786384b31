-- Contacts: people whom campaigns can write to, with their tags and operators, and the imports that brought them in.
-- Locks: only tables made here.
-- For whoever walks an audience: go by (tenant_id, id) in chunks (`id > $after ORDER BY id LIMIT n`); ids are UUIDv7, so new
-- contacts come last. One tag or one operator or one time zone has an index in that very order (contact_tags_by_tag,
-- contacts_by_operator, contacts_by_time_zone); several of them and conditions on `attributes` are cheaper as filters on the
-- walk over the primary key. `time_zone` NULL means the tenant's, at the time of use. `phone` is E.164 with its +.
-- What is searched by its beginning has text_pattern_ops: that serves equality too, whatever the database's collation.

CREATE TABLE operators (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  -- What contacts refer to; it never changes.
  code       text NOT NULL CHECK (length(code) BETWEEN 1 AND 32),
  name       text CHECK (length(name) <= 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code)
);
CALL carillon_guard('operators');
CALL carillon_audited('operators', 'operator', '{}', '{updated_at}');

CREATE TABLE tags (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
);
CALL carillon_guard('tags');
CALL carillon_audited('tags', 'tag', '{}', '{updated_at}');

CREATE TABLE contacts (
  -- No foreign key: the check would cost a tenth of an import, and row-level security holds the tenant.
  tenant_id     uuid NOT NULL,
  id            uuid NOT NULL,
  -- The key of another system.
  external_id   text CHECK (length(external_id) BETWEEN 1 AND 200),
  phone         text CHECK (phone ~ '^\+[1-9][0-9]{3,14}$'),
  email         text CHECK (length(email) <= 254),
  -- A chat's number or @name.
  telegram_id   text CHECK (length(telegram_id) <= 40),
  operator      text,
  time_zone     text CHECK (length(time_zone) <= 64),
  language      text CHECK (length(language) <= 35),
  attributes    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  -- Names in lower case, to be found by: attributes.name (or firstName and lastName), and lastName. Written by the program:
  -- lower() of a database with collation C knows ASCII only.
  name_key      text CHECK (length(name_key) <= 200),
  last_name_key text CHECK (length(last_name_key) <= 200),
  version       integer NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, operator) REFERENCES operators (tenant_id, code)
);
CREATE UNIQUE INDEX contacts_phone ON contacts (tenant_id, phone text_pattern_ops) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX contacts_email ON contacts (tenant_id, lower(email) text_pattern_ops) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX contacts_external_id ON contacts (tenant_id, external_id text_pattern_ops) WHERE external_id IS NOT NULL;
CREATE INDEX contacts_by_telegram ON contacts (tenant_id, lower(telegram_id) text_pattern_ops) WHERE telegram_id IS NOT NULL;
CREATE INDEX contacts_by_name ON contacts (tenant_id, name_key text_pattern_ops) WHERE name_key IS NOT NULL;
CREATE INDEX contacts_by_last_name ON contacts (tenant_id, last_name_key text_pattern_ops) WHERE last_name_key IS NOT NULL;
CREATE INDEX contacts_by_operator ON contacts (tenant_id, operator, id) WHERE operator IS NOT NULL;
CREATE INDEX contacts_by_time_zone ON contacts (tenant_id, time_zone, id) WHERE time_zone IS NOT NULL;
CALL carillon_guard('contacts');
-- Addresses and attributes are told as changed and never shown: the log can't forget, and a person may ask to be forgotten.
-- `people`: an import switches its rows off (it has one entry of its own).
CALL carillon_audited('contacts', 'contact',
  '{external_id,phone,email,telegram_id,attributes,name_key,last_name_key}', '{updated_at}', 'people');

CREATE TABLE contact_tags (
  tenant_id  uuid NOT NULL,
  contact_id uuid NOT NULL,
  tag_id     uuid NOT NULL,
  PRIMARY KEY (tenant_id, contact_id, tag_id),
  FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, tag_id) REFERENCES tags
);
CREATE INDEX contact_tags_by_tag ON contact_tags (tenant_id, tag_id, contact_id);
CALL carillon_guard('contact_tags');

-- ---------------------------------------------------------------- imports
CREATE TABLE contact_imports (
  tenant_id       uuid NOT NULL REFERENCES tenants,
  id              uuid NOT NULL,
  state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
  dry_run         boolean NOT NULL,
  -- What rows are told apart by; NULL: by the first of id, externalId, phone, email that a row has.
  key             text CHECK (key IN ('id', 'externalId', 'phone', 'email')),
  ignored_columns text[] NOT NULL DEFAULT '{}',
  -- The rows dealt with: inserted + updated + unchanged + failed.
  rows            bigint NOT NULL DEFAULT 0,
  inserted        bigint NOT NULL DEFAULT 0,
  updated         bigint NOT NULL DEFAULT 0,
  unchanged       bigint NOT NULL DEFAULT 0,
  failed          bigint NOT NULL DEFAULT 0,
  -- Of them, those that wrote a contact of an earlier row again.
  repeated        bigint NOT NULL DEFAULT 0,
  -- Lines of the report; it ends after the first 10,000.
  reported        integer NOT NULL DEFAULT 0,
  error           text,
  created_by      text NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  finished_at     timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 50);
CREATE INDEX contact_imports_running ON contact_imports (tenant_id, updated_at) WHERE state = 'running';
CREATE INDEX contact_imports_age ON contact_imports (started_at);
CALL carillon_guard('contact_imports');

CREATE TABLE contact_import_rows (
  tenant_id   uuid NOT NULL,
  import_id   uuid NOT NULL,
  seq         integer NOT NULL,
  -- As spreadsheets count them: the header is row 1.
  row         bigint NOT NULL,
  column_name text,
  value       text,
  reason      text NOT NULL,
  PRIMARY KEY (tenant_id, import_id, seq),
  FOREIGN KEY (tenant_id, import_id) REFERENCES contact_imports ON DELETE CASCADE
);
CALL carillon_guard('contact_import_rows');
