import { readFileSync } from "node:fs";
import type { SecureContext } from "node:tls";
import { createSecureContext, getCACertificates } from "node:tls";
import { describe } from "../errors.ts";
import type { NetworkOptions, Refuse } from "./options.ts";
import { isCertificate, isPem } from "./options.ts";

/** What TLS connections are made with. Undefined: Node's own. */
export type Credentials = {
  readonly server: SecureContext | undefined;
  /** For a proxy that is spoken to by TLS: it is not shown the client certificate. */
  readonly proxy: SecureContext | undefined;
};

/**
 * Reads what the options name, once: made for each connection, a list of authorities would be parsed for each.
 *
 * @param refuse is told the field, and the file where one is named; never what is in it.
 */
export function credentialsOf(options: NetworkOptions, refuse: Refuse): Credentials {
  const ca = options.ca === undefined ? undefined : { ca: authorities(options.ca, refuse) };
  const own = ownCertificate(options, refuse);
  const proxy = ca && createSecureContext(ca);
  if (own === undefined) return { server: proxy, proxy };
  try {
    return { server: createSecureContext({ ...ca, ...own }), proxy };
  } catch (error) {
    const field = options.pfx === undefined ? "key" : "pfx";
    const fits = options.pfx === undefined ? "the key of cert in PEM" : "a PKCS #12 file";
    const opened = `${fits}, opened by passphrase if it is encrypted`;
    return refuse(`network.${field}`, `${opened} (${describe(error)})`);
  }
}

function authorities(ca: string | readonly string[], refuse: Refuse): (string | Buffer)[] {
  const list = typeof ca === "string" ? [ca] : ca;
  return list.flatMap((entry, i) => {
    if (entry === "default") return getCACertificates("default");
    const field = typeof ca === "string" ? "network.ca" : `network.ca[${i}]`;
    const pem = contentOf(field, entry, refuse);
    if (isCertificate(pem)) return [pem];
    return refuse(field, `a certificate in PEM; ${placeOf(entry)} holds none that can be read`);
  });
}

function ownCertificate({ cert, key, pfx, passphrase }: NetworkOptions, refuse: Refuse) {
  const secret = passphrase === undefined ? {} : { passphrase };
  if (pfx !== undefined) {
    const bytes = typeof pfx === "string" ? contentOf("network.pfx", pfx, refuse) : pfx;
    return { pfx: Buffer.from(bytes), ...secret };
  }
  if (cert === undefined || key === undefined) return undefined;
  const chain = contentOf("network.cert", cert, refuse);
  if (!isCertificate(chain)) {
    refuse("network.cert", `a certificate in PEM; ${placeOf(cert)} holds none that can be read`);
  }
  return { cert: chain, key: contentOf("network.key", key, refuse), ...secret };
}

function contentOf(field: string, given: string, refuse: Refuse): string | Buffer {
  if (isPem(given)) return given;
  try {
    return readFileSync(given);
  } catch (error) {
    const isDenied = (error as { code?: unknown }).code === "ERR_ACCESS_DENIED";
    const mend = isDenied ? "; permissions.fsRead would allow it, or give the text itself" : "";
    return refuse(field, `PEM text, or a file that can be read: ${describe(error)}${mend}`);
  }
}

function placeOf(given: string): string {
  return isPem(given) ? "the text" : given;
}
