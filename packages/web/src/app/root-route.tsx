/** The route above all others: what is drawn when nothing fits or something breaks. Not for the frame (app-route.ts). */
import { createRootRoute, Outlet } from '@tanstack/react-router'
import { NotFound } from './not-found.tsx'
import { PageBroken } from './page-broken.tsx'

export const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: PageBroken,
})
