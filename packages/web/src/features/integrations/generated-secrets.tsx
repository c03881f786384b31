/** Secrets that the server made: shown this once, to be copied where they are needed. */
import { Alert, Button, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CopyId } from '../../components/copy-id.tsx'
import { Icon } from '../../components/icon.tsx'

type Props = {
  readonly secrets: Readonly<Record<string, string>>
  readonly onDone: () => void
}

/** The secrets with their names, and the button that closes the matter. */
export const GeneratedSecrets = ({ secrets, onDone }: Props) => {
  const { t } = useTranslation('integrations')
  return (
    <Alert icon={<Icon name="key" size={18} />} title={t('made.title')} role="status">
      <Stack align="flex-start">
        <Text fz="sm">{t('made.about')}</Text>
        {Object.entries(secrets).map(([name, value]) => (
          <Stack key={name} gap={2}>
            <Text fz="sm" fw={600}>
              {name}
            </Text>
            <CopyId id={value} />
          </Stack>
        ))}
        <Button onClick={onDone}>{t('made.done')}</Button>
      </Stack>
    </Alert>
  )
}
