import { latin1, type Redactor } from './redactor.ts'

/** More is not held back, whatever the content makes us expect. */
const MAX_HELD = 1_048_576

/** Content without the secrets, also where one lies across two pieces. */
export async function* redactStream(content: AsyncIterable<Uint8Array>, redactor: Redactor): AsyncIterable<Uint8Array> {
  const forms = redactor.inBytes()
  let held = ''
  for await (const piece of content) {
    held += latin1(piece)
    const cut = safeLength(held, forms)
    if (cut === 0) continue
    yield bytesOf(forms.text(held.slice(0, cut)))
    held = held.slice(cut)
  }
  if (held !== '') yield bytesOf(forms.text(held))
}

/** How much of the text can be decided upon: no secret reaches across that point. */
function safeLength(text: string, forms: Redactor): number {
  let cut = text.length
  for (let kept = 0; cut > 0 && kept < forms.longest; cut--) {
    const unit = text.charCodeAt(cut - 1)
    if (unit !== 10 && unit !== 13) kept++
  }
  if (text.length > MAX_HELD) return Math.max(cut, 1)
  for (const [from, to] of forms.find(text)) if (from < cut && cut < to) return from
  return cut
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0))
}
