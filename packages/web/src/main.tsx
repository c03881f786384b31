/** Where the UI begins: reads the language, then draws the router into the page. Nothing else happens here. */
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './app/global.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { basePath } from './app/api.ts'
import { App } from './app/app.tsx'
import { isSignedIn } from './app/app-route.ts'
import { styleNonce } from './app/csp-nonce.ts'
import { isOpenPath } from './app/open-paths.ts'
import { startTexts } from './app/texts.ts'

// What react-remove-scroll (below Mantine's dialogs) reads for the styles that it adds.
Object.assign(globalThis, { __webpack_nonce__: styleNonce })

const root = document.querySelector('#root')
if (root === null) throw new Error('the page has no #root')
// What the first page needs is asked for side by side with the texts; whoever needs it then says what went wrong with it.
const path = globalThis.location.pathname.slice(basePath === '/' ? 0 : basePath.length)
if (!isOpenPath(path)) void Promise.allSettled([isSignedIn(), import('./app/frame.tsx')])
await startTexts()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
