/**
 * Rewrites a document so that its styles pass a policy with a nonce: style elements get it, style attributes become rules
 * of the same weight. Scripts and what would load or redirect are taken out. Not a sanitizer: the sandbox is what protects.
 */

const unwanted = 'script, base, link, object, embed, iframe, frame, meta[http-equiv]'

/** Heavier than any selector of a mail, as the attribute was; `!important` in the mail's style still wins over it. */
const ruleOf = (index: number, style: string): string =>
  `${`[data-carillon-style="${index}"]`.repeat(6)}{${style}}`

const tags = /<[a-z](?:[^"'>]|"[^"]*"|'[^']*')*>/gi
const heldBack = 'data-carillon-held'

/** Browsers refuse styles where they parse them, also in a document that nobody sees: they must not be there yet. */
const withoutStyles = (html: string, nonce: string): string =>
  html.replaceAll(tags, (tag) =>
    tag
      .replaceAll(/([\s"'/])style(\s*=)/gi, `$1${heldBack}$2`)
      .replace(/^<style(?=[\s/>])/i, `<style nonce="${nonce}"`),
  )

/** The document's text with `nonce` on its styles. */
export const styledDocument = (html: string, nonce: string): string => {
  const page = new DOMParser().parseFromString(withoutStyles(html, nonce), 'text/html')
  for (const element of page.querySelectorAll(unwanted)) element.remove()
  const rules = [...page.querySelectorAll(`[${heldBack}]`)].map((element, index) => {
    const style = element.getAttribute(heldBack) ?? ''
    element.removeAttribute(heldBack)
    element.setAttribute('data-carillon-style', String(index))
    return ruleOf(index, style.replaceAll(/[{}<]/g, ''))
  })
  const sheet = page.createElement('style')
  sheet.setAttribute('nonce', nonce)
  sheet.textContent = rules.join('\n')
  page.head.append(sheet)
  // Serializing leaves out what the parser has hidden from scripts.
  for (const style of page.querySelectorAll('style')) style.setAttribute('nonce', nonce)
  return `<!doctype html>${page.documentElement.outerHTML}`
}
