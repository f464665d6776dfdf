const LINK = /(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm

/** Relative links of a Markdown text whose target is not in the repository. */
export async function brokenLinks(repository: string, path: string, text: string): Promise<string[]> {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  const broken: string[] = []
  for (const [, link] of text
    .replace(FENCE, '')
    .replace(/`[^`\n]*`/g, '')
    .matchAll(LINK)) {
    if (link === undefined || /^([a-z][a-z0-9+.-]*:|#|\/\/)/i.test(link)) continue
    const target = decode(link.replace(/[#?].*$/, ''))
    const inside = resolve(target.startsWith('/') ? '' : folder, target)
    if (inside !== null && !(await exists(`${repository}/${inside}`))) broken.push(link)
  }
  return broken
}

function decode(link: string): string {
  try {
    return decodeURIComponent(link)
  } catch {
    return link
  }
}

/** The path within the repository; null when it leads out of it. */
function resolve(folder: string, target: string): string | null {
  const parts: string[] = []
  for (const part of `${folder}/${target}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}

async function exists(file: string): Promise<boolean> {
  try {
    await Deno.stat(file)
    return true
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false
    throw error
  }
}
