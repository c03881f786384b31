-- People: who they are, how they sign in, their sessions, memberships and invitations.
-- Locks: only tables made here. Tables auth_* belong to no tenant: a person may be in several. The library that signs people in
-- (access/sign-in) writes them through role carillon_engine; carillon_app sees of a person what a list of members shows, and
-- only of persons who are members of its tenant.

-- ---------------------------------------------------------------- persons
CREATE TABLE auth_users (
  id                 uuid PRIMARY KEY,
  name               text NOT NULL,
  -- Lower case: the address is how a person is known, whatever the way of signing in.
  email              text NOT NULL UNIQUE CHECK (email = lower(email)),
  -- Somebody has proven to receive mail there, or a platform admin answers for it. Accounts elsewhere are linked by it.
  email_verified     boolean NOT NULL DEFAULT false,
  image              text,
  two_factor_enabled boolean NOT NULL DEFAULT false,
  platform_admin     boolean NOT NULL DEFAULT false,
  language           text NOT NULL DEFAULT 'en',
  disabled_at        timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);

-- Ways of signing in: providerId "credential" is the password (Argon2id, PHC string), others are OIDC providers.
CREATE TABLE auth_accounts (
  id                       uuid PRIMARY KEY,
  user_id                  uuid NOT NULL REFERENCES auth_users ON DELETE CASCADE,
  provider_id              text NOT NULL,
  account_id               text NOT NULL,
  password                 text,
  scope                    text,
  access_token             text,
  refresh_token            text,
  id_token                 text,
  access_token_expires_at  timestamptz,
  refresh_token_expires_at timestamptz,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider_id, account_id)
);
CREATE INDEX auth_accounts_user ON auth_accounts (user_id);

CREATE TABLE auth_sessions (
  id           uuid PRIMARY KEY,
  user_id      uuid NOT NULL REFERENCES auth_users ON DELETE CASCADE,
  -- SHA-256 in hex of what the cookie holds: whoever reads the table can not be anybody.
  token        text NOT NULL UNIQUE,
  expires_at   timestamptz NOT NULL,
  ip_address   text,
  user_agent   text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX auth_sessions_user ON auth_sessions (user_id, id);
CREATE INDEX auth_sessions_age ON auth_sessions (expires_at);

-- Short-lived proofs: password resets, verifications, states of OIDC sign-ins, second factors under way. Identifiers are hashed.
CREATE TABLE auth_verifications (
  id         text PRIMARY KEY,
  identifier text NOT NULL,
  value      text NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX auth_verifications_identifier ON auth_verifications (identifier);
CREATE INDEX auth_verifications_age ON auth_verifications (expires_at);

-- Second factors: secret and backup codes are encrypted with the installation's sign-in secret.
CREATE TABLE auth_two_factors (
  id                        uuid PRIMARY KEY,
  user_id                   uuid NOT NULL UNIQUE REFERENCES auth_users ON DELETE CASCADE,
  secret                    text NOT NULL,
  backup_codes              text NOT NULL,
  verified                  boolean NOT NULL DEFAULT true,
  failed_verification_count integer NOT NULL DEFAULT 0,
  locked_until              timestamptz
);

-- Limits on attempts (GCRA): the key is a hash, so that no address of a person is kept here.
CREATE TABLE auth_attempts (
  key bytea PRIMARY KEY,
  tat timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX auth_attempts_age ON auth_attempts (tat);

-- OIDC providers that a platform admin has set; those of the environment are not here. `secret` is sealed by the keyring.
CREATE TABLE auth_providers (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  provider   text NOT NULL UNIQUE CHECK (provider IN ('oidc', 'google')),
  settings   jsonb NOT NULL,
  secret     bytea NOT NULL,
  enabled    boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One row: the secret that signs cookies and encrypts second factors, made at the first start, sealed by the keyring.
CREATE TABLE auth_secrets (
  id         text PRIMARY KEY CHECK (id = 'sign-in'),
  secret     bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON
  auth_users, auth_accounts, auth_sessions, auth_verifications, auth_two_factors, auth_attempts, auth_providers, auth_secrets
  TO carillon_engine;

-- ---------------------------------------------------------------- persons in tenants
CREATE TABLE members (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  id         uuid NOT NULL,
  user_id    uuid NOT NULL REFERENCES auth_users ON DELETE CASCADE,
  role       text NOT NULL CHECK (role IN ('admin', 'member')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, user_id)
);
CREATE INDEX members_user ON members (user_id, id);
CALL carillon_guard('members');

CREATE TABLE invitations (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  id          uuid NOT NULL,
  email       text NOT NULL CHECK (email = lower(email)),
  role        text NOT NULL CHECK (role IN ('admin', 'member')),
  -- SHA-256 of the token in the link.
  token_hash  bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  -- key_… or usr_….
  invited_by  text NOT NULL,
  -- The link went to the address itself, so whoever has it receives mail there.
  mailed      boolean NOT NULL DEFAULT false,
  expires_at  timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX invitations_email ON invitations (email);
CALL carillon_guard('invitations');

-- The one thing of a person that a tenant sees: name and address of its members.
ALTER TABLE auth_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth_users FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON auth_users TO carillon_engine USING (true) WITH CHECK (true);
CREATE POLICY of_members ON auth_users FOR SELECT TO carillon_app
  USING (EXISTS (SELECT FROM members m WHERE m.tenant_id = (SELECT carillon_tenant()) AND m.user_id = auth_users.id));
GRANT SELECT (id, name, email, two_factor_enabled, platform_admin, disabled_at) ON auth_users TO carillon_app;
