/** The JSON Schemas of a project's files by file name: `wonder.schema.json`, `workflow.schema.json`, … */
export async function projectSchemas(): Promise<ReadonlyMap<string, unknown>> {
  const { generateSchemas } = await import('@wonder/language')
  return new Map(Object.entries(generateSchemas()))
}
