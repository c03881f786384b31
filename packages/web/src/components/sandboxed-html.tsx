/**
 * HTML that somebody else wrote (a mail's body), in a frame that runs no script and loads nothing. The frame inherits our
 * policy, which allows no inline styles: `styled-document.ts` makes the mail's own styles pass.
 */
import { useTranslation } from 'react-i18next'
import { styleNonce } from '../app/csp-nonce.ts'
import { styledDocument } from './styled-document.ts'

type Props = {
  readonly html: string
  /** What it is, for who can't see it. */
  readonly title: string
  /** Any CSS length; 480px by default. */
  readonly height?: string
}

/** White as mail programs are, in both colour schemes. */
export const SandboxedHtml = ({ html, title, height = '480px' }: Props) => {
  const { t } = useTranslation('parts')
  return (
    <iframe
      title={`${title}: ${t('html.note')}`}
      sandbox=""
      srcDoc={styledDocument(html, styleNonce)}
      style={{
        width: '100%',
        height,
        border: '1px solid var(--carillon-line)',
        background: '#fff',
      }}
    />
  )
}
