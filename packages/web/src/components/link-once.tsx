/** A secret (a key, a link) that is shown this once: to be copied now. Not for ids. */
import { Alert, Stack, Text } from '@mantine/core'
import { CodeBlock } from './code-block.tsx'
import { Icon } from './icon.tsx'

type Props = {
  readonly title: string
  /** What it is for, and that it is not shown again. */
  readonly about: string
  readonly secret: string
}

/** A notice with the secret and a button that copies it. */
export const LinkOnce = ({ title, about, secret }: Props) => (
  <Alert icon={<Icon name="key" size={18} />} title={title} role="status">
    <Stack gap="xs">
      <Text>{about}</Text>
      <CodeBlock code={secret} label={title} />
    </Stack>
  </Alert>
)
