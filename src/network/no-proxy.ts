import { BlockList, isIP } from "node:net";

/** Whether a host is among those that are asked without a proxy. */
export type Exception = (host: string, port: number) => boolean;

/**
 * An entry of `NO_PROXY`; undefined when it is none.
 *
 * | entry | hosts |
 * |---|---|
 * | `example.com`, `.example.com` | the name and all below it, as curl has it |
 * | `*.example.com`, `10.1.*`, `*` | what fits, `*` being any text |
 * | `10.0.0.1`, `::1`, `[::1]` | the address |
 * | `10.0.0.0/8`, `fd00::/8` | the addresses of a network |
 * | `10.0.0.1-10.0.0.9` | the addresses from one to the other, as Node has it |
 *
 * Any but a network or a bare IPv6 address may end with `:port`: then only that port is meant. A name is not looked up: networks match addresses only.
 */
export function exceptionOf(entry: string): Exception | undefined {
  const text = entry.toLowerCase();
  const isAddresses = isIP(text) !== 0 || text.includes("/");
  const [, named = "", port] = isAddresses
    ? [text, text, undefined]
    : (/^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? []);
  const isHost = hostsOf(named.replace(/^\[|\]$/g, ""));
  if (isHost === undefined) return undefined;
  return port === undefined ? isHost : (host, asked) => asked === Number(port) && isHost(host);
}

/** The exceptions of a list as environment variables have it; what cannot be read is left out, as everywhere. */
export function exceptionsOf(list: string): readonly Exception[] {
  return list
    .split(/[\s,]+/)
    .map(exceptionOf)
    .filter((one) => one !== undefined);
}

function hostsOf(named: string): ((host: string) => boolean) | undefined {
  if (named === "" || /[^a-z0-9._:*/-]/.test(named)) return undefined;
  const [first = ""] = named.split(/[/-]/);
  if (isIP(first) !== 0) return addressesOf(named);
  if (named.includes("/") || named.includes(":")) return undefined;
  if (named.includes("*")) {
    const fits = new RegExp(`^${named.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
    return (host) => fits.test(host);
  }
  const name = named.replace(/^\./, "");
  return (host) => host === name || host.endsWith(`.${name}`);
}

/** An address, a network or a range. */
function addressesOf(named: string): ((host: string) => boolean) | undefined {
  const [address = "", prefix] = named.split("/");
  if (prefix !== undefined) {
    const bits = isIP(address) === 4 ? 32 : 128;
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
    return listed(address, (list, family) => list.addSubnet(address, Number(prefix), family));
  }
  const [first = "", last = first] = named.split("-");
  if (isIP(first) !== isIP(last)) return undefined;
  return listed(first, (list, family) => list.addRange(first, last, family));
}

function listed(
  address: string,
  add: (list: BlockList, family: "ipv4" | "ipv6") => void,
): ((host: string) => boolean) | undefined {
  const list = new BlockList();
  try {
    add(list, familyOf(address));
  } catch {
    // A range from a higher address to a lower one.
    return undefined;
  }
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
