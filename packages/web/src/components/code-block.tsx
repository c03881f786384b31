/** Text for machines, with a button that copies it. Not for JSON that people explore (json-view.tsx). */
import { ActionIcon, Box, Code, CopyButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

type Props = {
  readonly code: string
  /** What it is, for who can't see it. */
  readonly label: string
  /** Words for people: lines are broken where they are too long. */
  readonly isText?: boolean
}

/** The block scrolls sideways; it can be reached by keyboard. */
export const CodeBlock = ({ code, label, isText = false }: Props) => {
  const { t } = useTranslation('parts')
  return (
    <Box pos="relative">
      <Code
        block
        tabIndex={0}
        role="region"
        aria-label={label}
        pr={44}
        mah="24rem"
        style={{ overflow: 'auto', ...(isText ? { whiteSpace: 'pre-wrap' } : {}) }}
      >
        {code}
      </Code>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <ActionIcon
            pos="absolute"
            top={6}
            right={6}
            variant="default"
            onClick={copy}
            aria-label={copied ? t('copied') : `${t('copy')}: ${label}`}
          >
            <Icon name={copied ? 'check' : 'copy'} size={14} />
          </ActionIcon>
        )}
      </CopyButton>
    </Box>
  )
}
