import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from './index.ts'

describe('in a shell command', () => {
  test.each<[string, string]>([
    ['cat {{x}} --to={{x}}', "cat 'a b' --to='a b'"],
    ['cat {{xs}}', "cat 'it'\\''s' '2' '[3]'"],
    ['echo "ok"{{x}}\'ok\'', "echo \"ok\"'a b''ok'"],
    ["echo a#{{x}} # it's\necho {{x}}", "echo a#'a b' # it's\necho 'a b'"],
    ['{{#if x}}echo "y"{{else}}echo {{x}}{{/if}}', 'echo "y"'],
    ['cat <<< {{x}}', "cat <<< 'a b'"],
    ['x=$(cat {{x}})', "x=$(cat 'a b')"],
    ['[ {{x}} = a ] && echo $(( (1) + 2 )) {{x}}', "[ 'a b' = a ] && echo $(( (1) + 2 )) 'a b'"],
    ['echo {{nil}}', "echo ''"],
  ])('%j becomes %j', (template, command) => {
    const text = compile(template, { escape: 'shell' }).render({ x: 'a b', xs: ["it's", 2, [3]], nil: null })

    expect(text).toBe(command)
  })

  test.each([
    'echo "{{x}}"',
    'echo "\\"{{x}}"',
    "echo '{{x}}'",
    "echo $'\\'{{x}}'",
    'echo `cat {{x}}`',
    'echo $(({{x}}))',
    'echo $[{{x}}]',
    'echo $(( (1 + (2)) + {{x}} ))',
    'a[{{x}}]=1',
    'cat <<EOF\n{{x}}\nEOF',
    'ls # {{x}}',
    'echo \\\\{{x}}',
    'echo $ {{~x}}',
    'echo "{{#if x}}{{x}}{{/if}}"',
    '{{#if x}}"{{/if}}{{x}}',
    '{{#each xs}}"{{/each}}',
    'echo "{{> p}}"',
  ])('a value in %j is refused', (template) => {
    const compiling = () => compile(template, { escape: 'shell', partials: { p: '{{x}}' } })

    expect(compiling).toThrow(expect.objectContaining({ code: 'quoted_in_shell' }))
  })

  test.each(['{{{ x }}}', '{{& x }}', '{{{ secrets.A }}}'])('%j is refused', (template) => {
    const compiling = () => compile(template, { escape: 'shell' })

    expect(compiling).toThrow(expect.objectContaining({ code: 'raw_in_shell' }))
  })

  test('a value with NUL is refused', () => {
    const template = compile('echo {{x}}', { escape: 'shell' })

    expect(() => template.render({ x: 'a\0b' })).toThrow(expect.objectContaining({ code: 'evaluation_failed' }))
  })

  test('bash reads each value back as it was', () => {
    const value = fc
      .array(fc.constantFrom('a', "'", '"', '$(id)', '`', '\\', '\n', ' ', '!', '*', '~', 'é'), { maxLength: 6 })
      .map((parts) => parts.join(''))
    const values = fc.array(value, { minLength: 40, maxLength: 40 })
    fc.assert(
      fc.property(values, (xs) => {
        const command = compile("printf '%s\\0' {{#each xs}} {{this}}{{/each}}", { escape: 'shell' }).render({ xs })

        const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', command], { encoding: 'utf8' })

        expect(printed.split('\0').slice(0, -1)).toEqual(xs)
      }),
      { numRuns: 10 },
    )
  })
})
