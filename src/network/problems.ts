import { describe } from "../errors.ts";
import type { ProxyServer } from "./proxies.ts";

/** What went wrong below a request, for a person, and whether the same request may work later. */
export type NetworkProblem = { readonly message: string; readonly isPassing: boolean };

/** A proxy has refused, or was not reached. It stays in here: `problemOf` makes words of it. */
export class ProxyError extends Error {
  readonly isPassing: boolean;

  constructor(message: string, isPassing: boolean, cause?: Error) {
    super(message, { cause });
    this.isPassing = isPassing;
  }

  static ofStatus(proxy: ProxyServer, status: number): ProxyError {
    if (status === 407) return new ProxyError(wantsCredentials(proxy), false);
    const isPassing = status >= 500 || status === 429 || status === 408;
    const said = `${shown(proxy)} would not connect to the server: it answered ${status}`;
    return new ProxyError(said, isPassing);
  }
}

export function unreachable(proxy: ProxyServer, error: Error): ProxyError {
  const certificate = certificateProblem(error, shown(proxy));
  if (certificate !== undefined) return new ProxyError(certificate, false, error);
  return new ProxyError(`${shown(proxy)} cannot be reached: ${describe(error)}`, true, error);
}

/** What an answer with status 407 says: only a proxy gives one. */
export function wantsCredentials(proxy: ProxyServer | undefined): string {
  const who = proxy === undefined ? "a proxy on the way" : shown(proxy);
  return `${who} wants a user and a password, or others (407): put them into its URL, http://user:password@host:port`;
}

/**
 * Undefined when there is nothing to say beside the error's own words.
 *
 * @param host the server that was asked.
 * @param proxy by which plain HTTP was sent: then every error is of the way to the proxy.
 */
export function problemOf(
  error: unknown,
  host: string,
  proxy?: ProxyServer,
): NetworkProblem | undefined {
  if (error instanceof ProxyError) return { message: error.message, isPassing: error.isPassing };
  if (!(error instanceof Error)) return undefined;
  if (proxy !== undefined) return problemOf(unreachable(proxy, error), host);
  const message = certificateProblem(error, host);
  return message === undefined ? undefined : { message, isPassing: false };
}

/** Without credentials. */
function shown({ url, source }: ProxyServer): string {
  return `the proxy ${url.host} (of ${source})`;
}

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_UNTRUSTED",
  "INVALID_CA",
  "CERT_SIGNATURE_FAILURE",
]);

/** What OpenSSL says of a certificate, and is not about its authority. */
const OF_A_CERTIFICATE =
  /^(CERT_|ERROR_IN_CERT_|UNABLE_TO_DECODE_ISSUER_|UNABLE_TO_DECRYPT_|CRL_|UNABLE_TO_GET_CRL|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE)/;
/** Alerts of a server that has looked at our certificate. */
const OF_OUR_CERTIFICATE = /alert (.* )?(certificate|unknown ca|access denied)/;
const NO_TLS = /wrong version number|packet length too long/;

function certificateProblem(error: Error, host: string): string | undefined {
  const { code = "" } = error as { code?: string };
  const whose = `the certificate of ${host}`;
  if (UNKNOWN_AUTHORITY.has(code)) {
    return (
      `${whose} is signed by nobody who is trusted here (${code}): name the file of its CA in NODE_EXTRA_CA_CERTS, ` +
      "or in the option network.ca. Where a company's proxy opens TLS, it is that proxy's CA"
    );
  }
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return `${whose}, or of a CA above it, has expired (${code}): it must be renewed there, unless this machine's clock is wrong`;
    case "CERT_NOT_YET_VALID":
      return `${whose}, or of a CA above it, is not valid yet (${code}): is this machine's clock right?`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
    case "HOSTNAME_MISMATCH":
      return `${whose} is for other names (${code}): ask it by a name that it has. ${describe(error)}`;
    default:
  }
  const alert = alertOf(code, error.message);
  if (NO_TLS.test(alert)) {
    return `${host} does not speak TLS (${code}): should its URL begin with http:?`;
  }
  if (OF_OUR_CERTIFICATE.test(alert)) {
    return `${host} wants a client certificate, or another one (${code}): give it by the options network.cert and network.key, or network.pfx`;
  }
  return OF_A_CERTIFICATE.test(code) ? `${whose} is not good: ${describe(error)}` : undefined;
}

/** What OpenSSL says of a handshake: by its code, or by the message where the code is that of a write. */
function alertOf(code: string, message: string): string {
  const said = code === "EPROTO" ? message : code;
  return /^(ERR_SSL_|EPROTO)/.test(code) ? said.toLowerCase().replaceAll("_", " ") : "";
}
