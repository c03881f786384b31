/** What went wrong, in the server's words (RFC 9457): the sentence, each field by its name, and the code to look up. */
import { Alert, Code, List, Text } from '@mantine/core'
import { CarillonError } from '@carillon/client'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

type Props = {
  /** Nothing is drawn without one. */
  readonly error: unknown
  /** Pointers of fields that show their own message already. */
  readonly shown?: readonly string[]
}

/** `/settings/host` as people read it: `settings › host`. */
const fieldName = (pointer: string): string =>
  pointer.replace(/^[/?]/, '').split('/').map(decodeURIComponent).join(' › ')

const Fields = ({
  error,
  shown = [],
}: {
  readonly error: CarillonError
  readonly shown?: readonly string[]
}) => {
  const others = error.errors.filter(({ pointer }) => !shown.includes(pointer))
  if (others.length === 0) return null
  return (
    <List size="sm" mt="xs">
      {others.map(({ pointer, detail }) => (
        <List.Item key={`${pointer} ${detail}`}>
          <Code>{fieldName(pointer)}</Code> {detail}
        </List.Item>
      ))}
    </List>
  )
}

/** A notice that screen readers hear. */
export const ErrorNotice = ({ error, shown }: Props) => {
  const { t } = useTranslation('parts')
  if (error === null || error === undefined) return null
  const isOurs = error instanceof CarillonError
  const isAway = isOurs && error.status === 0
  const fallback = error instanceof Error ? error.message : t('error.unknown')
  return (
    <Alert color="red" variant="light" icon={<Icon name="alert" size={18} />} role="alert">
      <Text fz="sm" c="var(--mantine-color-text)">
        {isAway ? t('error.away') : isOurs ? error.detail : fallback}
      </Text>
      {isOurs ? <Fields error={error} {...(shown === undefined ? {} : { shown })} /> : null}
      {isOurs && !isAway ? (
        <Text fz="xs" mt={4} c="var(--mantine-color-text)">
          {t('error.code')} <Code>{error.code}</Code>
        </Text>
      ) : null}
    </Alert>
  )
}
