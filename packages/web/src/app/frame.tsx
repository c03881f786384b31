/** The frame of ui.md: left rail, top bar, the page; on a phone a bar at the bottom instead of the rail. No page content. */
import { lazy, Suspense } from 'react'
import { useHotkeys } from '@mantine/hooks'
import { openSpotlight } from '@mantine/spotlight'
import { Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { BottomBar } from './bottom-bar.tsx'
import classes from './frame.module.css'
import { NoTenant } from './no-tenant.tsx'
import { PageWaiting } from './page-waiting.tsx'
import { Rail } from './rail.tsx'
import { useMe } from './session.ts'
import { TopBar } from './top-bar.tsx'

/** It is there soon enough for whoever presses its keys. */
const Palette = lazy(async () => {
  const { Palette: component } = await import('./palette.tsx')
  return { default: component }
})

/** Draws the page of the route inside of the frame. */
export const Frame = () => {
  const { t } = useTranslation()
  const me = useMe()
  useHotkeys([['mod+K', openSpotlight]], [])
  return (
    <div className={classes['frame']}>
      <a className="skip-link" href="#content">
        {t('skip')}
      </a>
      <TopBar />
      <Rail />
      <main id="content" tabIndex={-1} className={classes['content']}>
        <Suspense fallback={<PageWaiting />}>
          {me.tenant === null && !me.platformAdmin ? <NoTenant /> : <Outlet />}
        </Suspense>
      </main>
      <BottomBar />
      <Suspense>
        <Palette />
      </Suspense>
    </div>
  )
}
