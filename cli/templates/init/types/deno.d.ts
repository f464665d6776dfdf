// For editors only: the part of Deno that tools use most. https://docs.deno.com/api/deno has the rest.
declare namespace Deno {
  function readTextFile(path: string | URL, options?: { signal?: AbortSignal }): Promise<string>
  function readFile(path: string | URL, options?: { signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>
  function writeTextFile(path: string | URL, text: string): Promise<void>
  function writeFile(path: string | URL, content: Uint8Array): Promise<void>
  function readDir(path: string | URL): AsyncIterable<DirEntry>
  function stat(path: string | URL): Promise<FileInfo>
  function mkdir(path: string | URL, options?: { recursive?: boolean }): Promise<void>
  function remove(path: string | URL, options?: { recursive?: boolean }): Promise<void>

  interface DirEntry {
    name: string
    isFile: boolean
    isDirectory: boolean
    isSymlink: boolean
  }

  interface FileInfo {
    isFile: boolean
    isDirectory: boolean
    isSymlink: boolean
    size: number
    mtime: Date | null
  }

  const env: { get(name: string): string | undefined }
}
