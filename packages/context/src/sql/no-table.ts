import { WonderError } from '@wonder/errors'

export function noTable(why: string): WonderError {
  return new WonderError('no_table_for_schema', `Cannot make tables of the schema: ${why}`)
}
