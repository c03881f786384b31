/** What an entry of the list stops, in words. */
import { useTranslation } from 'react-i18next'

const subscription = 'subscription:'

/** Gives a function from the API's word (`all`, `campaigns`, `subscription:<id>`) to ours. */
export const useScopeName = (): ((scope: string) => string) => {
  const { t } = useTranslation('suppressions')
  return (scope) =>
    scope.startsWith(subscription)
      ? t('scopes.subscription', { name: scope.slice(subscription.length) })
      : t(`scopes.${scope}`, { defaultValue: scope })
}
