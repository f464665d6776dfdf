/** The compiler rewrites imports; a worker or another file that is named by its URL is left to us. */
export function namingJavaScript(text: string): string {
  return text.replaceAll(/(new URL\(\s*(['"])\.[^'"]*)\.ts(\2,\s*import\.meta\.url)/g, '$1.js$3')
}
