/**
 * The list of every page: rows with a link to their detail, up and down by keyboard, more on demand, cards on a phone. Its
 * filters are the page's business, and live in the address.
 */
import { Box, Button, Center, Skeleton, Table } from '@mantine/core'
import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './data-table.module.css'
import { ErrorNotice } from './error-notice.tsx'
import type { Pages } from './use-pages.ts'

export type Column<Row> = {
  /** On a card the one called `state` stands beside the first, without its name. */
  readonly id: string
  readonly header: string
  /** The first column's cell should be a `RowLink`. */
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand at the end. */
  readonly align?: 'start' | 'end'
  /** Any CSS length. */
  readonly width?: string
  /** Left out on cards (phones), where the first columns have to do. */
  readonly isWideOnly?: boolean
}

type Props<Row> = {
  /** What the list holds, for who can't see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly pages: Pages<Row>
  readonly rowKey: (row: Row) => string
  /** Shown instead of the table when there is nothing. */
  readonly empty: ReactNode
}

/** Moves the focus to the link of the next or previous row. */
const moveFocus = (event: KeyboardEvent<HTMLElement>): void => {
  const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key]
  if (step === undefined || event.target instanceof HTMLInputElement) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-link]')]
  const at = links.findIndex((link) => link === document.activeElement)
  const next = links[at === -1 ? 0 : at + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

const skeletonRows = 8

const SkeletonRows = <Row,>({ columns }: { readonly columns: readonly Column<Row>[] }) =>
  Array.from({ length: skeletonRows }, (_, row) => (
    <Table.Tr key={row}>
      {columns.map(({ id, isWideOnly }, cell) => (
        <Table.Td key={id} data-card-head={id === 'state'} data-wide-only={isWideOnly}>
          <Skeleton h={18} w={`${85 - ((row * 13 + cell * 29) % 45)}%`} />
        </Table.Td>
      ))}
    </Table.Tr>
  ))

/** Header, rows or skeleton, and the button for more. */
export const DataTable = <Row,>({ label, columns, pages, rowKey, empty }: Props<Row>) => {
  const { t } = useTranslation('parts')
  const body = useRef<HTMLTableSectionElement>(null)
  if (pages.error !== null && pages.items.length === 0) return <ErrorNotice error={pages.error} />
  if (!pages.isLoading && pages.items.length === 0) return <>{empty}</>
  return (
    <Box>
      <Table
        className={classes['table']}
        highlightOnHover
        aria-label={label}
        aria-busy={pages.isLoading || pages.isStale}
        data-stale={pages.isStale}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ id, header, align, width }) => (
              <Table.Th key={id} ta={align} w={width} scope="col">
                {header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body} onKeyDown={moveFocus}>
          {pages.isLoading ? <SkeletonRows columns={columns} /> : null}
          {pages.items.map((row) => (
            <Table.Tr key={rowKey(row)} className={classes['row']}>
              {columns.map(({ id, header, cell, align, isWideOnly }) => (
                <Table.Td
                  key={id}
                  ta={align}
                  data-label={header}
                  data-card-head={id === 'state'}
                  data-wide-only={isWideOnly}
                >
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {pages.hasMore ? (
        <Center py="sm">
          <Button variant="default" loading={pages.isLoadingMore} onClick={pages.loadMore}>
            {t('table.more')}
          </Button>
        </Center>
      ) : null}
    </Box>
  )
}
