import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, wonder, wonderJson } from '../src/index.ts'

const files = {
  'workflows/all.yaml': `
id: all
input:
  rows: integer[] = [1, 2, 3]
state:
  seen: integer = 0
tasks:
  - id: count
    set: { seen: "{{= size(input.rows) }}" }
  - id: both
    parallel:
      - id: grid
        each: { in: "{{ input.rows }}", as: row }
        do:
          - id: cells
            each: { in: [10, 20], as: column }
            do:
              - id: cell
                shell: [sh, -c, 'echo $(($0 * $1))', "{{ row }}", "{{ column }}"]
                parse: json
                interrupted: rerun
      - id: flaky
        shell: |
          n=$(cat tries 2>/dev/null || echo 0)
          echo $((n + 1)) > tries
          [ "$n" -ge 2 ] || { echo "not yet" >&2; exit 7; }
          echo done
        interrupted: rerun
        retry: { max_attempts: 3, initial_delay: 50ms }
      - id: hopeless
        shell: [sh, -c, 'echo gone wrong >&2; exit 9']
        interrupted: rerun
        on_error:
          - id: mend
            shell: [sh, -c, 'echo "$0" > mended', "{{ error.code }}"]
            interrupted: rerun
  - id: choose
    route: size(input.rows)
    cases:
      3: [{ id: three, collect: { word: three } }]
      default: [{ id: other, collect: { word: other } }]
  - id: skipped
    if: state.seen > 100
    collect: { never: true }
outputs:
  grid: "{{ tasks.both.output.grid }}"
  flaky: "{{ tasks.both.output.flaky.stdout }}"
  mended: "{{ tasks.both.output.hopeless }}"
  taken: "{{ tasks.choose.output }}"
  seen: "{{ state.seen }}"
  skipped: "{{ tasks.skipped.status }}"
finally:
  - id: tidy
    shell: [sh, -c, 'echo tidy >> tidied']
    interrupted: rerun
`,
  'workflows/fails.yaml': `
id: fails
tasks:
  - { id: first, collect: { x: 1 } }
  - { id: stop, if: tasks.first.output.x == 1, fail: "No more of {{ tasks.first.output.x }}", code: enough }
  - { id: never, shell: [touch, never], interrupted: rerun }
finally:
  - { id: tidy, shell: [touch, tidied], interrupted: rerun }
`,
}

test('lists, branches, loops, retries, repairs, state and outputs do what they say', async () => {
  await using project = await testProject(files)

  const run = await wonderJson<{ run: string; status: string; output: unknown }>(project.path, 'run', 'all')

  expect(run).toMatchObject({ status: 'completed' })
  const cell = (value: number) => ({ exit_code: 0, stderr: '', stdout: `${value}\n`, value })
  expect(run.output).toEqual({
    grid: [1, 2, 3].map((row) => [cell(row * 10), cell(row * 20)]),
    flaky: 'done\n',
    mended: null,
    taken: { taken: '3', output: { word: 'three' } },
    seen: 3,
    skipped: 'skipped',
  })
  expect(await readFile(join(project.path, 'tries'), 'utf8')).toBe('3\n')
  expect(await readFile(join(project.path, 'tidied'), 'utf8')).toBe('tidy\n')
  expect(await readFile(join(project.path, 'mended'), 'utf8')).toBe('shell_failed\n')
  const shown = await wonder(project.path, 'runs', 'show', run.run)
  expect(shown.stdout).toMatch(/flaky.*3/)
})

test('fail ends the run with its own code and message, after finally', async () => {
  await using project = await testProject(files)

  const { code } = await wonder(project.path, 'run', 'fails')

  expect(code).toBe(1)
  const shown = await wonderJson<{ status: string; error: object }>(project.path, 'runs', 'show', 'last')
  expect(shown).toMatchObject({ status: 'failed', error: { message: 'No more of 1' } })
  await expect(readFile(join(project.path, 'tidied'), 'utf8')).resolves.toBe('')
  await expect(readFile(join(project.path, 'never'), 'utf8')).rejects.toThrow('ENOENT')
})
