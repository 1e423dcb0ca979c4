import { HeddleError } from "../errors.ts";
import { exceptionOf, exceptionsOf } from "./no-proxy.ts";
import type { NetworkOptions } from "./options.ts";

/** A host's environment, or the part of it that is known here. */
export type Environment = { readonly [name: string]: string | undefined };

/** A proxy, and who has named it. */
export type ProxyServer = { readonly url: URL; readonly source: string };

/** The variables that say which proxy is used. A thread has an empty environment: it must be given them. */
export const PROXY_VARIABLES: readonly string[] = [
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
].flatMap((name) => [name, name.toLowerCase()]);

/** Those of `PROXY_VARIABLES` that are set. */
export function hostProxies(env: Environment): { readonly [name: string]: string } {
  return Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

/**
 * By which proxy `url` is asked; undefined: by none.
 *
 * | | |
 * |---|---|
 * | the option is false | by none |
 * | the host is one of `noProxy`, or of `NO_PROXY` without that option | by none |
 * | the option names a proxy | by that |
 * | the host is this machine | by none |
 * | `https_proxy`, `http_proxy` by the URL's protocol, else `all_proxy`; the lower case first, as curl has it | by that |
 *
 * @throws {HeddleError} `INVALID_OPTION` when the variable that counts names no HTTP proxy: to pass the proxy by could be worse than not to go on.
 */
export function proxyFor(
  url: URL,
  { proxy, noProxy, env: given }: NetworkOptions,
  hostEnv: Environment,
): ProxyServer | undefined {
  if (proxy === false) return undefined;
  const env = given ?? hostEnv;
  const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const exceptions = noProxy?.flatMap((entry) => exceptionOf(entry.trim()) ?? []);
  const isExcepted = exceptions ?? exceptionsOf(variable(env, "no_proxy")?.value ?? "");
  if (isExcepted.some((isMeant) => isMeant(host, port))) return undefined;
  if (proxy !== undefined) return namedProxy("network.proxy", proxy);
  if (isThisMachine(host)) return undefined;
  const found = variable(env, `${url.protocol.slice(0, -1)}_proxy`) ?? variable(env, "all_proxy");
  return found && namedProxy(found.name, found.value);
}

/** The URL of a proxy as users write it, also without `http://`; or what is wrong with it. */
export function proxyUrl(text: string): URL | "no URL" | "not http" {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (!url?.hostname || !isDecodable(url.username + url.password)) return "no URL";
  return url.protocol === "http:" || url.protocol === "https:" ? url : "not http";
}

/** Whether user and password are percent-encoded as they must be. */
function isDecodable(credentials: string): boolean {
  try {
    decodeURIComponent(credentials);
    return true;
  } catch {
    return false;
  }
}

function namedProxy(source: string, text: string): ProxyServer {
  const url = proxyUrl(text);
  if (url instanceof URL) return { url, source };
  const what =
    url === "no URL" ? "is no URL of a proxy" : "names a proxy that is neither http nor https";
  const mend = "name an http proxy, the host in NO_PROXY, or set network: { proxy: false }";
  // Without the value: there may be a password in it.
  throw new HeddleError("INVALID_OPTION", `${source} ${what}: ${mend}`, {
    details: { field: source },
  });
}

/** An empty one counts as not set. */
function variable(env: Environment, lowerCase: string) {
  const name = [lowerCase, lowerCase.toUpperCase()].find((one) => (env[one] ?? "").trim() !== "");
  return name === undefined ? undefined : { name, value: (env[name] ?? "").trim() };
}

/** Names are not looked up. */
function isThisMachine(host: string): boolean {
  const isName = host === "localhost" || host.endsWith(".localhost");
  return isName || /^127\.|^0\.0\.0\.0$|^::1?$|^::ffff:7f/.test(host);
}
