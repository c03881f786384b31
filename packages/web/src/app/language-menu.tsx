/** The choice of the UI's language; for who is signed in it is kept with the account. */
import { ActionIcon, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { api } from './api.ts'
import { languages, type Language } from './languages.ts'
import { meQuery } from './session.ts'
import { setLanguage } from './texts.ts'

const codes = Object.keys(languages).filter((code): code is Language => code in languages)

/** A button that opens the list of languages. */
export const LanguageMenu = () => {
  const { t, i18n } = useTranslation()
  const queries = useQueryClient()
  const choose = async (language: Language): Promise<void> => {
    await setLanguage(language)
    if (queries.getQueryData(meQuery.queryKey) === undefined) return
    await api.me.update({ language })
    await queries.invalidateQueries({ queryKey: meQuery.queryKey })
  }
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('language')}>
          <Icon name="globe" size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {codes.map((code) => (
          <Menu.Item
            key={code}
            lang={code}
            aria-current={i18n.language === code}
            rightSection={i18n.language === code ? <Icon name="check" /> : null}
            onClick={() => void choose(code)}
          >
            {languages[code]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
