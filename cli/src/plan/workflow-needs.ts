import type { Definition } from '@wonder/engine'
import { addressOf, hostOf, programOf, stepsOf } from './task-detail.ts'

/** A workflow that another one starts. */
type Started = { readonly id: string; readonly definition: Definition }

/** What a workflow may reach outside of itself. */
export type WorkflowNeeds = {
  /** Hosts that are named: by the project's list, by tools, in addresses. */
  readonly hosts: readonly string[]
  /** No list of hosts restricts the HTTP tasks that there are. */
  readonly every_public_host: boolean
  readonly permissions: readonly { readonly tool: string; readonly kind: string; readonly values: readonly string[] }[]
  /** Programs of this machine that tasks start. */
  readonly programs: readonly { readonly task: string; readonly command: string }[]
  readonly secrets: Definition['secrets']
}

/** `below`: the workflows that it starts; what their tasks need is told as `<workflow>/<task>`. */
export function workflowNeeds(definition: Definition, below: readonly Started[] = []): WorkflowNeeds {
  const all = [needsOf(definition, ''), ...below.map((each) => needsOf(each.definition, `${each.id}/`))]
  const permissions = all.flatMap((needs) => needs.permissions)
  return {
    hosts: [...new Set(all.flatMap(({ hosts }) => hosts))],
    every_public_host: all.some((needs) => needs.every_public_host),
    permissions: permissions.filter(({ tool, kind }, index) => {
      return permissions.findIndex((other) => other.tool === tool && other.kind === kind) === index
    }),
    programs: all.flatMap(({ programs }) => programs),
    secrets: secretsOf(definition, below),
  }
}

/** Secrets that a workflow and those that it starts name, each once. */
export function secretsOf(definition: Definition, below: readonly Started[]): Definition['secrets'] {
  const all = [definition, ...below.map((each) => each.definition)].flatMap(({ secrets }) => secrets)
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index)
}

function needsOf(definition: Definition, prefix: string): Omit<WorkflowNeeds, 'secrets'> {
  const permissions = Object.entries(definition.tools).flatMap(([tool, { permissions }]) =>
    Object.entries(permissions)
      .filter(([, values]) => values.length > 0)
      .map(([kind, values]) => ({ tool, kind, values })),
  )
  const steps = definition.nodes.flatMap((node) => stepsOf(definition, node).map((step) => ({ node, ...step })))
  const http = steps.filter(({ step }) => step.action === 'http')
  const addressed = http.flatMap(({ config }) => hostOf(addressOf(config) ?? '') ?? [])
  const net = permissions.filter(({ kind }) => kind === 'net').flatMap(({ values }) => values)
  return {
    hosts: [...new Set([...(definition.network.allow ?? []), ...net, ...addressed])],
    every_public_host: http.length > 0 && definition.network.allow === undefined,
    permissions,
    programs: steps
      .filter(({ step }) => step.action === 'shell')
      .map(({ node, config }) => ({ task: `${prefix}${node.ref}`, command: programOf(config) ?? '' })),
  }
}
