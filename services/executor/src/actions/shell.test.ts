import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scenario } from '../../test/scenario.ts'

const shell = (options = {}) => scenario({ steps: [{ action: 'shell' }], ...options })

describe('shell', () => {
  it('runs a program with its arguments and gives all that it printed', async () => {
    expect(await shell().output({ command: ['printf', '%s-%s', 'a b', 3] })).toEqual({
      exit_code: 0,
      stdout: 'a b-3',
      stderr: '',
      value: null,
    })
  })

  it('stops a script at the first command that fails, in pipes and for unset names too', async () => {
    const task = shell()
    expect(await task.error({ script: 'false; echo on' })).toMatchObject({ code: 'shell_failed', retry: 'safe' })
    expect((await task.error({ script: 'false | true' }, {}, { dispatch: 2 })).code).toBe('shell_failed')
    expect((await task.error({ script: 'echo $NOT_SET' }, {}, { dispatch: 3 })).message).toContain('NOT_SET')
  })

  it('passes PATH, HOME, LANG and the task’s own variables, nothing else', async () => {
    process.env.WONDER_TEST_LEAK = 'leaked'
    const output = await shell().output({ command: ['env'], env: { MINE: 1, NONE: null }, parse: 'lines' })
    const names = (output as { value: string[] }).value.map((line) => line.split('=', 1)[0])
    expect(names).toContain('MINE')
    expect(names).toContain('PATH')
    expect(names).not.toContain('WONDER_TEST_LEAK')
    expect(names).not.toContain('NONE')
  })

  it('works in a folder of the project and in no other', async () => {
    const task = shell()
    mkdirSync(join(task.root, 'sub'))
    expect(await task.output({ command: ['pwd'], cwd: 'sub', parse: 'lines' })).toMatchObject({
      value: [join(task.root, 'sub')],
    })
    for (const [at, cwd] of ['..', 'sub/../..', '/etc'].entries()) {
      expect((await task.error({ command: ['pwd'], cwd }, {}, { dispatch: at + 2 })).code).toBe('path_outside_project')
    }
  })

  it('feeds stdin', async () => {
    expect(await shell().output({ command: ['cat'], stdin: 'in', parse: 'text' })).toMatchObject({ value: 'in' })
    expect(await shell().output({ command: ['cat'], stdin: { a: 1 }, parse: 'json' })).toMatchObject({
      value: { a: 1 },
    })
  })

  it('says with which exit code it failed and the last lines of stderr', async () => {
    const error = await shell().error({ script: 'seq 1 9 >&2; exit 7' })
    expect(error).toEqual({
      code: 'shell_failed',
      message: 'The script ended with exit code 7: 5\n6\n7\n8\n9',
      retry: 'safe',
      details: { exit_code: 7, stderr: '1\n2\n3\n4\n5\n6\n7\n8\n9\n' },
    })
  })

  it('takes other exit codes for good when they are listed', async () => {
    expect(await shell().output({ script: 'exit 1', ok_exit_codes: [0, 1] })).toMatchObject({ exit_code: 1 })
    expect((await shell().error({ script: 'exit 0', ok_exit_codes: [1] })).code).toBe('shell_failed')
  })

  it('says where the output is not JSON', async () => {
    const error = await shell().error({ script: 'printf "{\\n  \\"a\\": oops}"', parse: 'json' })
    expect(error).toMatchObject({ code: 'shell_invalid_json', details: { line: 2, column: 8 } })
  })

  it('does not parse what was cut off', async () => {
    const big = 'head -c 10000001 /dev/zero | tr "\\0" "\\n"'
    expect((await shell().error({ script: big, parse: 'lines' })).code).toBe('shell_output_too_large')
    expect(await shell().output({ script: big })).toMatchObject({ exit_code: 0, value: null })
  })

  it('names a program that is not there, and a field that is wrong', async () => {
    expect((await shell().error({ command: ['no-such-program'] })).code).toBe('shell_not_started')
    expect((await shell().error({ command: [] })).message).toContain('"command"')
    expect((await shell().error({ script: 'true', parse: 'xml' })).message).toContain('"parse"')
  })
})
