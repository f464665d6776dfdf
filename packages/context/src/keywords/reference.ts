import type { Keyword, KeywordPlace } from '../keyword.ts'

function referenceOf(at: KeywordPlace): string {
  if (typeof at.value === 'string') return at.value
  throw at.invalid('it must be a text')
}

function refused(instead: string): Keyword {
  return (at) => {
    throw at.invalid(`this keyword is not supported; write ${instead}`)
  }
}

/** References, and keywords of older drafts: those are refused, for to ignore them would accept wrong values. */
export const referenceKeywords: { readonly [keyword: string]: Keyword } = {
  $ref: (at) => at.compiler.reference(referenceOf(at), at),
  $dynamicRef: (at) => at.compiler.dynamicReference(referenceOf(at), at),
  $recursiveRef: refused('$dynamicRef'),
  dependencies: refused('dependentRequired or dependentSchemas'),
  additionalItems: refused('prefixItems and items'),
}
