import { nearest, WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'
import { projectSchemas } from '../project-schemas.ts'

/** `wonder schema [NAME]` */
export async function schema({ output }: CommandContext, name: string | undefined): Promise<void> {
  const schemas = new Map(
    [...(await projectSchemas())].map(([file, schema]) => [file.replace('.schema.json', ''), schema]),
  )
  const names = [...schemas.keys()].sort()
  if (name === undefined) {
    for (const known of names) output.line(known)
    output.object({ schemas: names })
    return
  }
  const found = schemas.get(name.replace('.schema.json', ''))
  if (found === undefined) {
    const near = nearest(name, names)
    const hint = `${near === undefined ? '' : `Did you mean "${near}"?  `}There are: ${names.join(', ')}`
    throw new WonderError('schema_not_found', `There is no schema "${name}"`, { details: { hint } })
  }
  output.line(JSON.stringify(found, null, 2))
  output.object(found)
}
