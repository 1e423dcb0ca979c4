import { validateHeaderName, validateHeaderValue } from "node:http";
import { Network } from "../../network/network.ts";
import type { NetworkOptions } from "../../network/options.ts";
import { checkNetwork } from "../../network/options.ts";
import {
  booleanOption,
  checkOptions,
  integerOption,
  listOption,
  refuseOption,
  textOption,
} from "../option-check.ts";

export type HttpOptions = {
  /**
   * Hosts that may be asked: `example.com`, `*.example.com` for all below it, `*` for all. A port, as in `localhost:8080`, allows that port only; without one, any.
   * IPv6 addresses stand in brackets.
   */
  readonly allow: readonly string[];
  /** How much is read of a body, 1 to 16,777,216. @defaultValue 262_144 */
  readonly maxBytes?: number;
  /** How long a call may take with all its redirects, in ms, 1 to 2,147,483,647. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Those other than GET and HEAD need approval. @defaultValue ["GET", "HEAD"] */
  readonly methods?: readonly string[];
  /** Sent to all of the hosts. `authorization` and `cookie` are not sent on to where another origin redirects. @defaultValue none */
  readonly headers?: { readonly [name: string]: string };
  /** Whether a host may be in a private network, or be this machine, also when it is not named in `allow` itself. @defaultValue false */
  readonly allowPrivate?: boolean;
  /** Proxy, certificate authorities and client certificate, for all of the hosts. @defaultValue what the host's environment says */
  readonly network?: NetworkOptions;
};

/** A host of `allow`. */
export type AllowedHost = {
  /** Without `*`; all below it if `isBelow`. */
  readonly host: string;
  readonly isBelow: boolean;
  readonly port: string | undefined;
};

export type HttpSettings = {
  readonly allow: readonly AllowedHost[];
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly methods: readonly string[];
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly allowPrivate: boolean;
  readonly network: Network;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** Those are the connection's, or the request's own. */
const RESERVED = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"];
const KNOWN = ["allow", "maxBytes", "timeoutMs", "methods", "headers", "allowPrivate", "network"];

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function httpSettings(options: HttpOptions): HttpSettings {
  checkOptions(options, KNOWN);
  const { allow, maxBytes, timeoutMs, methods = ["GET", "HEAD"], headers = {} } = options;
  const hosts = listOption("allow", allow).map(allowedHost);
  if (hosts.length === 0) refuseOption("allow", "an array of at least one host");
  const allowedMethods = listOption("methods", methods).map(allowedMethod);
  if (allowedMethods.length === 0) refuseOption("methods", "an array of at least one method");
  return {
    allow: hosts,
    maxBytes: integerOption("maxBytes", maxBytes, { min: 1, max: 16_777_216 }, 262_144),
    timeoutMs: integerOption("timeoutMs", timeoutMs, { min: 1, max: 2_147_483_647 }, 30_000),
    methods: allowedMethods,
    headers: checkedHeaders(headers),
    allowPrivate: booleanOption("allowPrivate", options.allowPrivate),
    network: networkOf(options.network ?? {}),
  };
}

/** No connection is kept: none is used that was made for something else. */
function networkOf(options: NetworkOptions): Network {
  checkNetwork("network", options, refuseOption);
  return new Network("", options, process.env, { keepAlive: false });
}

function allowedHost(given: unknown, i: number): AllowedHost {
  const field = `allow[${i}]`;
  const text = textOption(field, given);
  if (text === "*") return { host: "", isBelow: true, port: undefined };
  const [, below, named = "", port] =
    /^(\*\.)?(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = canonicalHost(named);
  if (host === undefined)
    refuseOption(field, 'a host, such as "example.com", "*.example.com" or "localhost:8080"');
  return { host: below ? `.${host}` : host, isBelow: below !== undefined, port };
}

/** As a URL has it: in lower case, without other ways to write an address. */
function canonicalHost(named: string): string | undefined {
  if (named === "" || /[/?#@\\\s*]/.test(named)) return undefined;
  return URL.parse(`http://${named}`)?.hostname;
}

function allowedMethod(method: unknown, i: number): string {
  if (typeof method === "string" && METHODS.includes(method)) return method;
  refuseOption(`methods[${i}]`, `one of ${METHODS.join(", ")}`);
}

function checkedHeaders(headers: unknown): { readonly [name: string]: string } {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    refuseOption("headers", "an object of strings");
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const isReserved = RESERVED.includes(name.toLowerCase());
      if (typeof value !== "string" || isReserved || !isHeader(name, value)) {
        refuseOption(`headers.${name}`, "a header of HTTP, and none that the connection needs");
      }
      return [name.toLowerCase(), value];
    }),
  );
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
