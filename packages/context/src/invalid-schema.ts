import { WonderError } from '@wonder/errors'

/** What is wrong with a schema, and where: `pointer` leads to the keyword. */
export function invalidSchema(pointer: string, why: string): WonderError {
  const keyword = pointer.slice(pointer.lastIndexOf('/') + 1)
  const place = pointer === '' ? 'the schema' : pointer
  return new WonderError('invalid_schema', `Cannot use the schema: ${place}: ${why}`, {
    details: { schemaPath: pointer, keyword },
  })
}
