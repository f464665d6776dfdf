export type { CustomType, CustomTypes } from '../custom-type.ts'
export { type Sampler, type SamplerOptions, sampler } from './sampler.ts'
