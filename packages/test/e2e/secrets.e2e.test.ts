import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newestRun, testProject, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const secret = 's3cr3t-Zq9vXw7KpL2m'

const workflow = (port: number) => `
id: talk
tasks:
  - id: shell
    shell: [sh, -c, 'echo "token is $TOKEN"; echo "$TOKEN" | tr a-z A-Z >&2; echo "$REGION"']
    env: { TOKEN: "{{ secrets.TOKEN }}", REGION: "{{ env.REGION }}" }
    interrupted: rerun
    save: shell.txt
  - id: call
    http: { url: "http://127.0.0.1:${port}/", headers: { authorization: "Bearer {{ secrets.TOKEN }}" } }
    interrupted: rerun
outputs:
  said: "{{ tasks.shell.output.stdout }}"
  answered: "{{ tasks.call.output.body }}"
`

test('secrets reach programs and headers, and are nowhere in what is stored or printed', async () => {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization ?? '')
    response.end(`you sent ${request.headers.authorization}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await using project = await testProject({
    'wonder.yaml': `wonder: 1\nname: test\nsecrets: [TOKEN]\nenv_file: .env\nsettings: { network: { allow: ["127.0.0.1:${port}"] } }\n`,
    '.env': `TOKEN=${secret}\nREGION=eu-7\n`,
    'workflows/talk.yaml': workflow(port),
  })
  try {
    const { code, stdout, stderr } = await wonder(project.path, 'run', 'talk', '--json')

    expect(code, stdout + stderr).toBe(0)
    expect(heard).toEqual([`Bearer ${secret}`])
    const { output } = JSON.parse(stdout) as { output: { said: string; answered: string } }
    expect(output.said).toMatch(/^token is \S+\neu-7\n$/)
    expect(output.answered).toMatch(/^you sent Bearer /)
    const told = [stdout, stderr]
    for (const words of [
      ['show', 'last'],
      ['events', 'last'],
      ['logs', 'last'],
      ['artifacts', 'last', 'shell.txt'],
    ]) {
      const printed = await wonder(project.path, 'runs', ...words)
      told.push(printed.stdout, printed.stderr)
    }
    expect(told.join('\n')).not.toContain(secret)
    expect(await filesWith(join(project.path, '.wonder'), secret)).toEqual([])
    // The search does find what is there.
    expect(await filesWith(join(project.path, '.wonder'), 'eu-7')).not.toEqual([])
  } finally {
    server.close()
  }
})

test('a task whose secret is missing fails by its name', async () => {
  await using project = await testProject({
    'wonder.yaml': 'wonder: 1\nname: test\nsecrets: [TOKEN]\nenv_file: .env\n',
    'workflows/talk.yaml':
      'id: talk\ntasks:\n  - { id: one, shell: [env], env: { TOKEN: "{{ secrets.TOKEN }}" }, interrupted: rerun }\n',
  })

  const { code } = await wonder(project.path, 'run', 'talk')

  expect(code).toBe(1)
  const shown = await wonderJson<{ error: { code: string; message: string } }>(project.path, 'runs', 'show', 'last')
  expect(shown.error).toMatchObject({ code: 'secret_missing', message: expect.stringContaining('TOKEN') })
})

test('a resumed run and a run in an environment have the values of that environment', async () => {
  await using project = await testProject({
    'wonder.yaml':
      'wonder: 1\nname: test\nsecrets: [TOKEN]\nenv_file: .env\nenvironments: { production: { env_file: .env.production } }\n',
    '.env': 'TOKEN=of-nowhere\n',
    '.env.production': 'TOKEN=of-production\n',
    'workflows/talk.yaml': `
id: talk
tasks:
  - id: one
    shell: [sh, -c, 'echo "$TOKEN" | rev > "$0.txt"; touch "$0"; while [ ! -e go ]; do sleep 0.02; done', "{{ run.id }}"]
    env: { TOKEN: "{{ secrets.TOKEN }}" }
    interrupted: rerun
`,
  })
  await using first = new WonderCommand(project.path, ['run', 'talk', '--env', 'production'])
  const run = await newestRun(project.path)
  await until('the task to start', () =>
    readFile(join(project.path, run), 'utf8').then(
      () => true,
      () => false,
    ),
  )
  await first.kill()
  await writeFiles(project.path, { [`${run}.txt`]: '', go: '' })

  const resumed = await wonder(project.path, 'runs', 'resume', run)

  expect(resumed.code, resumed.stderr).toBe(0)
  expect(await readFile(join(project.path, `${run}.txt`), 'utf8')).toBe('noitcudorp-fo\n')
})

async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const file = join(entry.parentPath, entry.name)
    if ((await readFile(file)).includes(text)) found.push(file)
  }
  return found
}
