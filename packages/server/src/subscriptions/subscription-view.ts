/** Subscriptions as the API shows them. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { SubscriptionItemRow, SubscriptionRow } from './queries/subscriptions.ts'
import type {
  ContentPart,
  SubscriptionContent,
  SubscriptionItem,
  SubscriptionView,
} from './schema.ts'

/** A row of the list. */
export const viewItem = (row: SubscriptionItemRow): SubscriptionItem => ({
  id: printId('subscription', row.id),
  subscriptionId: row.subscription_id,
  label: row.label,
  description: row.description,
  isSystem: row.is_system,
  enabled: row.enabled,
  hasContent: row.has_content,
  version: row.version,
  createdBy: row.created_by,
  modifiedBy: row.modified_by,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** One subscription, with its texts as they were given. */
export const viewSubscription = (row: SubscriptionRow): SubscriptionView => ({
  ...viewItem(row),
  content: row.content === null ? null : asGiven(row.content),
})

/** Without the html that was made of an mjml, so that what was read can be written again. */
const asGiven = (content: SubscriptionContent): SubscriptionContent =>
  Object.fromEntries(
    Object.entries(content).map(([name, { languages, ...part }]) => [
      name,
      languages === undefined
        ? sourceOf(part)
        : {
            ...sourceOf(part),
            languages: Object.fromEntries(
              Object.entries(languages).map(([tag, each]) => [tag, sourceOf(each)]),
            ),
          },
    ]),
  )

const sourceOf = (part: ContentPart): ContentPart => {
  if (part.mjml === undefined) return part
  const { html: _compiled, ...source } = part
  return source
}
