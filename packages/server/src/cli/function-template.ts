/** The file that `carillon functions new` writes: runs as it is, and shows what there is. */

/** The text of a new function for this subscription. */
export const functionTemplate = (subscriptionId: string): string => `/**
 * The function of the subscription ${subscriptionId}: called when it is triggered, it writes the messages.
 * Loaded when it is first needed, and again when this file changes. Try it out:
 *
 *   npx carillon functions check ${subscriptionId}
 *   npx carillon functions run ${subscriptionId} --params params.json
 */
import type { Execute } from '@carillon/functions'

/** What the triggers of this subscription send as eventParameters. Nobody checks it before you. */
type Parameters = { readonly title?: string }

export const execute: Execute<Parameters> = async ({ eventParameters, registrations, messaging, log }) => {
  const title = eventParameters.title ?? 'News from ${subscriptionId}'
  let messagesSent = 0
  for (const registration of registrations) {
    // One registration is one person in one channel: email, sms, whatsapp, telegram, teams ...
    const isMail = registration.channel === 'email'
    const sent = await messaging.send({
      registration,
      // Only mail has a subject. html?: '<p>...</p>' goes beside the text of a mail.
      ...(isMail ? { subject: title } : {}),
      message: isMail ? \`\${title}\\n\\nYou get this because you registered for ${subscriptionId}.\` : title,
    })
    // send never throws: it says why a message was not taken, for example because the channel is not set up.
    if (sent.success) messagesSent += 1
    else log.warn('not taken', { registration: registration.id, reason: sent.errorMessage })
  }
  // When this function throws, nothing is sent at all. Fields that you add are passed on to whoever triggered it.
  return { success: true, messagesSent }
}
`
