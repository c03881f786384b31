/** Where the UI begins: reads the language, then draws the router into the page. Nothing else happens here. */
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './app/global.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { styleNonce } from './app/csp-nonce.ts'
import { startTexts } from './app/texts.ts'

// What react-remove-scroll (below Mantine's dialogs) reads for the styles that it adds.
Object.assign(globalThis, { __webpack_nonce__: styleNonce })

const root = document.querySelector('#root')
if (root === null) throw new Error('the page has no #root')
await startTexts()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
