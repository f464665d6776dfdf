import ipaddr from 'ipaddr.js'

/**
 * May anybody on the internet have this address? Private, loopback, link-local, multicast, reserved and
 * documentation ranges may not, nor an IPv6 address that carries such an IPv4 one (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.kind() === 'ipv4') return parsed.range() === 'unicast'
  // A tunnel or translator may lead anywhere, so what is inside is not trusted: 64:ff9b::/96 is `rfc6052`.
  const bytes = parsed.toByteArray()
  if (bytes.slice(0, 12).every((byte) => byte === 0)) return false
  return parsed.range() === 'unicast'
}
