import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunked } from './chunked.ts'

const bounds = { most: 5, maxBytes: 40 }
const bytesOf = (texts: readonly string[]): number => Buffer.byteLength(`[${texts.join(',')}]`)

test('chunks hold everything in order, and none is over a bound unless one text alone is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 })), (texts) => {
      const chunks = chunked(texts, bounds)
      expect(chunks.flat()).toEqual(texts)
      for (const chunk of chunks) {
        expect(chunk.length).toBeGreaterThan(0)
        expect(chunk.length).toBeLessThanOrEqual(bounds.most)
        if (chunk.length > 1) expect(bytesOf(chunk)).toBeLessThanOrEqual(bounds.maxBytes + 1)
      }
    }),
  )
})
