import type { Json } from '@wonder/platform'
import type { Action, ActionContext, ArtifactContent } from '../action.ts'
import { ConfigReader } from '../config-reader.ts'
import { absolutePath, pathInProject } from '../project-path.ts'

/** `{name, text | value | path, media_type?}` → the artifact `{name, digest, size, media_type}`. */
export const artifactAction: Action = {
  kind: 'artifact',
  async run(config, context) {
    const fields = new ConfigReader('artifact', config)
    const name = fields.text('name')
    const mediaType = fields.optionalText('media_type')
    return context.saveArtifact({ name, content: await contentOf(fields, context), mediaType })
  },
}

async function contentOf(
  fields: ConfigReader,
  { ports: { files } }: ActionContext,
): Promise<ArtifactContent['content']> {
  const path = fields.optionalText('path')
  if (path !== undefined) {
    const root = absolutePath('/', files.root)
    return files.open(pathInProject(files.root, path).slice(root.length).replace(/^\//, ''))
  }
  const text = fields.optionalText('text')
  if (text !== undefined) return text
  const value: Json | undefined = fields.any('value')
  return value === undefined ? fields.text('text') : JSON.stringify(value, null, 2)
}
