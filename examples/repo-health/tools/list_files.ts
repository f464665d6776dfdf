import { tool } from '@wonder/sdk/tool'

export default tool({
  description: 'Lists the files that git tracks in a repository.',
  input: { repository: 'path' },
  output: { paths: 'string[]' },
  permissions: { run: ['git'] },
  run: async ({ repository }, { signal }) => {
    const git = new Deno.Command('git', { args: ['-C', repository, 'ls-files', '-z'], signal, stderr: 'piped' })
    const { success, stdout, stderr } = await git.output()
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim())
    return {
      paths: new TextDecoder()
        .decode(stdout)
        .split('\0')
        .filter((path) => path !== ''),
    }
  },
})
