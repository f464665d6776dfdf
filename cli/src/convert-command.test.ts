import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/wonder', import.meta.url))
const fixtures = fileURLToPath(new URL('../../packages/language/fixtures/compozy/', import.meta.url))
const runs = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'run.json')))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wonder-convert-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function wonder(...args: readonly string[]) {
  return spawnSync(bin, args, { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } })
}

function source(name: string, as = name): string {
  const copy = join(folder, as)
  cpSync(join(fixtures, name, 'source'), copy, { recursive: true })
  return copy
}

describe('A converted project runs with the outputs that it had:', () => {
  test.each(runs)('%s', (name) => {
    const { workflow, input, outputs } = JSON.parse(readFileSync(join(fixtures, name, 'run.json'), 'utf8'))
    const from = source(name, `run-${name}`)
    const made = wonder('convert', from)
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' })
    const given = join(folder, `${name}-input`)
    mkdirSync(given)
    const pairs = Object.entries(input).map(([key, value]) => {
      writeFileSync(join(given, key), typeof value === 'string' ? value : JSON.stringify(value))
      return `${key}=@${join(given, key)}`
    })

    const run = wonder('run', workflow, ...pairs, '--project', `${from}-wonder`, '--json')

    expect({ status: run.status, stdout: run.status === 0 ? '' : run.stdout + run.stderr }).toEqual({
      status: 0,
      stdout: '',
    })
    expect(JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      status: 'completed',
      output: outputs,
    })
  })
})

test('`wonder convert` writes beside the source, leaves it alone, and tells what to decide', () => {
  const from = source('chain', 'beside')
  const before = readdirSync(from)

  const { status, stdout } = wonder('convert', 'beside')

  expect(status).toBe(0)
  expect(stdout).toContain('To decide (')
  expect(stdout).toContain('workflow.yaml:49:9  "forgotten" is never reached')
  expect(stdout).toContain('✓ 1 workflow, 1 tool and 0 agents are in beside-wonder')
  expect(readdirSync(from)).toEqual(before)
  expect(readFileSync(join(folder, 'beside-wonder', 'CONVERSION.md'), 'utf8')).toContain('# How chain was converted')
})

test('`wonder convert --out` names the folder, and `--json` gives files and remarks', () => {
  source('agents', 'named')

  const { status, stdout } = wonder('convert', 'named', '--out', 'elsewhere/deep', '--json')

  expect(status).toBe(0)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({
    written: true,
    workflows: ['write_article'],
    tools: ['search'],
    agents: ['researcher', 'writer'],
  })
  expect(result.files).toContain('agents/researcher.yaml')
  expect(result.remarks[0]).toMatchObject({ kind: 'decide', file: 'compozy.yaml', line: 9, column: 5 })
  expect(existsSync(join(folder, 'elsewhere', 'deep', 'wonder.yaml'))).toBe(true)
})

test('`wonder convert` never writes into a folder that holds something', () => {
  source('chain', 'twice')
  mkdirSync(join(folder, 'twice-wonder'))
  writeFileSync(join(folder, 'twice-wonder', 'mine.txt'), 'mine')

  const { status, stderr } = wonder('convert', 'twice')

  expect(status).toBe(8)
  expect(stderr).toContain('Cannot write a project to "twice-wonder"')
  expect(readdirSync(join(folder, 'twice-wonder'))).toEqual(['mine.txt'])
})

test('`wonder convert --dry-run` writes nothing', () => {
  source('chain', 'dry')

  const { status, stdout } = wonder('convert', 'dry', '--dry-run')

  expect(status).toBe(0)
  expect(stdout).toContain('would be written to dry-wonder: 5 files')
  expect(existsSync(join(folder, 'dry-wonder'))).toBe(false)
})

test('`wonder convert` tells mistakes of the source with file, line and column, exits 6 and writes nothing', () => {
  source('broken-words', 'wrong')

  const text = wonder('convert', 'wrong')
  const json = wonder('convert', 'wrong', '--json')

  expect([text.status, json.status]).toEqual([6, 6])
  expect(text.stderr).toContain('workflow.yaml:7:20  error  source_type_unknown')
  expect(text.stderr).toMatch(/The project has \d+ mistakes; nothing was written/)
  expect(JSON.parse(json.stdout).error).toMatchObject({ code: 'conversion_failed' })
  expect(existsSync(join(folder, 'wrong-wonder'))).toBe(false)
})

test('`wonder convert` of a folder that is not there, or has no compozy.yaml, says so', () => {
  mkdirSync(join(folder, 'empty'))

  expect(wonder('convert', 'nowhere').stderr).toContain('Cannot convert "nowhere": there is no such folder')
  expect(wonder('convert', 'empty').stderr).toContain('there is no compozy.yaml in this folder')
})

test('`wonder convert` reads nothing outside of the folder, also not through a link', () => {
  const from = source('chain', 'linked')
  writeFileSync(join(folder, 'outside.ts'), 'export default () => 1')
  rmSync(join(from, 'echo.ts'))
  symlinkSync(join(folder, 'outside.ts'), join(from, 'echo.ts'))

  const { status, stderr } = wonder('convert', 'linked')

  expect(status).toBe(6)
  expect(stderr).toContain('source_file_missing')
})
