/** Names and values of an object, one a line: a definition list that stays readable on a phone. */
import type { ReactNode } from 'react'
import classes from './facts.module.css'

type Props = {
  /** Name and value; a value of undefined or null leaves the line out. */
  readonly items: readonly (readonly [string, ReactNode])[]
}

/** The list. */
export const Facts = ({ items }: Props) => (
  <dl className={classes['facts']}>
    {items
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => (
        <div key={name} className={classes['line']}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)
