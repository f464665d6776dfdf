const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID of a time (epoch ms) and the first 80 bits of a hash in hex. */
export function ulid(time: number, hash: string): string {
  return base32(BigInt(time), 10) + base32(BigInt(`0x${hash.slice(0, 20)}`), 16)
}

function base32(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest >>= 5n) text = digits[Number(rest & 31n)] + text
  return text
}
