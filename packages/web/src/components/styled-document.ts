/**
 * Rewrites a document so that its styles pass a policy with a nonce: style elements get it, style attributes become rules
 * of the same weight. Scripts and what would load or redirect are taken out. Not a sanitizer: the sandbox is what protects.
 */

const unwanted = 'script, base, link, object, embed, iframe, frame, meta[http-equiv]'

/** Heavier than any selector of a mail, as the attribute was; `!important` in the mail's style still wins over it. */
const ruleOf = (index: number, style: string): string =>
  `${`[data-carillon-style="${index}"]`.repeat(6)}{${style}}`

/** The document's text with `nonce` on its styles. */
export const styledDocument = (html: string, nonce: string): string => {
  const page = new DOMParser().parseFromString(html, 'text/html')
  for (const element of page.querySelectorAll(unwanted)) element.remove()
  const styled = [...page.querySelectorAll('[style]')]
  const rules = styled.map((element, index) => {
    const style = element.getAttribute('style') ?? ''
    element.removeAttribute('style')
    element.setAttribute('data-carillon-style', String(index))
    return ruleOf(index, style.replaceAll(/[{}<]/g, ''))
  })
  const sheet = page.createElement('style')
  sheet.textContent = rules.join('\n')
  page.head.append(sheet)
  for (const style of page.querySelectorAll('style')) style.setAttribute('nonce', nonce)
  return `<!doctype html>${page.documentElement.outerHTML}`
}
