import type { Remark, RemarkKind } from './conversion.ts'

const SECTIONS: readonly (readonly [kind: RemarkKind, title: string, about: string])[] = [
  ['decide', 'To decide', 'These could not be said exactly. Look at each before you run the project.'],
  [
    'not_available_yet',
    'Not available yet',
    'These are written in the words of the language and do not run in this version. `wonder validate` names them until they do.',
  ],
  ['changed', 'Changed', 'These say the same in other words.'],
]

/** CONVERSION.md: what became of a project, for the person who takes it over. */
export function reportPage(name: string, remarks: readonly Remark[]): string {
  const parts = [
    `# How ${name} was converted`,
    'From a project of Compozy. Places are those of the files it was made from.',
    ...SECTIONS.flatMap(([kind, title, about]) =>
      section(
        title,
        about,
        remarks.filter((each) => each.kind === kind),
      ),
    ),
    '## Next\n\n1. `wonder validate` tells what is still wrong.\n2. Go through "To decide".\n3. Remove this file.',
  ]
  return `${parts.join('\n\n')}\n`
}

function section(title: string, about: string, remarks: readonly Remark[]): readonly string[] {
  if (remarks.length === 0) return []
  const lines = remarks.map(({ file, line, column, message }) => `- \`${file}:${line}:${column}\` ${message}`)
  return [`## ${title}`, about, lines.join('\n')]
}
