/** `disjoint`: no value at all fits, and not only some. */
export type No = { readonly why: string; readonly disjoint: boolean }
export type Answer = 'yes' | 'unknown' | No

/** Every one must hold: the first no, else unknown if one is. */
export function everyPart(answers: readonly Answer[]): Answer {
  const noes = answers.filter((answer) => typeof answer === 'object')
  const worst = noes.find((answer) => answer.disjoint) ?? noes[0]
  return worst ?? (answers.includes('unknown') ? 'unknown' : 'yes')
}

/** The output may be any of these. */
export function allOf(answers: readonly Answer[]): Answer {
  const worst = everyPart(answers)
  if (typeof worst !== 'object') return worst
  return { ...worst, disjoint: answers.every((answer) => typeof answer === 'object' && answer.disjoint) }
}

/** The input may be any of these: values that one refuses another may take. */
export function oneOf(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes'
  const noes = answers.filter((answer) => typeof answer === 'object')
  const [first] = noes
  if (!first || noes.length < answers.length || !noes.every((answer) => answer.disjoint)) return 'unknown'
  return { why: noes.map(({ why }) => why).join('; '), disjoint: true }
}

export function subject(path: string): string {
  return path === '' ? 'a value' : `"${path.replace(/^\./, '')}"`
}

export function place(path: string): string {
  return path === '' ? '' : ` at ${subject(path)}`
}
