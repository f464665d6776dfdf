/** A mistake that people bring from other languages, and the word for it here. */
export type SyntaxHint = { readonly offset: number; readonly length: number; readonly message: string }

type Habit = { readonly pattern: RegExp; readonly message: (found: string) => string }

const HABITS: readonly Habit[] = [
  { pattern: /\$?\{\{|\}\}/, message: () => 'write bare CEL here, without braces: `input.x`, not `{{ input.x }}`' },
  { pattern: /===|!==/, message: (found) => `write \`${found.slice(0, 2)}\` instead of \`${found}\`` },
  {
    pattern: /=>|->/,
    message: () => 'there are no functions to write: `xs.filter(x, x > 1)`, not `xs.filter(x => x > 1)`',
  },
  { pattern: /(?<![=!<>])=(?!=)/, message: () => 'write `==` to compare; `=` is no operator' },
  { pattern: /\?\?/, message: () => 'write `a.?b.orValue(c)` instead of `a.b ?? c`' },
  { pattern: /\?\./, message: () => 'write `.?` for what may be missing: `input.?x.orValue("none")`' },
  { pattern: /\band\b/i, message: (found) => `write \`&&\` instead of \`${found}\`` },
  { pattern: /\bor\b/i, message: (found) => `write \`||\` instead of \`${found}\`` },
  { pattern: /\bnot\b/i, message: (found) => `write \`!\` instead of \`${found}\`` },
  { pattern: /(?<!&)&(?!&)/, message: () => 'write `&&` for "and"' },
  { pattern: /(?<!\|)\|(?!\|)/, message: () => 'write `||` for "or"; there are no pipes' },
  { pattern: /`/, message: () => 'write texts in "double" or \'single\' quotes, and join them with `+`' },
  { pattern: /[“”„‘’]/, message: () => 'write texts in straight quotes, "so"' },
  { pattern: /;/, message: () => 'an expression is one value: there are no statements and no `;`' },
  { pattern: /\+\+|--|\*\*/, message: (found) => `\`${found}\` is no operator` },
]

/** Looks for a known habit in an expression that could not be read. */
export function syntaxHint(source: string): SyntaxHint | undefined {
  // Texts are blanked, so that what stands inside quotes is not taken for a mistake.
  const code = source.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (text) => ' '.repeat(text.length))
  for (const habit of HABITS) {
    const found = habit.pattern.exec(code)
    if (found) return { offset: found.index, length: found[0].length, message: habit.message(found[0]) }
  }
  return undefined
}
