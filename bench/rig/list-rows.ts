/**
 * What two months of a busy installation leave behind, put into the tables directly: 40 tenants, of which one has 60 percent,
 * with every filter of the lists having something common, something rare and something long ago to find. Not made by the
 * engine: nothing of it is ever sent.
 */
import { createHash } from 'node:crypto'
import { withClient } from '@carillon/testkit/database-url'

const tenants = 40
const days = 56
/** Events a transaction. */
const chunk = 100_000

/** The id of the thing of this kind with this number in this tenant: the same in every run. */
export const listUuid = (kind: string, tenant: number, number = 0): string =>
  createHash('md5')
    .update(`${kind} ${tenant} ${number}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** The same in SQL. */
const uuidSql = (kind: string, tenant: string, number = '0'): string =>
  `md5('${kind} ' || ${tenant} || ' ' || ${number})::uuid`

const things = `
INSERT INTO tenants (tenant_id, slug, name)
SELECT ${uuidSql('tenant', 't')}, 'tenant-' || t, 'Tenant ' || t FROM generate_series(0, ${tenants - 1}) AS t;

INSERT INTO integrations (tenant_id, id, connector, channel, name, settings)
SELECT ${uuidSql('tenant', 't')}, ${uuidSql('integration', 't', 'n')}, 'webhook', (ARRAY['webhook', 'email', 'sms'])[1 + n % 3], 'Integration ' || n, '{}'
  FROM generate_series(0, ${tenants - 1}) AS t CROSS JOIN generate_series(0, 5) AS n;
INSERT INTO integration_states (tenant_id, integration_id) SELECT tenant_id, id FROM integrations;

INSERT INTO plans (tenant_id, id, hash, body)
SELECT ${uuidSql('tenant', 't')}, ${uuidSql('plan', 't')}, sha256('plan'),
       jsonb_build_object('steps', jsonb_build_array(jsonb_build_object('integrationId', ${uuidSql('integration', 't')}, 'to', 'x')),
                          'sendForMs', 1000, 'priority', 0, 'whenOpen', 'hold', 'fallback', 'at_once')
  FROM generate_series(0, ${tenants - 1}) AS t;

INSERT INTO subscriptions (tenant_id, id, subscription_id, label, created_by, modified_by)
SELECT ${uuidSql('tenant', 't')}, ${uuidSql('subscription', 't', 'n')}, 'news_' || chr(97 + n), 'News ' || n, 'system', 'system'
  FROM generate_series(0, ${tenants - 1}) AS t CROSS JOIN generate_series(0, 3) AS n;

INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, state, created_by, started_at, plan_id)
SELECT ${uuidSql('tenant', 't')}, ${uuidSql('campaign', 't', 'n')}, 'Campaign ' || n, '{}', now() - interval '57 days', now() + interval '30 days',
       'paused', 'system', now() - interval '57 days', ${uuidSql('plan', 't')}
  FROM generate_series(0, ${tenants - 1}) AS t CROSS JOIN generate_series(0, 7) AS n`

/**
 * Events $1 to $2 of $3, evenly over the weeks, three deliveries to each and a fourth to every third. A rare kind is one in ten
 * thousand; number 5 of the integrations and rules had its last delivery six weeks ago; of the newest tenth most are waiting.
 */
const messages = `
WITH given AS MATERIALIZED (
  SELECT e, CASE WHEN random() < 0.6 THEN 0 ELSE 1 + (random() * ${tenants - 2})::int END AS t,
         (extract(epoch FROM now()) * 1000 - ${days * 86_400_000}::bigint * (1 - e / $3::float))::bigint - 3600000 AS at_ms,
         random() AS kind, e / $3::float AS age
    FROM generate_series($1::int, $2::int) AS e
), numbered AS MATERIALIZED (
  SELECT *, carillon_uuid_at(at_ms, 0) AS event_id, to_timestamp(at_ms / 1000.0) AS at, ${uuidSql('tenant', 't')} AS tenant_id FROM given
), stored AS (
  INSERT INTO events (tenant_id, id, source, source_id, type, time, data, accepted_at)
  SELECT tenant_id, event_id, CASE WHEN kind > 0.9999 THEN 'archive' WHEN kind > 0.6 THEN 'warehouse' ELSE 'shop' END, 'list-' || e,
         CASE WHEN kind > 0.9999 THEN 'audit.checked' WHEN age < 0.2 AND kind < 0.01 THEN 'legacy.imported'
              WHEN kind < 0.5 THEN 'order.paid' WHEN kind < 0.8 THEN 'order.shipped' ELSE 'order.' || (kind * 1000)::int END,
         at, json_build_object('order', e, 'text', repeat('lorem ipsum ', 25)), at
    FROM numbered
), wanted AS MATERIALIZED (
  SELECT n.*, random() AS which, random() AS ending, random() AS by, (random() * 500000)::int AS person,
         carillon_uuid_at(n.at_ms, k) AS id, n.kind < 0.4 AS of_campaign, n.kind BETWEEN 0.4 AND 0.6 AS of_subscription
    FROM numbered n CROSS JOIN LATERAL generate_series(1, CASE WHEN n.e % 3 = 0 THEN 4 ELSE 3 END) AS k
), chosen AS MATERIALIZED (
  SELECT w.*, CASE WHEN age < 0.2 AND which < 0.05 THEN 5 WHEN which < 0.7 THEN 0 WHEN which < 0.9 THEN 1 WHEN which < 0.98 THEN 2
                   WHEN which < 0.9999 THEN 3 ELSE 4 END AS integration,
         CASE WHEN age < 0.2 AND by < 0.05 THEN 5 WHEN by < 0.7 THEN 0 WHEN by < 0.9 THEN 1 WHEN by < 0.98 THEN 2
              WHEN by < 0.9999 THEN 3 ELSE 4 END AS rule,
         CASE WHEN person < 10000 THEN 'ops@example.org' WHEN person % 2 = 0 THEN 'n' || person || '@example.org'
              ELSE '+39' || lpad(person::text, 9, '0') END AS recipient,
         CASE WHEN of_campaign THEN ${uuidSql('campaign', 't', '(age * 7.999)::int')} END AS campaign,
         CASE WHEN age > 0.9 AND ending < 0.9 OR ending < 0.002 THEN 'pending' WHEN ending > 0.99995 THEN 'canceled' WHEN ending > 0.98 THEN 'failed'
              WHEN ending > 0.97 THEN 'bounced' WHEN ending > 0.96 THEN 'suppressed' WHEN ending > 0.955 THEN 'expired'
              WHEN ending > 0.6 THEN 'delivered' ELSE 'sent' END AS state
    FROM wanted w
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, created_at, subscription, user_id, campaign)
  SELECT tenant_id, id, event_id, CASE WHEN NOT of_campaign AND NOT of_subscription THEN ${uuidSql('rule', 't', 'rule')} END, ${uuidSql('plan', 't')},
         ARRAY[recipient], recipient, at + interval '90 days', at,
         CASE WHEN of_subscription THEN ${uuidSql('subscription', 't', 'person % 4')} END, CASE WHEN of_subscription THEN 'u' || person END, campaign
    FROM chosen
), queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until, campaign)
  SELECT tenant_id, id, ${uuidSql('integration', 't', 'integration')}, now() + interval '1 day', at + interval '90 days', campaign
    FROM chosen WHERE state = 'pending'
)
INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, reason, attempt, step, integration_id, started_at, duration_ms,
                         http_status, provider_ids, next_due_at, settled_at, campaign)
SELECT tenant_id, id, turn, CASE WHEN turn = 1 AND ending < 0.05 THEN 'pending' ELSE state END,
       CASE WHEN turn = 1 AND ending < 0.05 OR state = 'failed' THEN 'retry' ELSE 'accepted' END,
       CASE WHEN state = 'failed' THEN 'HTTP 503' END, turn, 0, ${uuidSql('integration', 't', 'integration')}, at, 12, 202,
       CASE WHEN state IN ('sent', 'delivered') AND turn > 0 AND integration = 1 THEN ARRAY['p' || e] END,
       CASE WHEN turn = 1 AND ending < 0.05 THEN at + interval '5 seconds' END, at + turn * interval '5 seconds', campaign
  FROM chosen CROSS JOIN LATERAL generate_series(1, CASE WHEN ending < 0.05 AND state <> 'pending' THEN 2 ELSE 1 END) AS turn
 WHERE NOT (state = 'pending' AND ending >= 0.05)`

/** $1 how many, of which the big tenant has 90 percent. */
const people = [
  `INSERT INTO operators (tenant_id, id, code) SELECT tenant_id, gen_random_uuid(), c FROM tenants CROSS JOIN unnest('{it,de,rare}'::text[]) AS c`,
  `INSERT INTO tags (tenant_id, id, name)
   SELECT ${uuidSql('tenant', 't')}, ${uuidSql('tag', 't', 'n')}, 'tag-' || n FROM generate_series(0, ${tenants - 1}) AS t CROSS JOIN generate_series(0, 2) AS n`,
  `INSERT INTO contacts (tenant_id, id, external_id, phone, email, telegram_id, operator, time_zone, attributes, name_key, last_name_key, created_at)
   SELECT ${uuidSql('tenant', 't')}, carillon_uuid_at((extract(epoch FROM at) * 1000)::bigint, 0), CASE WHEN n % 4 = 0 THEN 'ext-' || n END,
          CASE WHEN n % 5000 <> 0 THEN '+39' || lpad(n::text, 9, '0') END, CASE WHEN n % 3 <> 0 THEN 'n' || n || '@example.org' END,
          CASE WHEN n % 10000 = 7 THEN n::text END, CASE WHEN n % 20000 = 0 THEN 'rare' WHEN n % 3 = 0 THEN 'de' ELSE 'it' END,
          CASE WHEN n % 30000 = 0 THEN 'Asia/Tokyo' WHEN n % 2 = 0 THEN 'Europe/Rome' END,
          jsonb_build_object('firstName', 'Name' || n, 'lastName', 'Last' || n % 1000), 'name' || n || ' last' || n % 1000, 'last' || n % 1000, at
     FROM (SELECT n, CASE WHEN n % 10 < 9 THEN 0 ELSE 1 + n / 10 % ${tenants - 1} END AS t, now() - (1 - n / $1::float) * interval '${days} days' AS at
             FROM generate_series(1, $1::int) AS n) AS x`,
  `INSERT INTO contact_tags (tenant_id, contact_id, tag_id)
   SELECT c.tenant_id, c.id, t.id FROM contacts c JOIN tags t ON t.tenant_id = c.tenant_id
    WHERE t.name = 'tag-0' OR t.name = 'tag-1' AND c.operator = 'de' OR t.name = 'tag-2' AND c.operator = 'rare'`,
  `INSERT INTO suppressions (tenant_id, channel, address, scope, reason, expires_at, created_at, id)
   SELECT ${uuidSql('tenant', 't')}, CASE WHEN n % 50000 = 0 THEN 'telegram' WHEN n % 3 = 0 THEN 'sms' ELSE 'email' END, 'n' || n || '@example.org',
          CASE WHEN n % 60000 = 3 THEN 'subscription:news_a' WHEN n % 4 = 0 THEN 'campaigns' ELSE 'all' END,
          CASE WHEN n < $1 / 100 THEN 'blocked' WHEN n % 2 = 0 THEN 'bounced' ELSE 'unsubscribed' END,
          CASE WHEN n % 5 = 0 OR n > $1 * 0.7 THEN at END, at, carillon_uuid_at((extract(epoch FROM at) * 1000)::bigint, 0)
     FROM (SELECT n, CASE WHEN n % 10 < 9 THEN 0 ELSE 1 + n / 10 % ${tenants - 1} END AS t, now() - (1 - n / $1::float) * interval '${days} days' AS at
             FROM generate_series(1, $1::int) AS n) AS x`,
  `INSERT INTO audit_log (tenant_id, seq, at, actor, action, kind, object_id, details, prev_hash, hash)
   SELECT ${uuidSql('tenant', '0')}, n, now() - (1 - n / $1::float) * interval '${days} days',
          CASE WHEN n < $1 / 100 THEN 'key_former' WHEN n % 30000 = 0 THEN 'key_rare' ELSE 'system' END,
          CASE WHEN n < $1 / 100 THEN 'member.changed' WHEN n % 40000 = 0 THEN 'schedule.created' WHEN n % 3 = 0 THEN 'rule.changed' ELSE 'contact.changed' END,
          CASE WHEN n < $1 / 100 THEN 'member' WHEN n % 40000 = 0 THEN 'schedule' WHEN n % 3 = 0 THEN 'rule' ELSE 'contact' END,
          ${uuidSql('object', 'n % 1000')}, '{}', sha256('before'), sha256('after') FROM generate_series(1, $1::int) AS n`,
]

const triggers = (verb: 'DISABLE' | 'ENABLE'): string =>
  [
    'tenants',
    'integrations',
    'subscriptions',
    'campaigns',
    'contacts',
    'suppressions',
    'operators',
    'tags',
  ]
    .map((table) => `ALTER TABLE ${table} ${verb} TRIGGER USER`)
    .join('; ')

/** Fills an empty, migrated database with so many deliveries (of a third as many events), contacts, suppressions and audit entries. */
export const fillLists = async (
  url: string,
  { deliveries, others }: { readonly deliveries: number; readonly others: number },
  tell: (words: string) => void,
): Promise<void> =>
  await withClient(url, async (client) => {
    await client.query(`SET synchronous_commit = off; SET work_mem = '256MB'`)
    await client.query(`SELECT carillon_ensure_partitions(now() - interval '${days + 1} days', 10)`)
    while (await isPartitionMissing(client)) continue
    // They write the audit log, an entry a row.
    await client.query(triggers('DISABLE'))
    await client.query(things)
    const events = Math.ceil((deliveries * 3) / 10)
    for (let from = 1; from <= events; from += chunk) {
      await client.query(messages, [from, Math.min(events, from + chunk - 1), events])
      tell(`${Math.min(events, from + chunk - 1)} of ${events} events`)
    }
    for (const statement of people)
      await client.query(statement, statement.includes('$1') ? [others] : [])
    await client.query(triggers('ENABLE'))
    tell('vacuum')
    await client.query('VACUUM (ANALYZE)')
  })

type Client = Parameters<Parameters<typeof withClient>[1]>[0]

/** Makes one, and says whether there was one to make. */
const isPartitionMissing = async (client: Client): Promise<boolean> => {
  const { rows } = await client.query<{ made: number }>(
    `SELECT carillon_ensure_partitions(now() - interval '${days + 1} days', 10) AS made`,
  )
  return rows[0]?.made === 1
}
