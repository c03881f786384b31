/** The secret field for a key or token that is sent in a header: the same pattern and limits for every vendor. */
import Type, { type TString } from 'typebox'

/** Visible ASCII only, because it stands in a header; at most 2,000 characters. */
export const apiKeyField = (title: string, description: string): TString =>
  Type.String({ title, description, pattern: '^[\\x21-\\x7e]+$', maxLength: 2_000 })
