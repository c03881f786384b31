/** The pages about schedules: the list with one beside it, and the form. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'

const loader = textsLoader('schedules', 'forms')

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/schedules',
  loader,
  component: lazyRouteComponent(() => import('./schedules-page.tsx'), 'SchedulesPage'),
})

const newRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/schedules/new',
  loader,
  component: lazyRouteComponent(() => import('./new-schedule-page.tsx'), 'NewSchedulePage'),
})

const oneRoute = createRoute({
  getParentRoute: () => listRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./schedule-panel.tsx'), 'SchedulePanel'),
})

export const scheduleRoutes = [newRoute, listRoute.addChildren([oneRoute])] as const
