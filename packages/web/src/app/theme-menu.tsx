/** The choice between light, dark, and what the system says; kept on this device. */
import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Icon, type IconName } from '../components/icon.tsx'

const schemes = ['light', 'dark', 'auto'] as const
const icons = { light: 'sun', dark: 'moon', auto: 'settings' } as const satisfies Record<
  string,
  IconName
>

/** A button that opens the list of colour schemes. */
export const ThemeMenu = () => {
  const { t } = useTranslation()
  // Mantine would switch transitions off with a style that has no nonce.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true })
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('theme')}>
          <Icon name={icons[colorScheme]} size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map((scheme) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icons[scheme]} />}
            aria-current={scheme === colorScheme}
            rightSection={scheme === colorScheme ? <Icon name="check" /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`themes.${scheme}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
