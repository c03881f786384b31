/** A part of a page or panel with its own heading, set off by a thin line. */
import { Group, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './section.module.css'

type Props = {
  readonly title: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Heading of the second order above its content. */
export const Section = ({ title, actions, children }: Props) => (
  <Stack component="section" gap="sm" className={classes['section']}>
    <Group justify="space-between" gap="xs">
      <Title order={2}>{title}</Title>
      {actions}
    </Group>
    {children}
  </Stack>
)
