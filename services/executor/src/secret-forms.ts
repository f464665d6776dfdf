/** Shorter values are not replaced: they would be found everywhere. */
const MIN_SECRET = 4
/** Shorter pieces of Base64 say too little and are found by chance. */
const MIN_BASE64 = 5

const encoder = new TextEncoder()

/**
 * The ways in which a secret's value can appear in a text: as it is, in JSON, in a URL, in HTML, as a shell argument,
 * in hexadecimal, and in Base64 wherever it stands in what was encoded. Line breaks are left out of all of them.
 */
export function secretForms(secret: string): readonly string[] {
  if (secret.length < MIN_SECRET) return []
  const forms = new Set<string>([secret, secret.trim(), ...encodedForms(secret), ...encodedForms(secret.trimEnd())])
  const found = new Set<string>()
  for (const form of forms) {
    const flat = form.replace(/[\r\n]+/g, '')
    if (flat.length >= MIN_SECRET) found.add(flat)
  }
  return [...found]
}

function encodedForms(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const url = encodeURIComponent(secret.toWellFormed())
  const strictUrl = url.replace(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`)
  const bytes = encoder.encode(secret)
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...[url, strictUrl].flatMap((text) => [text, lowerEscapes(text), text.replaceAll('%20', '+')]),
    secret.replace(/[&<>"'`=]/g, (unit) => `&#x${unit.charCodeAt(0).toString(16).toUpperCase()};`),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    secret.replaceAll("'", "'\\''"),
    hex,
    hex.toUpperCase(),
    ...base64Forms(bytes),
  ]
}

function lowerEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
}

/** Base64 of the bytes behind 0, 1 and 2 other bytes, without the characters that their neighbours decide. */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = new Uint8Array(before + bytes.length)
    padded.set(bytes, before)
    const first = Math.ceil((before * 8) / 6)
    const last = Math.floor((padded.length * 8) / 6)
    const core = toBase64(padded).slice(first, last)
    return core.length < MIN_BASE64 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
