export type { Conversion, ForeignFiles, Remark, RemarkKind } from './conversion.ts'
export { convertCompozy } from './convert-compozy.ts'
