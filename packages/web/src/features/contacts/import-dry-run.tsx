/** The wizard's last step: a dry run that says what would happen, and the button that makes it so. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { forgetRows, rememberRows } from './expected-rows.ts'
import type { ReadFile } from './import-file.tsx'
import { ImportProgress } from './import-progress.tsx'
import { ImportResult } from './import-result.tsx'
import { importQuery, type ImportWish } from './queries.ts'

type Props = { readonly read: ReadFile; readonly wish: ImportWish; readonly onBack: () => void }

/** It begins by itself, and again when the mapping is another one. */
export const ImportDryRun = ({ read, wish, onBack }: Props) => {
  const { t } = useTranslation('contacts')
  const begun = useQuery({
    queryKey: ['imports', 'dry', JSON.stringify(wish), read.file.size],
    queryFn: async () => {
      const record = await api.contacts.import(read.file, {
        ...wish,
        dryRun: true,
        background: true,
      })
      rememberRows(record.id, read.rows)
      return record
    },
    // A dry run is done once: not again because the window was looked at.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const id = begun.data?.id
  const { data } = useQuery({ ...importQuery(id ?? ''), enabled: id !== undefined })
  useEffect(() => {
    if (data !== undefined && data.state !== 'running') forgetRows(data.id)
  }, [data])
  return (
    <Stack gap="md" pt="md">
      <ErrorNotice error={begun.error} />
      {begun.error !== null || data !== undefined ? null : <Waiting lines={3} />}
      {data?.state === 'running' ? (
        <>
          <Text>{t('dryRun.running')}</Text>
          <ImportProgress record={data} />
        </>
      ) : null}
      {data === undefined || data.state === 'running' ? null : (
        <>
          <Text>{t('dryRun.done')}</Text>
          <ImportResult record={data} />
        </>
      )}
      <Begin read={read} wish={wish} isReady={data?.state === 'done'} onBack={onBack} />
    </Stack>
  )
}

const Begin = ({ read, wish, isReady, onBack }: Props & { readonly isReady: boolean }) => {
  const { t } = useTranslation('contacts')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const begin = useMutation({
    mutationFn: async () => await api.contacts.import(read.file, { ...wish, background: true }),
    onSuccess: async (record) => {
      rememberRows(record.id, read.rows)
      await queries.invalidateQueries({ queryKey: ['imports', 'latest'] })
      await navigate({ to: '/contacts/imports/$id', params: { id: record.id } })
    },
  })
  return (
    <>
      <ErrorNotice error={begin.error} />
      <Group>
        <Button disabled={!isReady} loading={begin.isPending} onClick={() => begin.mutate()}>
          {t('dryRun.import')}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t('dryRun.back')}
        </Button>
      </Group>
    </>
  )
}
