import { nearest } from '@wonder/errors'
import { readBudget } from './budget.ts'
import { FormCheck } from './check-tasks.ts'
import { parseDuration } from './duration.ts'
import type { Problems } from './problems.ts'
import type { ProjectSettings, SecretName } from './project.ts'
import { readYaml } from './read-yaml.ts'
import { projectShape } from './shapes/project-shape.ts'
import type { SourceText } from './source-text.ts'
import { child, entriesOf, entryOf, type MapTree, type Tree, textOf, textsOf } from './tree.ts'

/** wonder.yaml, with the chosen environment merged in. */
export type ProjectFile = {
  readonly file: SourceText
  readonly tree: MapTree
  readonly name: string
  readonly version: string
  readonly environments: readonly string[]
  readonly secrets: readonly SecretName[]
  readonly env: { readonly [name: string]: string }
  readonly envFile: string | undefined
  /** Hosts that may be reached; undefined when the project names none. */
  readonly hosts: readonly string[] | undefined
  readonly settings: ProjectSettings
}

/** Reads wonder.yaml. Undefined when nothing of it can be used. */
export function readProject(
  file: SourceText,
  environment: string | undefined,
  problems: Problems,
): ProjectFile | undefined {
  const written = readYaml(file, problems)
  if (written === undefined) return undefined
  new FormCheck(problems).check(written, projectShape)
  if (written.kind !== 'map') return undefined
  const tree = withEnvironment(written, environment, problems)
  const hosts = child(child(child(tree, 'settings'), 'network'), 'allow')
  const budget = child(child(tree, 'settings'), 'budget')
  plainValues(child(tree, 'env'), problems)
  const envFile = textOf(child(tree, 'env_file'))
  return {
    file,
    tree,
    name: textOf(child(tree, 'name')) ?? '',
    version: textOf(child(tree, 'version')) ?? '0.0.0',
    environments: entriesOf(child(tree, 'environments')).map(({ key }) => key),
    secrets: textsOf(child(tree, 'secrets')).map((text) => ({
      name: text.replace(/\?$/, ''),
      optional: text.endsWith('?'),
    })),
    env: envOf(child(tree, 'env')),
    envFile,
    hosts: hosts === undefined ? undefined : textsOf(hosts),
    settings: {
      network: hosts === undefined ? {} : { allow: textsOf(hosts) },
      budget: readBudget(budget),
      retention: readRetention(child(child(tree, 'settings'), 'retention')),
    },
  }
}

/** Stands for a wonder.yaml that cannot be read: nothing is known of the project, so nothing of it is missed. */
export function unreadProject(file: SourceText): ProjectFile {
  return {
    file,
    tree: { kind: 'map', entries: [], file, span: { start: 0, end: 0 } },
    name: '',
    version: '0.0.0',
    environments: [],
    secrets: [],
    env: {},
    envFile: '',
    hosts: undefined,
    settings: { network: {}, budget: {}, retention: {} },
  }
}

function readRetention(tree: Tree | undefined): ProjectSettings['retention'] {
  const keepFor = parseDuration(textOf(child(tree, 'keep_for')) ?? '')
  const written = child(tree, 'keep')
  const keep = written?.kind === 'scalar' && typeof written.value === 'number' ? written.value : undefined
  return { ...(keepFor === undefined ? {} : { keepFor }), ...(keep === undefined ? {} : { keep }) }
}

export function envOf(tree: Tree | undefined): { readonly [name: string]: string } {
  return Object.fromEntries(
    entriesOf(tree).flatMap(({ key, value }) =>
      value.kind === 'scalar' && value.value !== null ? [[key, String(value.value)]] : [],
    ),
  )
}

/** Values of `env` are plain: they are not templates, and no place for secrets. */
export function plainValues(tree: Tree | undefined, problems: Problems): void {
  for (const { key, keySpan, value } of entriesOf(tree)) {
    const text = textOf(value)
    if (text?.includes('{{')) {
      const secret = /secrets\.(\w+)/.exec(text)?.[1]
      problems.add({
        code: secret === undefined ? 'wrong_type' : 'secret_in_env',
        message:
          secret === undefined
            ? 'values of env are plain: no template is read here'
            : 'env holds plain values, and a secret is none',
        at: value,
        help:
          secret === undefined
            ? 'Write the value itself.'
            : `List its name, secrets: [${secret}], and write {{ secrets.${secret} }} where it is needed.`,
      })
    } else if (
      /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY)$/i.test(key) &&
      text !== undefined &&
      text !== ''
    ) {
      problems.add({
        code: 'secret_in_env',
        severity: 'warning',
        message: `"${key}" looks like a secret, and values of env are stored with runs`,
        at: { file: value.file, span: keySpan },
        help: `List its name instead: secrets: [${key}].`,
      })
    }
  }
}

function withEnvironment(tree: MapTree, name: string | undefined, problems: Problems): MapTree {
  if (name === undefined) return tree
  const environments = child(tree, 'environments')
  const chosen = child(environments, name)
  if (chosen !== undefined) return merge(tree, chosen)
  const names = entriesOf(environments).map(({ key }) => key)
  const near = nearest(name, names)
  problems.add({
    code: 'unknown_environment',
    message: `the project has no environment "${name}"`,
    at: { file: tree.file, span: entryOf(tree, 'environments')?.keySpan ?? { start: 0, end: 1 } },
    help:
      near === undefined
        ? names.length === 0
          ? 'It has none.'
          : `It has ${names.join(', ')}.`
        : `Did you mean "${near}"?`,
  })
  return tree
}

/** Maps are merged, anything else is replaced. */
function merge(base: MapTree, over: Tree): MapTree {
  const entries = base.entries.map((entry) => {
    const found = entryOf(over, entry.key)
    if (found === undefined) return entry
    const value =
      entry.value.kind === 'map' && found.value.kind === 'map' ? merge(entry.value, found.value) : found.value
    return { ...entry, value }
  })
  const added = entriesOf(over).filter(({ key }) => entryOf(base, key) === undefined)
  return { ...base, entries: [...entries, ...added] }
}
