/** The first steps after the first person was made; also found later, from the overview. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { appRoute } from '../../app/app-route.ts'
import { textsLoader } from '../../app/texts.ts'
import { readStep, type WelcomeStep } from './steps.ts'

type Search = { readonly step?: WelcomeStep; readonly integration?: string }

const welcomeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/welcome',
  validateSearch: (search: Record<string, unknown>): Search => {
    const step = readStep(search['step'])
    const { integration } = search
    return {
      ...(step === undefined ? {} : { step }),
      ...(typeof integration === 'string' ? { integration } : {}),
    }
  },
  loader: textsLoader('welcome', 'settings', 'integrations', 'forms'),
  component: lazyRouteComponent(() => import('./welcome-page.tsx'), 'WelcomePage'),
})

export const welcomeRoutes = [welcomeRoute] as const
