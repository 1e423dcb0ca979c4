import { lookup } from "node:dns";
import { lookup as lookUp } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import { denied, failed } from "../refusal.ts";
import { isPublicAddress } from "./addresses.ts";
import type { HttpSettings } from "./settings.ts";

/** A URL that may be asked, and how its host's address is found. */
export type Target = {
  readonly url: URL;
  /** Gives only addresses that may be connected to: what was checked is what is used, so that the name cannot come to mean something else in between. */
  readonly lookup: LookupFunction;
  readonly mayBePrivate: boolean;
};

/** @throws {HeddleError} `PERMISSION_DENIED` for what the options do not allow, `TOOL_FAILED` for what is no URL. */
export function targetOf(settings: HttpSettings, given: string, base?: URL): Target {
  const url = URL.parse(given, base?.href);
  if (!url) throw failed(`${given}: this is no URL`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw denied(`${given}: only http and https can be used`);
  }
  if (url.username !== "" || url.password !== "") {
    throw denied("a URL with a user's name or a password is not used");
  }
  const allowed = settings.allow.filter((one) => isOf(one, url));
  if (allowed.length === 0) throw denied(`${url.host}: this host is not one of those allowed`);
  const mayBePrivate = settings.allowPrivate || allowed.some(({ isBelow }) => !isBelow);
  const address = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) !== 0 && !mayBePrivate && !isPublicAddress(address)) throw notPublic(url.host);
  return { url, lookup: checkedLookup(mayBePrivate), mayBePrivate };
}

/**
 * Refuses a target that is to be asked by a proxy if its name, as it is looked up here, has a private address.
 *
 * The proxy looks the name up for itself, and may find another address: what is checked here is not what is used. A name that cannot be looked up here is
 * the proxy's to judge, as all names are in networks without a DNS of the outside.
 *
 * @throws {HeddleError} `PERMISSION_DENIED`.
 */
export async function checkForProxy({ url, mayBePrivate }: Target): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (mayBePrivate || isIP(host) !== 0) return;
  const found = await lookUp(host, { all: true }).catch(() => []);
  if (!found.every(({ address }) => isPublicAddress(address))) throw notPublic(url.host);
}

function isOf(
  { host, isBelow, port }: HttpSettings["allow"][number],
  { hostname, port: givenPort, protocol }: URL,
): boolean {
  // A URL leaves its protocol's own port out.
  const actualPort = givenPort || (protocol === "https:" ? "443" : "80");
  if (port !== undefined && Number(port) !== Number(actualPort)) return false;
  return isBelow ? hostname.endsWith(host) && hostname !== host : hostname === host;
}

function checkedLookup(mayBePrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const usable = found.filter(({ address }) => mayBePrivate || isPublicAddress(address));
      const [first] = usable;
      if (!first) return callback(notPublic(hostname), []);
      if (options.all) return callback(null, usable);
      return callback(null, first.address, first.family);
    });
  };
}

function notPublic(host: string): Error {
  return denied(`${host}: its address is in a private network, or this machine's own`);
}
