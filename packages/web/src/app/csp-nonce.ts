/** The nonce that lets the styles which libraries make at run time through the page's policy. Not for scripts. */

const read = (): string => {
  const meta = document.querySelector('meta[name="csp-nonce"]')
  return meta?.getAttribute('content') ?? ''
}

/** As the server put it into this page; under `vite dev` a placeholder, and then there is no policy either. */
export const styleNonce = read()
