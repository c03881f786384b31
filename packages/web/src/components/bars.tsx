/** How many over time, as upright bars, with the same numbers as a table for whoever wants or needs them. */
import { Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from './bars.module.css'
import { wholeNumber } from './format.ts'

export type Bar = {
  readonly id: string
  /** When: "09:00". */
  readonly label: string
  readonly value: number
}

type Props = {
  /** What is to be seen, in one sentence: screen readers get that instead of the picture. */
  readonly summary: string
  readonly bars: readonly Bar[]
  /** Heads of the table's columns. */
  readonly heads: readonly [string, string]
  /** The words below the picture, from left to right. */
  readonly axis: readonly string[]
  /** A line at the right: nothing comes after it. */
  readonly hasEnd?: boolean
}

const leastPercent = 1.5

/** The picture, its axis, and the table to unfold. */
export const Bars = ({ summary, bars, heads, axis, hasEnd = false }: Props) => {
  const { t, i18n } = useTranslation('parts')
  const most = Math.max(1, ...bars.map(({ value }) => value))
  const heightOf = (value: number): string =>
    value === 0 ? '0' : `${Math.max(leastPercent, (value / most) * 100)}%`
  return (
    <div>
      <div className={classes['bars']} role="img" aria-label={summary}>
        {bars.map(({ id, label, value }) => (
          <div
            key={id}
            className={classes['bar']}
            style={{ height: heightOf(value) }}
            title={`${label}: ${wholeNumber(value, i18n.language)}`}
          />
        ))}
        {hasEnd ? <div className={classes['end']} /> : null}
      </div>
      <div className={classes['axis']} aria-hidden>
        {axis.map((word, at) => (
          <span key={`${at} ${word}`}>{word}</span>
        ))}
      </div>
      <details>
        <Text component="summary" fz="xs" c="dimmed" mt={4} style={{ cursor: 'pointer' }}>
          {t('bars.asTable')}
        </Text>
        <Table fz="xs" verticalSpacing={2} aria-label={summary}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{heads[0]}</Table.Th>
              <Table.Th scope="col" ta="end">
                {heads[1]}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {bars
              .filter(({ value }) => value > 0)
              .map(({ id, label, value }) => (
                <Table.Tr key={id}>
                  <Table.Td>{label}</Table.Td>
                  <Table.Td ta="end">{wholeNumber(value, i18n.language)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </details>
    </div>
  )
}
