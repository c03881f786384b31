/** The wizard's first step: a file, looked at by its beginning. Nothing is sent but that. */
import { FileInput, Select, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { countRows } from './expected-rows.ts'
import type { FileColumns, ImportWish } from './queries.ts'

export type ReadFile = {
  readonly file: Blob
  readonly columns: FileColumns
  /** About how many. */
  readonly rows: number
  readonly encoding: ImportWish['encoding'] | undefined
}

const beginningBytes = 200_000
const lineFeed = 10
const encodings = ['utf-8', 'windows-1252', 'windows-1251'] as const
type Encoding = (typeof encodings)[number]
const isEncoding = (value: string | null): value is Encoding =>
  encodings.some((one) => one === value)

/** Whole rows from its beginning. */
const beginningOf = async (file: Blob): Promise<Blob> => {
  if (file.size <= beginningBytes) return new Blob([file], { type: 'text/csv' })
  const bytes = new Uint8Array(await file.slice(0, beginningBytes).arrayBuffer())
  return new Blob([bytes.slice(0, bytes.lastIndexOf(lineFeed) + 1)], { type: 'text/csv' })
}

const readFile = async (file: File, encoding: Encoding): Promise<ReadFile> => {
  const given = encoding === 'utf-8' ? {} : { encoding }
  const [columns, rows] = await Promise.all([
    api.contacts.importColumns(await beginningOf(file), given),
    countRows(file),
  ])
  if (columns.columns.length === 0 && columns.problem !== null) throw new Error(columns.problem)
  return {
    file: new Blob([file], { type: 'text/csv' }),
    columns,
    rows,
    encoding: encoding === 'utf-8' ? undefined : encoding,
  }
}

/** `onRead` has what was found. */
export const ImportFile = ({ onRead }: { readonly onRead: (read: ReadFile) => void }) => {
  const { t } = useTranslation('contacts')
  const [encoding, setEncoding] = useState<Encoding>('utf-8')
  const read = useMutation({
    mutationFn: async (file: File) => await readFile(file, encoding),
    onSuccess: onRead,
  })
  return (
    <Stack gap="md" maw="36rem" pt="md">
      <Text c="dimmed">{t('import.fileAbout')}</Text>
      <FileInput
        label={t('import.file')}
        placeholder={t('import.choose')}
        leftSection={<Icon name="upload" />}
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
        onChange={(file) => (file === null ? undefined : read.mutate(file))}
        disabled={read.isPending}
      />
      <Select
        label={t('import.encoding')}
        description={t('import.encodingAbout')}
        data={encodings.map((value) => ({ value, label: t(`import.encodings.${value}`) }))}
        value={encoding}
        allowDeselect={false}
        onChange={(value) => (isEncoding(value) ? setEncoding(value) : undefined)}
      />
      <ErrorNotice error={read.error} />
    </Stack>
  )
}
