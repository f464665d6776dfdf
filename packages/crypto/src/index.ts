export { canonicalJson } from './canonical-json.ts'
export { type Digest, digestJson, sha256Hex } from './digest.ts'
