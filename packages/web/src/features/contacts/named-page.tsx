/** The page of tags, or of operators: what is there, and a line to add another. */
import { Button, Group, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import type { Pages } from '../../components/use-pages.ts'
import { Waiting } from '../../components/waiting.tsx'
import { NamedList, type Named, type NamedKind } from './named-list.tsx'

type Props = NamedKind & {
  readonly pages: Pages<unknown>
  readonly items: readonly Named[]
  readonly add: ReactNode
}

/** Everything but the words, which are below `texts`. */
export const NamedPage = ({ pages, items, add, ...kind }: Props) => {
  const { t } = useTranslation('contacts')
  const mayWrite = useMay('contacts:write')
  return (
    <Page title={t(`${kind.texts}.title`)} about={t(`${kind.texts}.about`)}>
      <LinkText to="/contacts">{t('back')}</LinkText>
      {mayWrite ? add : null}
      <ErrorNotice error={pages.error} />
      {pages.isLoading ? <Waiting lines={6} /> : null}
      {!pages.isLoading && items.length === 0 ? (
        <Text c="dimmed">{t(`${kind.texts}.none`)}</Text>
      ) : null}
      {items.length === 0 ? null : <NamedList items={items} {...kind} />}
      {pages.hasMore ? (
        <Group>
          <Button variant="default" loading={pages.isLoadingMore} onClick={pages.loadMore}>
            {t('more')}
          </Button>
        </Group>
      ) : null}
    </Page>
  )
}
