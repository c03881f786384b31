/** The left rail with all places that the person may see. Also the list under "More" on a phone (`PlaceList`). */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import classes from './frame.module.css'
import { usePlaces } from './use-places.ts'

type ListProps = {
  /** Called when a place was chosen. */
  readonly onChoose?: () => void
}

/** The places in their groups. */
export const PlaceList = ({ onChoose }: ListProps) => {
  const { t } = useTranslation()
  return usePlaces().map(({ text, places }) => (
    <div key={text ?? 'first'}>
      {text === undefined ? null : <p className={classes['heading']}>{t(`groups.${text}`)}</p>}
      <ul className={classes['group']}>
        {places.map((place) => (
          <li key={place.to}>
            <Link
              to={place.to}
              className={classes['place']}
              activeOptions={{ exact: place.to === '/' }}
              onClick={onChoose}
            >
              <Icon name={place.icon} />
              {t(`places.${place.text}`)}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  ))
}

/** The rail; a phone shows the bottom bar instead. */
export const Rail = () => {
  const { t } = useTranslation()
  return (
    <nav className={classes['rail']} aria-label={t('navigation')}>
      <PlaceList />
    </nav>
  )
}
