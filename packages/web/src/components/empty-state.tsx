/** What a list without anything in it says: what it is for, one button, one curl. */
import { Center, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { CodeBlock } from './code-block.tsx'
import { curlOf, type ApiCall } from './curl-of.ts'
import { Icon, type IconName } from './icon.tsx'

type Props = {
  readonly icon: IconName
  readonly title: string
  /** What this is for, and what to do first. */
  readonly text: string
  /** The one button. */
  readonly action?: ReactNode
  /** The same by API. */
  readonly call?: ApiCall
}

/** In the middle of the space that the list would have. */
export const EmptyState = ({ icon, title, text, action, call }: Props) => (
  <Center py="xl" px="sm">
    <Stack align="center" gap="sm" maw="36rem" w="100%">
      <Text c="dimmed" lh={0}>
        <Icon name={icon} size={32} />
      </Text>
      <Title order={2} ta="center">
        {title}
      </Title>
      <Text c="dimmed" ta="center">
        {text}
      </Text>
      {action}
      {call === undefined ? null : (
        <Stack w="100%">
          <CodeBlock code={curlOf(call, { origin: globalThis.location.origin })} label="curl" />
        </Stack>
      )}
    </Stack>
  </Center>
)
