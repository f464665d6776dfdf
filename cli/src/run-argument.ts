/** Every command about one run takes it as its first argument. */
export const runArgument = ['<run>', 'id of a run, its unique beginning, or `last`'] as const
