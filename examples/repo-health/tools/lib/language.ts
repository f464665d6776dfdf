const BY_EXTENSION: Record<string, string> = {
  c: 'C',
  cc: 'C++',
  cpp: 'C++',
  cs: 'C#',
  css: 'CSS',
  go: 'Go',
  h: 'C',
  hbs: 'Handlebars',
  hpp: 'C++',
  html: 'HTML',
  java: 'Java',
  js: 'JavaScript',
  json: 'JSON',
  jsx: 'JavaScript',
  kt: 'Kotlin',
  lua: 'Lua',
  md: 'Markdown',
  mjs: 'JavaScript',
  php: 'PHP',
  proto: 'Protocol Buffers',
  py: 'Python',
  rb: 'Ruby',
  rs: 'Rust',
  scss: 'CSS',
  sh: 'Shell',
  sql: 'SQL',
  svelte: 'Svelte',
  swift: 'Swift',
  toml: 'TOML',
  ts: 'TypeScript',
  tsx: 'TypeScript',
  txt: 'Text',
  vue: 'Vue',
  yaml: 'YAML',
  yml: 'YAML',
}

const BY_NAME: Record<string, string> = { Dockerfile: 'Dockerfile', Makefile: 'Makefile' }

/** The language of a file, by its name, else by its first line. */
export function languageOf(path: string, firstLine: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const known = BY_NAME[name] ?? (dot > 0 ? BY_EXTENSION[name.slice(dot + 1).toLowerCase()] : undefined)
  if (known !== undefined) return known
  if (/^#!.*\b(ba|z|k)?sh\b/.test(firstLine)) return 'Shell'
  if (/^#!.*\bpython/.test(firstLine)) return 'Python'
  if (/^#!.*\b(node|deno|bun)\b/.test(firstLine)) return 'JavaScript'
  return 'Other'
}
