/** How wide a text is, in whatever unit the drawing has. */
export type MeasureText = (text: string) => number

/** A text in lines of at most `width`, at most `lines` of them; what does not fit ends in an ellipsis. */
export function wrapText(
  text: string,
  { width, lines, measure }: { readonly width: number; readonly lines: number; readonly measure: MeasureText },
): readonly string[] {
  const made: string[] = []
  let line = ''
  const words = printable(text)
    .split(' ')
    .filter((word) => word !== '')
  for (const [index, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`
    if (measure(longer) <= width) {
      line = longer
      continue
    }
    if (made.length === lines - 1)
      return [...made, cutText([line, ...words.slice(index)].join(' ').trim(), width, measure)]
    if (line !== '') made.push(line)
    line = word
    while (measure(line) > width && made.length < lines - 1) {
      const head = headOf(line, width, measure)
      made.push(head)
      line = line.slice(head.length)
    }
  }
  return line === '' ? made : [...made, cutText(line, width, measure)]
}

/** A text of at most `width`, with an ellipsis for what is left out. */
export function cutText(text: string, width: number, measure: MeasureText): string {
  if (measure(text) <= width) return text
  return `${headOf(text, width - measure('…'), measure).trimEnd()}…`
}

/** One line, without what would move a cursor or be no character of XML. */
export function printable(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]/g, ' ')
    .toWellFormed()
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** As many characters as fit, and at least one. */
function headOf(text: string, width: number, measure: MeasureText): string {
  let head = ''
  for (const { segment } of segmenter.segment(text)) {
    if (head !== '' && measure(head + segment) > width) break
    head += segment
  }
  return head
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
