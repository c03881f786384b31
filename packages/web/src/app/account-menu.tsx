/** Who is signed in: the way to one's own profile, and out. */
import { ActionIcon, Menu, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { api } from './api.ts'
import { useMe } from './session.ts'
import { noteSignedIn } from './signed-in-before.ts'

const signOut = async (): Promise<void> => {
  await api.auth.signOut()
  noteSignedIn(false)
  globalThis.location.assign('/sign-in')
}

/** A button that opens the menu of the account. */
export const AccountMenu = () => {
  const { t } = useTranslation()
  const me = useMe()
  return (
    <Menu width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('account')}>
          <Icon name="person" size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fz="sm" fw={500} c="var(--mantine-color-text)" truncate>
            {me.name}
          </Text>
          <Text fz="xs" truncate>
            {me.email}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/profile" leftSection={<Icon name="shield" />}>
          {t('profile')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="external" />} onClick={() => void signOut()}>
          {t('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
