/** Says a reason of the server, and a channel, in the page's language. Needs the texts `reasons`. */
import { useTranslation } from 'react-i18next'
import { readReason } from './read-reason.ts'

export type Reasons = {
  /** The reason in the page's language where it is known, else as it is. */
  readonly say: (reason: string) => string
  /** "SMS" for `sms`; nothing where there is none. */
  readonly channel: (channel: string | null) => string
}

/** Both. */
export const useReason = (): Reasons => {
  const { t, i18n } = useTranslation('reasons')
  const wordOf = (group: 'suppressions' | 'channels', name: string): string => {
    const found: unknown = i18n.getResource(i18n.language, 'reasons', `${group}.${name}`)
    return typeof found === 'string' ? found : name
  }
  return {
    say: (reason) => {
      const known = readReason(reason)
      if (known === undefined) return reason
      const { key, values, isGivenUp } = known
      const why = wordOf('suppressions', values['why'] ?? '')
      const said = t(`known.${key}`, { to: '', status: '', detail: '', ...values, why })
      return isGivenUp ? t('givenUp', { reason: said }) : said
    },
    channel: (channel) => (channel === null ? '' : wordOf('channels', channel)),
  }
}
