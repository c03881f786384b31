/** One import: how far it is while it runs, with a way to end it; afterwards what it did. */
import { Button, Group } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { forgetRows } from './expected-rows.ts'
import { ImportProgress } from './import-progress.tsx'
import { ImportResult } from './import-result.tsx'
import { ImportState } from './import-state.tsx'
import { importQuery, type Import } from './queries.ts'

const route = getRouteApi('/app/contacts/imports/$id')

/** The page at /contacts/imports/<id>. */
export const OneImportPage = () => {
  const { t } = useTranslation('contacts')
  const { id } = route.useParams()
  const { data, error, isPending } = useQuery(importQuery(id))
  useWhenEnded(data)
  return (
    <Page
      title={t('imports.one')}
      badge={data === undefined ? null : <ImportState record={data} />}
    >
      <LinkText to="/contacts/imports">{t('imports.title')}</LinkText>
      <ErrorNotice error={error} />
      {isPending ? <Waiting lines={4} /> : null}
      {data === undefined ? null : <When at={data.startedAt} />}
      {data?.state === 'running' ? <Running record={data} /> : null}
      {data === undefined || data.state === 'running' ? null : (
        <>
          <ImportResult record={data} />
          <Group>
            <LinkButton to="/contacts">{t('imports.toContacts')}</LinkButton>
          </Group>
        </>
      )}
    </Page>
  )
}

/** The list of contacts is another one now. */
const useWhenEnded = (record: Import | undefined): void => {
  const queries = useQueryClient()
  const ended = record === undefined || record.state === 'running' ? undefined : record.id
  useEffect(() => {
    if (ended === undefined) return
    forgetRows(ended)
    for (const key of ['contacts', 'tags', 'operators'])
      void queries.invalidateQueries({ queryKey: [key] })
  }, [ended, queries])
}

const Running = ({ record }: { readonly record: Import }) => {
  const { t } = useTranslation('contacts')
  const queries = useQueryClient()
  const mayWrite = useMay('contacts:write')
  const cancel = useMutation({
    mutationFn: async () => await api.contacts.importsCancel(record.id),
    onSuccess: (ended) => queries.setQueryData(importQuery(record.id).queryKey, ended),
  })
  return (
    <>
      <ImportProgress record={record} />
      <ErrorNotice error={cancel.error} />
      {mayWrite ? (
        <Group>
          <Button
            variant="default"
            leftSection={<Icon name="stop" />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t('progress.cancel')}
          </Button>
        </Group>
      ) : null}
    </>
  )
}
