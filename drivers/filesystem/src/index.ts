export { fileBlobs } from './file-blobs.ts'
