/** The JSON Schemas of a project's files, by name: `project`, `workflow`, … */
export async function projectSchemas(): Promise<ReadonlyMap<string, object>> {
  const { generateSchemas } = await import('@wonder/language')
  return new Map(Object.entries(generateSchemas()))
}
