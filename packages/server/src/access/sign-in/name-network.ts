/** From which network somebody asks, for counting attempts: whoever has one IPv6 address has 2^64 of them. */
import { parseIp } from '../../platform/outbound/ip-address.ts'

/** ::ffff:0:0/96, IPv4 in IPv6. */
const mapped = 0xffffn

/** An IPv4 address, or the /64 of an IPv6 one, as a name; the text itself when it is neither. */
export const networkOf = (address: string): string => {
  const ip = parseIp(address)
  if (ip === undefined) return address
  if (ip.version === 4) return `4/${ip.value.toString(16)}`
  return ip.value >> 32n === mapped
    ? `4/${(ip.value & 0xffff_ffffn).toString(16)}`
    : `6/${(ip.value >> 64n).toString(16)}`
}
