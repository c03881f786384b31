/** The bar above every page: tenant, search, whether the server is there, language, colours, account. */
import { Kbd, UnstyledButton } from '@mantine/core'
import { openSpotlight } from '@mantine/spotlight'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { BellMark } from '../components/bell-mark.tsx'
import { Icon } from '../components/icon.tsx'
import { AccountMenu } from './account-menu.tsx'
import classes from './frame.module.css'
import { LanguageMenu } from './language-menu.tsx'
import { LiveIndicator } from './live-indicator.tsx'
import { TenantSwitch } from './tenant-switch.tsx'
import { ThemeMenu } from './theme-menu.tsx'

const searchKeys = /Mac|iPhone|iPad/.test(globalThis.navigator.userAgent) ? '⌘K' : 'Ctrl K'

/** The bar; it stays at the top. */
export const TopBar = () => {
  const { t } = useTranslation()
  return (
    <header className={classes['top']}>
      <Link to="/" className={classes['brand']} aria-label={t('product')}>
        <BellMark size={22} />
        <span className={classes['brandName']}>{t('product')}</span>
      </Link>
      <TenantSwitch />
      <span className={classes['spring']} />
      <UnstyledButton
        className={classes['search']}
        onClick={openSpotlight}
        aria-label={`${t('search')} ${searchKeys}`}
      >
        <Icon name="search" />
        <span className={classes['searchText']}>{t('search')}</span>
        <Kbd size="xs" className={classes['searchKeys']}>
          {searchKeys}
        </Kbd>
      </UnstyledButton>
      <span className={classes['spring']} />
      <LiveIndicator />
      <span className={classes['onlyWide']}>
        <LanguageMenu />
      </span>
      <span className={classes['onlyWide']}>
        <ThemeMenu />
      </span>
      <AccountMenu />
    </header>
  )
}
