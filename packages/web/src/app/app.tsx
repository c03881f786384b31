/** The providers around everything: theme, server data, notices, router. No pages and no texts. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { styleNonce } from './csp-nonce.ts'
import { queryClient } from './query-client.ts'
import { router } from './router.tsx'
import { cssVariables, theme } from './theme.ts'

/** Nobody needs them for the first picture; what is told before they are there waits for them. */
const Notices = lazy(async () => {
  const { Notices: component } = await import('./notices.tsx')
  return { default: component }
})

/** The whole UI. */
export const App = () => (
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    defaultColorScheme="auto"
    getStyleNonce={() => styleNonce}
  >
    <QueryClientProvider client={queryClient}>
      <Suspense>
        <Notices />
      </Suspense>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>
)
