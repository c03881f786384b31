/**
 * IP addresses and networks as numbers, so that they compare by bits and not by spelling. Not for host names and
 * not for the judgement which addresses are allowed (`address-guard.ts`).
 */
import { isIPv4, isIPv6 } from 'node:net'

/** An address: 32 or 128 bits in one number. */
export type IpAddress = { readonly version: 4 | 6; readonly value: bigint }

/** A network: all addresses of the version whose first `prefix` bits equal those of `base`. */
export type Cidr = IpAddress & { readonly prefix: number }

const widthOf = (version: 4 | 6): number => (version === 4 ? 32 : 128)

const parseIpv4 = (text: string): bigint =>
  text.split('.').reduce((value, octet) => value * 256n + BigInt(octet), 0n)

const ipv6Groups = (half: string): readonly bigint[] =>
  half === ''
    ? []
    : half.split(':').flatMap((group) => {
        if (!group.includes('.')) return [BigInt(`0x${group}`)]
        const embedded = parseIpv4(group)
        return [embedded >> 16n, embedded & 0xffffn]
      })

const parseIpv6 = (text: string): bigint => {
  const [head = '', tail] = text.split('::')
  const left = ipv6Groups(head)
  const right = tail === undefined ? [] : ipv6Groups(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n)
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | group, 0n)
}

/**
 * Reads an IP address in the spellings that the system's resolver and `socket.remoteAddress` use: dotted IPv4, and
 * IPv6 with or without a zone (`fe80::1%eth0`), which is ignored. Returns undefined for everything else.
 */
export const parseIp = (text: string): IpAddress | undefined => {
  if (isIPv4(text)) return { version: 4, value: parseIpv4(text) }
  if (!isIPv6(text)) return undefined
  const zoneAt = text.indexOf('%')
  return { version: 6, value: parseIpv6(zoneAt === -1 ? text : text.slice(0, zoneAt)) }
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. Throws an Error that names the text when it is neither. */
export const parseCidr = (text: string): Cidr => {
  const [address = '', prefixText, ...rest] = text.trim().split('/')
  const ip = parseIp(address)
  if (ip === undefined || rest.length > 0) {
    throw new Error(`not a network: "${text}" (write it as 10.0.0.0/8 or fd00::/8)`)
  }
  const width = widthOf(ip.version)
  const prefix = prefixText === undefined ? width : Number(prefixText)
  if (prefixText !== undefined && (!/^\d{1,3}$/.test(prefixText) || prefix > width)) {
    throw new Error(`not a network: "${text}" (the part after / is 0 to ${width})`)
  }
  return { ...ip, prefix }
}

/** Is the address in the network? Never for different versions. */
export const isInNetwork = (ip: IpAddress, network: Cidr): boolean => {
  if (ip.version !== network.version) return false
  const hostBits = BigInt(widthOf(ip.version) - network.prefix)
  return ip.value >> hostBits === network.value >> hostBits
}
