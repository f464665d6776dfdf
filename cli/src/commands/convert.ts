import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { WonderError } from '@wonder/errors'
import { type Conversion, convertCompozy, type Remark, type RemarkKind } from '@wonder/language/convert'
import type { CommandContext } from '../command-context.ts'
import { foreignFiles } from '../foreign-files.ts'
import type { Output } from '../output.ts'
import { plural } from '../quantity.ts'

export type ConvertOptions = { readonly out?: string; readonly dryRun?: true }

const TITLES: readonly (readonly [kind: RemarkKind, title: string])[] = [
  ['changed', 'Changed'],
  ['not_available_yet', 'Not available yet'],
  ['decide', 'To decide'],
]

/** `wonder convert FOLDER` */
export async function convert({ output }: CommandContext, folder: string, options: ConvertOptions): Promise<void> {
  const source = resolve(folder)
  if (!existsSync(source) || !statSync(source).isDirectory()) {
    throw new WonderError('source_file_missing', `Cannot convert "${folder}": there is no such folder`, {
      details: { hint: 'Name the folder in which compozy.yaml is.' },
    })
  }
  const target = resolve(options.out ?? `${source}-wonder`)
  refuseToOverwrite(target, options)
  const conversion = await convertCompozy(foreignFiles(source))
  if (!conversion.ok) {
    const count = conversion.diagnostics.filter(({ severity }) => severity === 'error').length
    throw new WonderError('conversion_failed', `The project has ${plural(count, 'mistake')}; nothing was written`, {
      details: { diagnostics: conversion.diagnostics },
    })
  }
  const written = options.dryRun !== true
  if (written) await writeFiles(target, conversion.files)
  report(output, conversion.remarks)
  const made = `${plural(conversion.workflows.length, 'workflow')}, ${plural(conversion.tools.length, 'tool')} and ${plural(conversion.agents.length, 'agent')}`
  const where = relative(process.cwd(), target) || '.'
  if (written) {
    output.line(`${output.paint('green', '✓')} ${made} are in ${where}`)
    output.line(`  ${output.paint('bold', `wonder --project ${where} validate`)}`)
  } else output.line(`${made} would be written to ${where}: ${plural(conversion.files.size, 'file')}`)
  output.object(result(conversion, target, written))
}

/** A folder with something in it is somebody's. A dry run only says that it would not write there. */
function refuseToOverwrite(target: string, { out, dryRun }: ConvertOptions): void {
  if (dryRun === true || !existsSync(target)) return
  if (statSync(target).isDirectory() && readdirSync(target).length === 0) return
  const name = out ?? (relative(process.cwd(), target) || '.')
  throw new WonderError('files_exist', `Cannot write a project to "${name}": it is there already, and is not empty`, {
    details: { hint: 'Nothing was written. Name a new folder: wonder convert FOLDER --out my-project' },
  })
}

async function writeFiles(target: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(target, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}

function report(output: Output, remarks: readonly Remark[]): void {
  for (const [kind, title] of TITLES) {
    const of = remarks.filter((remark) => remark.kind === kind)
    if (of.length === 0) continue
    output.line(output.paint('bold', `${title} (${of.length})`))
    for (const { file, line, column, message } of of) {
      output.line(`  ${output.paint('dim', `${file}:${line}:${column}`)}  ${message}`)
    }
    output.line()
  }
}

function result(conversion: Conversion & { ok: true }, folder: string, written: boolean) {
  const { files, remarks, workflows, tools, agents } = conversion
  return { folder, written, files: [...files.keys()], workflows, tools, agents, remarks }
}
