import type { Definition } from '@wonder/engine'
import { addressOf, hostOf, programOf, stepsOf } from './task-detail.ts'

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

export function workflowNeeds(definition: Definition): WorkflowNeeds {
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
      .map(({ node, config }) => ({ task: node.ref, command: programOf(config) ?? '' })),
    secrets: definition.secrets,
  }
}
