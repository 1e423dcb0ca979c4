import { X509Certificate } from "node:crypto";
import { exceptionOf } from "./no-proxy.ts";
import { proxyUrl } from "./proxies.ts";

/** How a server is reached. All optional: what is left out comes from the host's environment. */
export type NetworkOptions = {
  /**
   * The URL of an `http:` or `https:` proxy, with its user and password if it wants them; false for none. It is then used for every host but those of
   * `noProxy`, this machine included. @defaultValue `HTTPS_PROXY` or `HTTP_PROXY` by the URL that is asked, else `ALL_PROXY`; never for this machine itself
   */
  readonly proxy?: string | false;
  /**
   * Hosts that are asked without a proxy: names (with all below them), `*.example.com`, addresses, networks such as `10.0.0.0/8`, each also with a port;
   * `*` for all. @defaultValue `NO_PROXY`
   */
  readonly noProxy?: readonly string[];
  /**
   * Certificate authorities, each as PEM text or as a file's path. They are trusted in place of Node's own; `"default"` among them keeps those as well.
   * @defaultValue Node's own, and those of `NODE_EXTRA_CA_CERTS`
   */
  readonly ca?: string | readonly string[];
  /** A client certificate with its chain, as PEM text or as a file's path. Needs `key`. @defaultValue none */
  readonly cert?: string;
  /** The key of `cert`, as PEM text or as a file's path. */
  readonly key?: string;
  /** In place of `cert` and `key`: both in PKCS #12, as a file's path or as bytes. */
  readonly pfx?: string | Uint8Array;
  /** Of `key` or `pfx`. */
  readonly passphrase?: string;
  /**
   * What stands for the host's environment: values of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
   * @defaultValue the host's own
   */
  readonly env?: { readonly [name: string]: string };
};

/** Says that a field is not what was expected. */
export type Refuse = (field: string, expected: string) => never;

type Check = (field: string, value: unknown, refuse: Refuse) => void;

const CHECKS: { readonly [field in keyof Required<NetworkOptions>]: Check } = {
  proxy: checkProxy,
  noProxy: checkNoProxy,
  ca: checkCa,
  cert: checkPem,
  key: checkPem,
  pfx: checkPfx,
  passphrase: checkText,
  env: checkEnv,
};

/**
 * Checks network options, but reads no file. No message holds a value: there are keys among them.
 *
 * @param field what messages begin with.
 */
export function checkNetwork(field: string, value: unknown, refuse: Refuse): void {
  if (!isRecord(value)) refuse(field, "an object");
  const known = Object.keys(CHECKS);
  for (const [name, option] of Object.entries(value)) {
    if (!known.includes(name))
      refuse(`${field}.${name}`, `left out: there are ${known.join(", ")}`);
    const check = CHECKS[name as keyof NetworkOptions];
    if (option !== undefined) check(`${field}.${name}`, option, refuse);
  }
  checkTogether(field, value, refuse);
}

/** What belongs together, and what does not. */
function checkTogether(field: string, options: NetworkOptions, refuse: Refuse): void {
  const { cert, key, pfx, passphrase } = options;
  if ((cert === undefined) !== (key === undefined)) {
    refuse(
      `${field}.${cert === undefined ? "cert" : "key"}`,
      "given: cert and key belong together",
    );
  }
  if (pfx !== undefined && cert !== undefined)
    refuse(`${field}.pfx`, "left out next to cert and key");
  if (passphrase !== undefined && key === undefined && pfx === undefined) {
    refuse(`${field}.passphrase`, "left out without key or pfx");
  }
}

/** Whether `text` is PEM, and not a path to it. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

function checkProxy(field: string, value: unknown, refuse: Refuse): void {
  if (value === false) return;
  if (typeof value !== "string" || typeof proxyUrl(value) === "string") {
    refuse(field, "the URL of an http or https proxy, as a string, or false for none");
  }
}

function checkNoProxy(field: string, value: unknown, refuse: Refuse): void {
  if (!Array.isArray(value)) refuse(field, "an array of hosts");
  for (const [i, entry] of value.entries()) {
    if (typeof entry !== "string" || exceptionOf(entry.trim()) === undefined) {
      refuse(
        `${field}[${i}]`,
        'a host, such as "example.com", "*.example.com:8080" or "10.0.0.0/8"',
      );
    }
  }
}

function checkCa(field: string, value: unknown, refuse: Refuse): void {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) refuse(field, "at least one certificate");
  for (const [i, entry] of list.entries()) {
    const place = Array.isArray(value) ? `${field}[${i}]` : field;
    checkPem(place, entry, refuse);
    if (isPem(String(entry)) && !isCertificate(String(entry))) {
      refuse(place, "a certificate in PEM that can be read");
    }
  }
}

function checkPem(field: string, value: unknown, refuse: Refuse): void {
  if (!isText(value)) refuse(field, "PEM text, or the path of a file");
}

function checkPfx(field: string, value: unknown, refuse: Refuse): void {
  if (!(value instanceof Uint8Array) && !isText(value))
    refuse(field, "bytes, or the path of a file");
}

function checkText(field: string, value: unknown, refuse: Refuse): void {
  if (typeof value !== "string") refuse(field, "a string");
}

function checkEnv(field: string, value: unknown, refuse: Refuse): void {
  const isEnv = isRecord(value) && Object.values(value).every((one) => typeof one === "string");
  if (!isEnv) refuse(field, "an object of strings");
}

/** Whether the first certificate of a text in PEM can be read. */
export function isCertificate(pem: string | Buffer): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && !value.includes("\0");
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
