import { describe, expect, it } from 'vitest'
import { scenario } from '../test/scenario.ts'

const TOKEN = 'tok_9f8e7d6c5b4a3f2e1d0c'
const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n'
const secrets = { TOKEN, KEY }
const secret = (name: string, sink: 'none' | 'shell' | 'url' = 'none') => ({ $parts: [{ secret: name, escape: sink }] })

/** All that a task leaves behind, as one text without line breaks. */
async function leftBehind(task: ReturnType<typeof scenario>): Promise<string> {
  const live = JSON.stringify(task.reports) + (await task.lines()).join('\n')
  const artifacts = task.reports.flatMap(({ result }) => (result.status === 'completed' ? result.artifacts : []))
  const contents = await Promise.all(artifacts.map(({ digest }) => task.artifact(digest)))
  return [live, ...contents].join('\n').replace(/\\n|[\r\n]/g, '')
}

describe('a secret that a program was given', () => {
  const shell = (script: string, more = {}) => ({ script, env: { T: secret('TOKEN'), K: secret('KEY') }, ...more })

  it.each([
    ['prints it', 'echo "$T"'],
    ['prints it to stderr', 'echo "$T" >&2'],
    ['prints it in one piece a line', 'echo "$T" | fold -w 3'],
    ['prints it in halves', `echo "\${T:0:9}"; echo "\${T:9}"`],
    ['prints it in Base64', 'printf "user:%s" "$T" | base64'],
    ['prints it in folded Base64', 'printf "u:%s" "$T" | base64 -w 5'],
    ['prints it in hexadecimal', 'printf %s "$T" | od -An -tx1 | tr -d " \\n"; echo'],
    ['prints it as JSON', `printf '{"a":["%s"]}' "$T"`],
    ['prints it in a URL', 'echo "https://x/?t=$T&u=1"'],
    ['prints several lines of it', 'echo "$K"'],
    ['prints it on one line', 'echo "$K" | tr -d "\\n"'],
    ['fails with it', 'echo "bad $T" >&2; exit 3'],
    ['fails with much behind it', 'echo "$T" >&2; head -c 3990 /dev/zero | tr "\\0" x >&2; exit 3'],
    ['prints it behind a very long line', 'head -c 16370 /dev/zero | tr "\\0" x; echo "$T"'],
  ])('that %s is in nothing that it leaves behind', async (_how, script) => {
    const task = scenario({ secrets, steps: [{ action: 'shell' }] })
    await task.order(shell(script), { save: 'out.txt' })
    const left = await leftBehind(task)
    const pieces = [
      TOKEN,
      TOKEN.slice(0, 9),
      TOKEN.slice(9),
      TOKEN.slice(0, 8),
      TOKEN.slice(-8),
      'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
      Buffer.from(TOKEN).toString('hex'),
    ]
    for (const piece of pieces) expect(left).not.toContain(piece)
    for (const at of [0, 1, 2]) {
      expect(left).not.toContain(
        Buffer.from('x'.repeat(at) + TOKEN)
          .toString('base64')
          .slice(at === 0 ? 0 : 4, -4),
      )
    }
    expect(left).toContain('***')
  })

  it('is not in files that become artifacts, nor in their names', async () => {
    const task = scenario({ secrets, task: { artifacts: ['out/*'] }, steps: [{ action: 'shell' }] })
    const script =
      'mkdir out; { head -c 70000 /dev/zero | tr "\\0" x; echo "$T"; } > out/log.txt; echo 1 > "out/$T.txt"'
    const outcome = await task.order(shell(script))
    expect(outcome).toMatchObject({
      status: 'completed',
      artifacts: [{ name: 'out/log.txt' }, { name: 'out/***.txt' }],
    })
    expect(await leftBehind(task)).not.toContain(TOKEN)
  })

  it('is replaced where an output was cut off in its middle', async () => {
    const task = scenario({ secrets, steps: [{ action: 'shell' }] })
    await task.order(shell('head -c 9999990 /dev/zero | tr "\\0" x; echo "$T"'))
    const [report] = task.reports
    const output = report?.result.status === 'completed' ? (report.result.output as { stdout: string }) : { stdout: '' }
    expect(output.stdout.length).toBeGreaterThan(9_000_000)
    expect(output.stdout.endsWith('x')).toBe(true)
  })

  it('is not in the steps that are reported on the way', async () => {
    const task = scenario({
      secrets,
      steps: [
        {
          action: 'shell',
          config: { map: { script: { lit: 'echo $T' }, env: { map: { T: { path: ['secrets', 'TOKEN'] } } } } },
        },
        { config: { map: { output: { path: ['steps', 's1', 'output', 'stdout'] } } } },
      ],
    })
    expect(await task.output({})).toBe('***\n')
    expect(await leftBehind(task)).not.toContain(TOKEN)
  })

  it('is not in what the schema says of it', async () => {
    const task = scenario({ secrets, task: { input: { properties: { output: { type: 'integer' } } } } })
    await task.error({ output: secret('TOKEN') })
    await task.error({ output: secret('KEY') }, {}, { dispatch: 2 })
    expect(await leftBehind(task)).not.toMatch(/tok_9f8e|MIIEvQ/)
  })
})

describe('data that looks like a secret’s place', () => {
  const marker = { $parts: [{ secret: 'TOKEN', escape: 'none' }] }

  it('is refused in what a program answers', async () => {
    const task = scenario({ secrets, steps: [{ action: 'shell' }] })
    const error = await task.error({ command: ['echo', JSON.stringify(marker)], parse: 'json' })
    expect(error).toMatchObject({ code: 'invalid_value', message: expect.stringContaining('"$parts"') })
  })

  it('is refused in a step, so that the next one does not resolve it', async () => {
    const task = scenario({
      secrets,
      steps: [
        { action: 'shell', config: { lit: { command: ['echo', JSON.stringify([marker])], parse: 'json' } } },
        { config: { map: { output: { path: ['steps', 's1', 'output', 'value'] } } } },
      ],
    })
    expect((await task.error({})).code).toBe('invalid_value')
  })

  it('does not pose as the outcome of a step', async () => {
    const posing = { $step: { status: 'skipped' } }
    const task = scenario({ steps: [{ config: { lit: { output: posing } } }, {}] })
    expect((await task.error({})).code).toBe('invalid_value')
  })

  it('reaches no secret that the workflow does not name', async () => {
    const task = scenario({ secrets, definition: { secrets: [] } })
    expect(await task.error({ output: marker })).toMatchObject({ code: 'secret_missing' })
  })

  it('within the value of a secret is text', async () => {
    const task = scenario({ secrets: { ODD: JSON.stringify(marker), TOKEN }, steps: [{ action: 'shell' }] })
    const output = await task.output({ command: ['bash', '-c', 'printf %s "$0" | wc -c', secret('ODD')] })
    expect(output).toMatchObject({ stdout: `${JSON.stringify(marker).length}\n` })
  })
})

describe('a secret that is missing', () => {
  it('fails the task with secret_missing, before anything runs', async () => {
    const task = scenario({ definition: { secrets: [{ name: 'GONE', optional: true }] }, steps: [{ action: 'shell' }] })
    const error = await task.error({ script: 'touch ran', env: { X: secret('GONE') } })
    expect(error).toMatchObject({ code: 'secret_missing', message: expect.stringContaining('"GONE"') })
  })
})

describe('a shell command', () => {
  it.each([
    "'; touch hacked; '",
    '$(touch hacked)',
    '`touch hacked`',
    '"; touch hacked #',
    '-n',
    '* ? ~ $HOME !!',
    "a'b\\'c",
    'line\nbreak',
  ])('takes the secret %j as one argument', async (value) => {
    const task = scenario({ secrets: { VALUE: `${value} end` }, steps: [{ action: 'shell' }] })
    const script = { $parts: ['printf "%s" ', { secret: 'VALUE', escape: 'shell' }, ' | wc -c; ls'] }
    const output = await task.output({ script, parse: 'lines' })
    expect(output).toMatchObject({ value: [String(Buffer.byteLength(`${value} end`))] })
  })

  it('takes data of the input as arguments, never as a script', async () => {
    const config = { map: { script: { text: 'printf "%s|" {{input.a}} {{input.b}}; ls', sink: 'shell' as const } } }
    const task = scenario({
      steps: [{ action: 'shell', config }],
      task: { result: { path: ['steps', 's1', 'output', 'stdout'] } },
    })
    const a = "x'; touch hacked; echo '"
    const b = '$(touch hacked) {{input.a}}'
    expect(await task.output({ a, b })).toBe(`${a}|${b}|`)
  })
})
