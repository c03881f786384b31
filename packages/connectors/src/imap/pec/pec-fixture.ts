/**
 * Builds certified mails for the tests of this folder, from RFC 6109 and entirely made up. Test support: no production
 * file imports it.
 */

/** Everything that a test may want to be different; the rest is an ordinary receipt of acceptance. */
export type PecFixture = {
  /** Header lines of the envelope, instead of `receiptHeaders`. */
  readonly headers?: readonly string[]
  /** daticert.xml's text; null leaves the part out. */
  readonly xml?: string | null
  /** The daticert part's own header lines, and its body already encoded for them. */
  readonly xmlPart?: { readonly headers: readonly string[]; readonly body: string }
  /** More parts beside it, complete with headers. */
  readonly parts?: readonly string[]
  readonly eol?: '\n' | '\r\n'
}

/** The data of a daticert.xml; each field is XML text, put in as it is. */
export type DaticertFixture = {
  readonly tipo?: string
  readonly errore?: string
  readonly mittente?: string
  readonly destinatari?: readonly (readonly [string, string])[]
  readonly oggetto?: string
  readonly data?: string
  readonly more?: string
}

/** daticert.xml as text, by default of an acceptance at 10:00:01 UTC. */
export const daticertXml = (fields: DaticertFixture = {}): string => {
  const to = (fields.destinatari ?? [['certificato', 'b@pec.example']])
    .map(([tipo, address]) => `<destinatari tipo="${tipo}">${address}</destinatari>`)
    .join('')
  const date = '<data zona="+0200"><giorno>15/09/2026</giorno><ora>12:00:01</ora></data>'
  return `<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="${fields.tipo ?? 'accettazione'}" errore="${fields.errore ?? 'nessuno'}">
  <intestazione><mittente>${fields.mittente ?? 'a@pec.example'}</mittente>${to}
    <risposte>a@pec.example</risposte><oggetto>${fields.oggetto ?? 'Prova'}</oggetto></intestazione>
  <dati><gestore-emittente>Gestore S.p.A.</gestore-emittente>${fields.data ?? date}
    <identificativo>opec1.1@gestore.example</identificativo>
    <msgid>&lt;orig-1@app.example&gt;</msgid>${fields.more ?? ''}</dati>
</postacert>
`
}

/** The envelope's headers of a receipt; `extra` lines come first, so that they win over what follows. */
export const receiptHeaders = (ricevuta: string, extra: readonly string[] = []): string[] => [
  ...extra,
  'Return-Path: <posta-certificata@gestore.example>',
  'Date: Tue, 15 Sep 2026 12:00:01 +0200',
  'From: posta-certificata@gestore.example',
  'To: a@pec.example',
  'Subject: Una ricevuta',
  'Message-ID: <receipt-1@gestore.example>',
  'X-Riferimento-Message-ID: <orig-1@app.example>',
  `X-Ricevuta: ${ricevuta}`,
]

/** The envelope's headers of a transport envelope (`posta-certificata`) or anomaly envelope (`errore`). */
export const envelopeHeaders = (trasporto: string, extra: readonly string[] = []): string[] => [
  ...extra,
  'Return-Path: <a@pec.example>',
  'Date: Tue, 15 Sep 2026 12:00:01 +0200',
  'From: "Per conto di: a@pec.example" <posta-certificata@gestore.example>',
  'To: b@pec.example',
  'Subject: POSTA CERTIFICATA: Prova',
  'Message-ID: <opec1.1@gestore.example>',
  `X-Trasporto: ${trasporto}`,
]

/** A part of the envelope that holds `message` (its lines) as postacert.eml. */
export const postacert = (message: readonly string[]): string =>
  [
    'Content-Type: message/rfc822; name="postacert.eml"',
    'Content-Disposition: inline; filename="postacert.eml"',
    '',
    ...message,
  ].join('\n')

const daticertPart = ({ xml, xmlPart }: PecFixture): string[] => {
  if (xml === null) return []
  if (xmlPart) return [[...xmlPart.headers, '', xmlPart.body].join('\n')]
  const body = Buffer.from(xml ?? daticertXml())
    .toString('base64')
    .replace(/.{76}/gu, '$&\n')
  const headers = [
    'Content-Type: application/xml; name="daticert.xml"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: inline; filename="daticert.xml"',
  ]
  return [[...headers, '', body].join('\n')]
}

/** The lines of a complete signed envelope; `boundary` names its delimiters, so that one can be put inside another. */
export const pecLines = (fixture: PecFixture = {}, boundary = '=_pec'): string[] => [
  ...(fixture.headers ?? receiptHeaders('accettazione')),
  'MIME-Version: 1.0',
  `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="${boundary}s"`,
  '',
  'This is an S/MIME signed message',
  '',
  `--${boundary}s`,
  `Content-Type: multipart/mixed; boundary="${boundary}m"`,
  '',
  `--${boundary}m`,
  'Content-Type: text/plain; charset="iso-8859-1"',
  '',
  'X-Ricevuta: errore-consegna',
  ...[...daticertPart(fixture), ...(fixture.parts ?? [])].flatMap((part) => [
    `--${boundary}m`,
    ...part.split('\n'),
  ]),
  `--${boundary}m--`,
  `--${boundary}s`,
  'Content-Type: application/pkcs7-signature; name="smime.p7s"',
  'Content-Transfer-Encoding: base64',
  '',
  'MIIB',
  `--${boundary}s--`,
  '',
]

/** The bytes of a complete signed envelope, with CRLF unless the fixture says LF. */
export const pecMail = (fixture: PecFixture = {}): Uint8Array =>
  Buffer.from(pecLines(fixture).join(fixture.eol ?? '\r\n'))
