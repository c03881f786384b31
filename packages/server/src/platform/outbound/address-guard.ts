/**
 * Which IP addresses an outbound connection may reach: everything on the public internet, nothing else unless the
 * operator allowed its network. Pure; the resolving and connecting is `guarded-connect.ts`.
 */
import { type Cidr, type IpAddress, isInNetwork, parseCidr, parseIp } from './ip-address.ts'

type Range = { readonly network: Cidr; readonly name: string }

const range = (name: string, ...networks: readonly string[]): readonly Range[] =>
  networks.map((network) => ({ network: parseCidr(network), name }))

/**
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; svix-server `is_allowed`. The first match names
 * the address, so narrow ranges stand before wide ones.
 */
const forbiddenRanges: readonly Range[] = [
  ...range('this network', '0.0.0.0/8'),
  ...range('private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'),
  ...range('carrier-grade NAT', '100.64.0.0/10'),
  ...range('loopback', '127.0.0.0/8', '::1/128'),
  // 169.254.169.254 is where clouds hand out credentials.
  ...range('link-local', '169.254.0.0/16', 'fe80::/10'),
  ...range('documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'),
  ...range('documentation', '2001:db8::/32', '3fff::/20'),
  ...range('benchmark', '198.18.0.0/15', '2001:2::/48'),
  ...range('multicast', '224.0.0.0/4', 'ff00::/8'),
  ...range('broadcast', '255.255.255.255/32'),
  ...range('6to4', '192.88.99.0/24', '2002::/16'),
  ...range('unspecified', '::/128'),
  ...range('NAT64', '64:ff9b::/96', '64:ff9b:1::/48'),
  ...range('IPv4-translated', '::ffff:0:0:0/96'),
  ...range('discard', '100::/64'),
  ...range('Teredo', '2001::/32'),
  ...range('segment routing', '5f00::/16'),
  ...range('unique local', 'fc00::/7'),
  ...range('site-local', 'fec0::/10'),
  ...range('reserved', '192.0.0.0/24', '240.0.0.0/4', '2001::/23'),
]

/** The only part of IPv6 that is handed out as public addresses (RFC 4291 §2.4); the rest is refused unseen. */
const globalUnicast = parseCidr('2000::/3')
const embeddingIpv4 = [parseCidr('::ffff:0:0/96'), parseCidr('::/96')]

/** `::ffff:127.0.0.1` and `::127.0.0.1` are 127.0.0.1 in other clothes; `::` and `::1` are addresses of their own. */
const withoutEmbedding = (ip: IpAddress): IpAddress => {
  if (ip.version === 4 || ip.value <= 1n) return ip
  const isEmbedded = embeddingIpv4.some((network) => isInNetwork(ip, network))
  return isEmbedded ? { version: 4, value: ip.value & 0xffff_ffffn } : ip
}

/**
 * Why the address is refused: its class in words ("loopback", "private"), or undefined when it may be reached.
 * Text that is not an IP address is refused as "not an IP address".
 */
export const forbiddenClass = (address: string, allowList: readonly Cidr[]): string | undefined => {
  const written = parseIp(address)
  if (written === undefined) return 'not an IP address'
  const ip = withoutEmbedding(written)
  const isAllowed = (network: Cidr): boolean =>
    isInNetwork(ip, network) || isInNetwork(written, network)
  if (allowList.some(isAllowed)) return undefined
  const found = forbiddenRanges.find((entry) => isInNetwork(ip, entry.network))
  if (found !== undefined) return found.name
  return ip.version === 6 && !isInNetwork(ip, globalUnicast) ? 'reserved' : undefined
}

/** May an outbound connection go to this IP address? `allowList` is the operator's networks, which win. */
export const isAllowedAddress = (address: string, allowList: readonly Cidr[]): boolean =>
  forbiddenClass(address, allowList) === undefined
