import { describe, expect, test } from 'vitest'
import type { ProcessRequest, Sandbox } from '../src/sandbox.ts'

export type SandboxHarness = {
  readonly sandbox: Sandbox
  /** A folder of the project that can be written; absolute. */
  readonly root: string
}

/** The guarantees of Sandbox, on a machine with bash. */
export function sandboxConformance(driver: string, make: () => Promise<SandboxHarness>): void {
  const bash = (root: string, script: string, more: Partial<ProcessRequest> = {}): ProcessRequest => ({
    command: ['bash', '-c', script],
    cwd: root,
    root,
    env: {},
    maxOutput: 100_000,
    signal: new AbortController().signal,
    ...more,
  })

  describe(`Sandbox of ${driver}`, () => {
    test('run() gives exit code, stdout and stderr', async () => {
      const { sandbox, root } = await make()

      expect(await sandbox.run(bash(root, 'echo out; echo err >&2; exit 3'))).toEqual({
        exitCode: 3,
        stdout: 'out\n',
        stderr: 'err\n',
        truncated: false,
      })
    })

    test('run() passes arguments as they are, never through a shell', async () => {
      const { sandbox, root } = await make()
      const result = await sandbox.run({ ...bash(root, ''), command: ['printf', '%s', '$(id); "a b" *'] })

      expect(result.stdout).toBe('$(id); "a b" *')
    })

    test('run() passes only PATH, HOME, LANG and what env has', async () => {
      const { sandbox, root } = await make()
      const result = await sandbox.run(bash(root, '', { command: ['env'], env: { TOKEN: 'x' } }))
      const names = result.stdout.split('\n').flatMap((line) => line.split('=', 1))

      expect(names).toContain('TOKEN')
      expect(names.filter((name) => !['TOKEN', 'PATH', 'HOME', 'LANG', 'PWD', ''].includes(name))).toEqual([])
    })

    test('run() gives stdin, and closes it when there is none', async () => {
      const { sandbox, root } = await make()

      expect((await sandbox.run(bash(root, 'cat', { stdin: 'hello' }))).stdout).toBe('hello')
      expect((await sandbox.run(bash(root, 'cat'))).stdout).toBe('')
    })

    test('run() survives a program that does not read its stdin', async () => {
      const { sandbox, root } = await make()
      const result = await sandbox.run(bash(root, 'exec <&-; echo done', { stdin: 'x'.repeat(1_000_000) }))

      expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' })
    })

    test('run() hands on lines of both streams, the last one without a line break too', async () => {
      const { sandbox, root } = await make()
      const lines: string[] = []
      await sandbox.run(
        bash(root, 'printf "a\\nb\\r\\nc"; printf "e\\n" >&2', {
          onLine: (stream, line) => lines.push(`${stream} ${line}`),
        }),
      )

      expect(lines.sort()).toEqual(['stderr e', 'stdout a', 'stdout b', 'stdout c'])
    })

    test('run() keeps maxOutput bytes of each stream and reads the rest to the end', async () => {
      const { sandbox, root } = await make()
      const result = await sandbox.run(bash(root, 'yes | head -c 3000000; echo e >&2', { maxOutput: 1_000 }))

      expect(result).toMatchObject({ exitCode: 0, truncated: true, stderr: 'e\n' })
      expect(result.stdout).toHaveLength(1_000)
    })

    test('run() refuses a cwd outside of the root', async () => {
      const { sandbox, root } = await make()

      for (const cwd of ['/', `${root}/..`]) {
        await expect(sandbox.run(bash(root, 'true', { cwd }))).rejects.toMatchObject({ code: 'path_outside_project' })
      }
    })

    test('run() refuses a cwd that is a link out of the root', async () => {
      const { sandbox, root } = await make()
      await sandbox.run(bash(root, 'ln -s /etc leak'))

      await expect(sandbox.run(bash(root, 'true', { cwd: `${root}/leak` }))).rejects.toMatchObject({
        code: 'path_outside_project',
      })
    })

    test('run() can write in the root', async () => {
      const { sandbox, root } = await make()
      const result = await sandbox.run(bash(root, 'echo kept > file && cat file'))

      expect(result).toMatchObject({ exitCode: 0, stdout: 'kept\n' })
    })

    test('G1 a child in the background is gone when run() settles', async () => {
      const { sandbox, root } = await make()
      await sandbox.run(bash(root, '(while :; do echo x >> beat; sleep 0.01; done) & sleep 0.1'))
      const before = (await sandbox.run(bash(root, 'cat beat'))).stdout
      const after = (await sandbox.run(bash(root, 'sleep 0.1; cat beat'))).stdout

      expect(before.length).toBeGreaterThan(0)
      expect(after).toBe(before)
    })

    test('G2 abort asks the group to end and rejects with its reason', async () => {
      const { sandbox, root } = await make()
      const controller = new AbortController()
      const reason = new Error('enough')
      const run = sandbox.run(
        bash(root, 'trap "echo asked > asked; exit 0" TERM; echo ready; while :; do sleep 0.01; done', {
          signal: controller.signal,
          onLine: () => controller.abort(reason),
        }),
      )

      await expect(run).rejects.toBe(reason)
      expect((await sandbox.run(bash(root, 'cat asked'))).stdout).toBe('asked\n')
    })

    test('G2 a group that will not end is made to end', async () => {
      const { sandbox, root } = await make()
      const controller = new AbortController()
      const run = sandbox.run(
        bash(
          root,
          'trap "" TERM; (trap "" TERM; while :; do echo x >> beat; sleep 0.01; done) & echo ready; wait; sleep 60',
          {
            signal: controller.signal,
            onLine: () => controller.abort('stop'),
          },
        ),
      )

      await expect(run).rejects.toBe('stop')
      const before = (await sandbox.run(bash(root, 'cat beat'))).stdout
      const after = (await sandbox.run(bash(root, 'sleep 0.1; cat beat'))).stdout
      expect(after).toBe(before)
    })

    test('G2 a signal that is aborted already starts nothing', async () => {
      const { sandbox, root } = await make()

      await expect(sandbox.run(bash(root, 'touch file', { signal: AbortSignal.abort('no') }))).rejects.toBe('no')
      expect((await sandbox.run(bash(root, 'ls file'))).exitCode).not.toBe(0)
    })

    test('G3 a program that does not exist is shell_not_started and is named', async () => {
      const { sandbox, root } = await make()

      await expect(sandbox.run(bash(root, '', { command: ['no-such-program'] }))).rejects.toMatchObject({
        code: 'shell_not_started',
        message: expect.stringContaining('no-such-program'),
      })
    })

    test('G4 endAbandoned() of a host that left nothing ends nothing', async () => {
      const { sandbox } = await make()

      expect(await sandbox.endAbandoned('nobody')).toBe(0)
    })

    test('G5 isolation is told', async () => {
      const { sandbox } = await make()

      expect(['none', 'bubblewrap']).toContain(sandbox.isolation)
    })
  })
}
