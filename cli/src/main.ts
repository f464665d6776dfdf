import { argv, stdout } from 'node:process'

// Whoever reads our output may stop reading (`wonder runs list | head`): that is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const words = argv.slice(2)
if (words.length === 1 && (words[0] === 'version' || words[0] === '--version' || words[0] === '-V')) {
  const { Output } = await import('./output.ts')
  const { version } = await import('./commands/version.ts')
  await version({ output: new Output({ json: false, quiet: false }) })
} else {
  const { runCommandLine } = await import('./command-line.ts')
  process.exitCode = await runCommandLine(words)
}
