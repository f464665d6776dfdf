import { styleText } from 'node:util'

export type Style = 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a text for one stream. */
export type Paint = (style: Style, text: string) => string

/** Colours where `stream` is a terminal and NO_COLOR is not set; plain text elsewhere. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream })
}

export const plain: Paint = (_style, text) => text
