/** Italian: the overview. */
import type { overview as english } from '../en/overview.ts'
import type { SameTexts } from '../texts.ts'

export const overview = {
  title: 'Panoramica',
} as const satisfies SameTexts<typeof english>
