/**
 * The bar at the bottom of a phone: the few places that are needed on the way, and all others under "More", with
 * what the top bar has no room for there.
 */
import { Drawer, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import classes from './frame.module.css'
import { LanguageMenu } from './language-menu.tsx'
import { PlaceList } from './rail.tsx'
import { ThemeMenu } from './theme-menu.tsx'
import { usePlaces } from './use-places.ts'

/** Shown on narrow screens only. */
export const BottomBar = () => {
  const { t } = useTranslation()
  const [isOpen, { open, close }] = useDisclosure(false)
  const places = usePlaces()
    .flatMap((group) => group.places)
    .filter(({ onPhone }) => onPhone === true)
  return (
    <nav className={classes['bottom']} aria-label={t('navigation')}>
      {places.map((place) => (
        <Link
          key={place.to}
          to={place.to}
          className={classes['bottomPlace']}
          activeOptions={{ exact: place.to === '/' }}
        >
          <Icon name={place.icon} size={20} />
          {t(`places.${place.text}`)}
        </Link>
      ))}
      <UnstyledButton className={classes['bottomPlace']} onClick={open} aria-haspopup="dialog">
        <Icon name="menu" size={20} />
        {t('more')}
      </UnstyledButton>
      <Drawer
        opened={isOpen}
        onClose={close}
        position="bottom"
        size="80%"
        title={t('more')}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <div className={classes['choices']}>
          <LanguageMenu />
          <ThemeMenu />
        </div>
        <PlaceList onChoose={close} />
      </Drawer>
    </nav>
  )
}
