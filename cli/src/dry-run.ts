import type { Definition, Json, OutlineItem } from '@wonder/engine'
import type { CompiledWorkflow, Project, SecretName } from '@wonder/language'
import type { Output } from './output.ts'
import { outputText } from './run-report.ts'

export type DryRun = {
  readonly project: Project
  readonly workflow: CompiledWorkflow
  readonly input: Json
  /** Secrets of the workflow that have no value here. */
  readonly missing: readonly SecretName[]
}

/** What a run would do and what it would need; nothing is run or stored. */
export function printDryRun({ project, workflow, input, missing }: DryRun, output: Output): void {
  const { definition } = workflow
  const { paint } = output
  const needs = needsOf(definition)
  const absent = (secret: string) => (missing.some(({ name }) => name === secret) ? ', has no value here' : '')
  output.line(`${paint('green', '✓')} ${workflow.id} would run (${workflow.file}); nothing was run`)
  section(output, 'Input', inputLines(input))
  section(output, 'Tasks', outlineLines(definition.outline))
  section(output, 'Hosts that may be reached', needs.hosts)
  section(
    output,
    'Permissions of tools',
    needs.permissions.map(({ tool, kind, values }) => `${tool}: ${kind} ${values.join(', ')}`),
  )
  section(
    output,
    'Secrets',
    needs.secrets.map(({ name, optional }) => (optional ? `${name} (may be missing)` : name) + absent(name)),
  )
  output.object({
    workflow: workflow.id,
    project: project.name,
    file: workflow.file,
    input,
    tasks: definition.outline.map(outlineObject),
    ...needs,
    missing_secrets: missing.map(({ name }) => name),
  })
}

type Needs = {
  readonly hosts: readonly string[]
  readonly permissions: readonly { readonly tool: string; readonly kind: string; readonly values: readonly string[] }[]
  readonly secrets: Definition['secrets']
}

/** What a definition may reach outside of itself. */
function needsOf(definition: Definition): Needs {
  const permissions = Object.entries(definition.tools).flatMap(([tool, { permissions }]) =>
    Object.entries(permissions)
      .filter(([, values]) => values.length > 0)
      .map(([kind, values]) => ({ tool, kind, values })),
  )
  const net = permissions.filter(({ kind }) => kind === 'net').flatMap(({ values }) => values)
  return {
    hosts: [...new Set([...(definition.network.allow ?? []), ...net])],
    permissions,
    secrets: definition.secrets,
  }
}

function outlineLines(items: readonly OutlineItem[], depth = 0): string[] {
  return items.flatMap((item) => [
    `${'  '.repeat(depth)}${item.name ?? item.id}  (${item.kind})`,
    ...outlineLines(item.children ?? [], depth + 1),
  ])
}

function outlineObject({ id, kind, name, children }: OutlineItem): object {
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(children === undefined ? {} : { children: children.map(outlineObject) }),
  }
}

function inputLines(input: Json): string[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return []
  return Object.entries(input).map(([name, value]) => outputText(name, value).slice(2))
}

function section(output: Output, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  output.line()
  output.line(output.paint('bold', title))
  for (const line of lines) output.line(`  ${line}`)
}
