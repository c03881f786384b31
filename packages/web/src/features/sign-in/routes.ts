/** The pages for who is not signed in yet. The links in account mails lead here. */
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { api } from '../../app/api.ts'
import { isOwnPath } from '../../app/own-path.ts'
import { rootRoute } from '../../app/root-route.tsx'
import { textsLoader } from '../../app/texts.ts'

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => ({
    ...(isOwnPath(search['next']) ? { next: search['next'] } : {}),
    ...(typeof search['error'] === 'string' ? { error: search['error'] } : {}),
  }),
  beforeLoad: async () => {
    const { needed } = await api.setup.get()
    if (needed) redirect({ to: '/setup', throw: true })
  },
  loader: textsLoader('sign-in'),
  component: lazyRouteComponent(() => import('./sign-in-page.tsx'), 'SignInPage'),
})

const forgotPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/forgot-password',
  loader: textsLoader('sign-in'),
  component: lazyRouteComponent(() => import('./forgot-password-page.tsx'), 'ForgotPasswordPage'),
})

const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reset-password',
  loader: textsLoader('sign-in'),
  component: lazyRouteComponent(() => import('./reset-password-page.tsx'), 'ResetPasswordPage'),
})

const verifyEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verify-email',
  loader: textsLoader('sign-in'),
  component: lazyRouteComponent(() => import('./verify-email-page.tsx'), 'VerifyEmailPage'),
})

const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invitation',
  loader: textsLoader('sign-in'),
  component: lazyRouteComponent(() => import('./invitation-page.tsx'), 'InvitationPage'),
})

export const signInRoutes = [
  signInRoute,
  forgotPasswordRoute,
  resetPasswordRoute,
  verifyEmailRoute,
  invitationRoute,
] as const
