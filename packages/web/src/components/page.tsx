/** The outline of every page: its heading (also the window's title), one sentence, its actions, its content. */
import { Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'

type Props = {
  readonly title: string
  /** One sentence: what this page is for. */
  readonly about?: string
  /** Buttons at the right of the heading; the first is the main one. */
  readonly actions?: ReactNode
  /** Beside the title: the state of the object, for instance. */
  readonly badge?: ReactNode
  readonly children: ReactNode
}

/** A page inside of the frame. */
export const Page = ({ title, about, actions, badge, children }: Props) => {
  useDocumentTitle(`${title} · Carillon`)
  return (
    <Stack px={{ base: 'sm', sm: 'lg' }} py="md" gap="md" maw="90rem">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {badge}
          </Group>
          {about === undefined ? null : (
            <Text c="dimmed" maw="48rem">
              {about}
            </Text>
          )}
        </Stack>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}
