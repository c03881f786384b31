/** Brings a list of suppressed addresses along: a CSV file, a thousand rows at a time, with a report of what is wrong. */
import { Alert, Button, FileInput, Group, Progress, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { splitCsv } from './split-csv.ts'

const rowsAtOnce = 1_000
const mostShown = 100
const example =
  'channel,address,reason,note\nemail,anna@example.org,unsubscribed,from the old system\n'

type Refused = { readonly row: number; readonly reason: string }
type Report = {
  readonly created: number
  readonly existing: number
  readonly refused: readonly Refused[]
}

const nothing: Report = { created: 0, existing: 0, refused: [] }

/** One part of the file; the header is row 1. */
const importPart = async (part: { readonly first: number; readonly text: string }) => {
  const { created, existing, rows } = await api.suppressions.import(
    new Blob([part.text], { type: 'text/csv' }),
  )
  const refused = rows
    .filter(({ status }) => status === 'refused')
    .map(({ index, errors }) => ({
      row: part.first + index + 2,
      reason: errors.map(({ detail }) => detail).join(' '),
    }))
  return { created, existing, refused }
}

/** The page at /suppressions/import. */
export const ImportSuppressionsPage = () => {
  const { t } = useTranslation('suppressions')
  const queries = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const [done, setDone] = useState({ parts: 0, of: 0 })
  const run = useMutation({
    mutationFn: async (chosen: File): Promise<Report> => {
      const parts = splitCsv(await chosen.text(), rowsAtOnce)
      let report = nothing
      for (const [at, part] of parts.entries()) {
        setDone({ parts: at, of: parts.length })
        // oxlint-disable-next-line no-await-in-loop -- one after the other: the server takes a thousand rows at a time
        report = sumOf(report, await importPart(part))
      }
      return report
    },
    onSettled: async () => await queries.invalidateQueries({ queryKey: ['suppressions'] }),
  })
  return (
    <Page title={t('import.title')} about={t('import.about')}>
      <LinkText to="/suppressions">{t('title')}</LinkText>
      <Stack gap="md" maw="40rem">
        <CodeBlock code={example} label={t('import.example')} />
        <FileInput
          label={t('import.file')}
          placeholder={t('import.choose')}
          accept=".csv,text/csv"
          leftSection={<Icon name="upload" />}
          value={file}
          onChange={setFile}
        />
        <Group>
          <Button
            disabled={file === null}
            loading={run.isPending}
            onClick={() => (file === null ? undefined : run.mutate(file))}
          >
            {t('import.action')}
          </Button>
        </Group>
        {run.isPending && done.of > 1 ? (
          <Progress value={(done.parts / done.of) * 100} aria-label={t('import.running')} />
        ) : null}
        <ErrorNotice error={run.error} />
        {run.data === undefined ? null : <Result report={run.data} />}
      </Stack>
    </Page>
  )
}

const sumOf = (one: Report, other: Report): Report => ({
  created: one.created + other.created,
  existing: one.existing + other.existing,
  refused: [...one.refused, ...other.refused],
})

const Result = ({ report }: { readonly report: Report }) => {
  const { t, i18n } = useTranslation('suppressions')
  const { created, existing, refused } = report
  const number = (value: number): string => wholeNumber(value, i18n.language)
  return (
    <>
      <Alert color={refused.length === 0 ? 'green' : 'yellow'} role="status">
        <Text c="var(--mantine-color-text)">
          {t('import.result', {
            created: number(created),
            existing: number(existing),
            refused: number(refused.length),
          })}
        </Text>
      </Alert>
      {refused.length === 0 ? null : (
        <Table aria-label={t('import.refused')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('import.row')}</Table.Th>
              <Table.Th scope="col">{t('fields.reason')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {refused.slice(0, mostShown).map(({ row, reason }) => (
              <Table.Tr key={row}>
                <Table.Td>{row}</Table.Td>
                <Table.Td>{reason}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  )
}
