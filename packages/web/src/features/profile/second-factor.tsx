/** Whether a code is asked for besides the password, and the ways to change that. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../app/session.ts'
import { StateBadge } from '../../components/state-badge.tsx'
import { BackupCodes } from './backup-codes.tsx'
import { PasswordQuestion, type FactorChange } from './password-question.tsx'
import { SecondFactorSetup } from './second-factor-setup.tsx'

/** State and buttons; each change asks for the password first. */
export const SecondFactor = () => {
  const { t } = useTranslation('profile')
  const { twoFactorEnabled } = useMe()
  const [change, setChange] = useState<FactorChange>()
  const [uri, setUri] = useState<string>()
  const [codes, setCodes] = useState<readonly string[]>([])
  return (
    <Stack gap="sm" maw="36rem">
      <Text c="dimmed">{t('factor.about')}</Text>
      <Group>
        {twoFactorEnabled ? (
          <>
            <StateBadge tone="good" label={t('factor.on')} />
            <Button variant="default" size="xs" onClick={() => setChange('codes')}>
              {t('factor.newCodes')}
            </Button>
            <Button variant="default" size="xs" onClick={() => setChange('disable')}>
              {t('factor.disable')}
            </Button>
          </>
        ) : (
          <>
            <StateBadge tone="neutral" label={t('factor.off')} />
            <Button size="xs" onClick={() => setChange('enable')}>
              {t('factor.enable')}
            </Button>
          </>
        )}
      </Group>
      {uri === undefined ? null : <SecondFactorSetup uri={uri} onDone={() => setUri(undefined)} />}
      {codes.length === 0 ? null : <BackupCodes codes={codes} />}
      {change === undefined ? null : (
        <PasswordQuestion
          change={change}
          onClose={() => setChange(undefined)}
          onDone={(made) => {
            setChange(undefined)
            setUri(made.totpUri)
            setCodes(made.backupCodes)
          }}
        />
      )}
    </Stack>
  )
}
