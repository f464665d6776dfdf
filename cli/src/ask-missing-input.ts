import { WonderError } from '@wonder/errors'
import type { CompiledWorkflow } from '@wonder/language'

/** Asks at the terminal for each required input that `pairs` lacks, and gives all of them. */
export async function askMissingInput(
  workflow: CompiledWorkflow,
  pairs: { readonly [name: string]: string },
): Promise<{ [name: string]: string }> {
  const missing = workflow.inputs.filter((input) => input.required && !Object.hasOwn(pairs, input.name))
  if (missing.length === 0) return { ...pairs }
  const { isCancel, text } = await import('@clack/prompts')
  const answers: { [name: string]: string } = { ...pairs }
  for (const input of missing) {
    const answer = await text({
      message: `${input.name} (${input.type})${input.description === undefined ? '' : `: ${input.description}`}`,
      output: process.stderr,
      validate: (value) => (value === undefined || value === '' ? `A value is needed: ${input.type}` : undefined),
    })
    if (isCancel(answer)) throw new WonderError('interrupted', 'Nothing was started')
    answers[input.name] = answer
  }
  return answers
}
