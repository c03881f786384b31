/** Which texts fit into SMS of seven bits a character, and how long they are. Source: 3GPP TS 23.038 section 6.2.1. */

/** The default alphabet without the escape. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Two septets each: the escape and a second one. */
const extension = new Set('\f^{}\\[~]|€')

/** The length of `text` in septets, or undefined when a character is not in the alphabet and the SMS must be UCS-2. */
export const gsm7Length = (text: string): number | undefined => {
  let septets = 0
  for (const character of text) {
    if (basic.has(character)) septets += 1
    else if (extension.has(character)) septets += 2
    else return undefined
  }
  return septets
}
