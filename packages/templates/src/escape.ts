/** How a mustache's value enters the text: as it is, for HTML, as one bash argument, or percent-encoded. */
export type Escape = 'none' | 'html' | 'shell' | 'url'

/** Escaping of the caller's own: gets a value's text, gives what enters the template's. */
export type Escaper = (text: string) => string

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '=': '&#x3D;',
}

/**
 * Makes `value` harmless for `sink`: html replaces `& < > " ' \` =`; shell gives one single-quoted bash
 * argument; url is `encodeURIComponent`, where half a surrogate pair becomes U+FFFD.
 */
export function escapeFor(sink: Escape | Escaper, value: string): string {
  if (typeof sink === 'function') return sink(value)
  switch (sink) {
    case 'none':
      return value
    case 'html':
      return /[&<>"'`=]/.test(value) ? value.replace(/[&<>"'`=]/g, (unit) => htmlEntities[unit] ?? unit) : value
    case 'shell':
      return `'${value.replaceAll("'", "'\\''")}'`
    case 'url':
      return encodeURIComponent(value.toWellFormed())
  }
}
