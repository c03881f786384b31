/** The imports of the last 30 days: what runs, what each of them did. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { ImportState } from './import-state.tsx'
import type { Import } from './queries.ts'

const liveMs = 1_000

/** The list knows ids; the log of changes knows names. */
const whoIs = (id: string, me: string): 'you' | 'person' | 'program' => {
  if (id === me) return 'you'
  return id.startsWith('usr_') ? 'person' : 'program'
}

/** The page at /contacts/imports. */
export const ImportsPage = () => {
  const { t, i18n } = useTranslation('contacts')
  const me = useMe()
  const pages = usePages(
    ['imports', 'list'],
    async (more, signal) => await api.contacts.listImports(more, { signal }),
    { everyMs: (items) => (items.some(({ state }) => state === 'running') ? liveMs : false) },
  )
  const number = (id: 'rows' | 'inserted' | 'updated' | 'failed'): Column<Import> => ({
    id,
    header: t(`numbers.${id}`),
    align: 'end',
    cell: (one) => wholeNumber(one[id], i18n.language),
  })
  const columns: readonly Column<Import>[] = [
    {
      id: 'when',
      header: t('imports.when'),
      cell: ({ id, startedAt }) => (
        <RowLink to="/contacts/imports/$id" params={{ id }}>
          <When at={startedAt} />
        </RowLink>
      ),
    },
    { id: 'state', header: t('imports.state'), cell: (one) => <ImportState record={one} /> },
    number('rows'),
    number('inserted'),
    number('updated'),
    number('failed'),
    {
      id: 'by',
      header: t('imports.by'),
      isWideOnly: true,
      cell: ({ createdBy }) => (
        <span title={createdBy}>{t(`imports.byWhom.${whoIs(createdBy, me.id)}`)}</span>
      ),
    },
  ]
  return (
    <Page title={t('imports.title')} about={t('imports.about')}>
      <LinkText to="/contacts">{t('back')}</LinkText>
      <DataTable
        label={t('imports.title')}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={<Text c="dimmed">{t('imports.none')}</Text>}
      />
    </Page>
  )
}
