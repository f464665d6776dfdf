import type { CatalogueEntry } from '../catalogue.ts'

/** Tools and the runtime that runs them. */
export const toolErrors = {
  workflow_file_invalid: {
    title: 'A TypeScript file of a workflow cannot be used',
    status: 400,
    exit: 6,
    retry: 'never',
    cause:
      'The file has a syntax error, imports or reaches what cannot be had, fails while it loads, or its default export was not made by `workflow()`.',
    fix: 'Correct the file at the line that the message names; end it with `export default workflow({ … }, …)`. It is evaluated without any permission.',
  },
  tool_failed: {
    title: 'A tool threw an error',
    status: 422,
    exit: 1,
    retry: 'safe',
    cause: 'The function `run` of the tool rejected or threw.',
    fix: 'See the message; the log of the run has what the tool printed.',
  },
  tool_invalid: {
    title: 'A tool file cannot be used',
    status: 400,
    exit: 6,
    retry: 'never',
    cause:
      'The file has a syntax error, imports what cannot be had, fails while it loads, or its default export was not made by `tool()`.',
    fix: 'Correct the file at the line that the message names; end it with `export default tool({ … })`.',
  },
  tool_invalid_input: {
    title: 'A tool refused its input',
    status: 422,
    exit: 6,
    retry: 'never',
    cause: "The tool's own schema (zod, valibot, arktype …) does not accept the input.",
    fix: 'Give the input that the message asks for.',
  },
  tool_invalid_output: {
    title: 'A tool returned what its output cannot be',
    status: 422,
    exit: 1,
    retry: 'never',
    cause: "The result is not JSON (a function, a BigInt, NaN, a cycle), or the tool's own schema does not accept it.",
    fix: 'Return plain JSON values that fit `output`.',
  },
  tool_output_too_large: {
    title: 'A tool returned too much',
    status: 422,
    exit: 1,
    retry: 'never',
    cause: 'The result as JSON is longer than the limit.',
    fix: 'Write large results to a file or an artifact and return its path.',
  },
  tool_forbidden: {
    title: 'A tool tried what its permissions do not allow',
    status: 403,
    exit: 8,
    retry: 'never',
    cause: 'A tool may reach only what its `permissions` list, and nothing by default.',
    fix: 'Add the permission that the message names, if the tool is meant to have it.',
    example: { wrong: 'permissions: {}', right: "permissions: { read: ['{{ input.repository }}'] }" },
  },
  tool_out_of_memory: {
    title: 'A tool used more memory than it may',
    status: 422,
    exit: 1,
    retry: 'never',
    cause: 'The process of the tool was ended at its memory limit.',
    fix: 'Read and write in pieces, or give the tool more memory.',
  },
  tool_crashed: {
    title: 'The process of a tool ended in the middle of a call',
    status: 500,
    exit: 1,
    retry: 'safe',
    cause: 'The tool called `Deno.exit`, was killed, or its runtime crashed.',
    fix: 'See the exit code and the last lines that it printed.',
  },
  tool_runtime_unavailable: {
    title: 'Tools cannot be run on this machine',
    status: 500,
    exit: 1,
    retry: 'never',
    cause: 'Deno, which runs the tools, could not be started.',
    fix: 'Install the dependencies again, or name another Deno in the settings.',
  },
} as const satisfies Record<string, CatalogueEntry>
