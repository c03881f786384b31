/** Puts the chosen colour scheme on the page before anything is drawn, so that nobody sees a flash. Nothing else. */
{
  const key = 'mantine-color-scheme-value'
  const chosen = globalThis.localStorage.getItem(key)
  const isDark = globalThis.matchMedia('(prefers-color-scheme: dark)').matches
  const scheme = chosen === 'light' || chosen === 'dark' ? chosen : isDark ? 'dark' : 'light'
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme)
}
