import { isAbsolute } from "node:path";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { Refuse } from "../options.ts";

/** Where a key comes from that changes. It is fetched when it is wanted first, when its time is over, and when a server refuses it. */
export type KeySource = KeyFunction | KeyCommand | KeyFile;

/** A function of a module that is loaded next to what needs the key, in the gateway: `(options, { env, signal }) => string | { key, expiresAtMs }`, or a promise of that. */
export type KeyFunction = {
  /** A URL, or an absolute path. */
  readonly module: URL | string;
  /** What the function is exported as. @defaultValue "apiKey" */
  readonly export?: string;
  /** Handed to the function: plain data (structured clone). */
  readonly options?: unknown;
  /** Names of variables of the host's environment that the function is given. The gateway's own environment is empty. @defaultValue none */
  readonly env?: readonly string[];
  /** How long a key is used that came without `expiresAtMs`, in ms, 1,000 to 2,147,483,647. @defaultValue 300_000 */
  readonly refreshMs?: number;
  /** How long the function may take, in ms, 1 to 600,000. @defaultValue 30_000 */
  readonly timeoutMs?: number;
};

/** A command that prints the key, such as `["gcloud", "auth", "print-access-token"]`: the program and its arguments, without a shell. */
export type KeyCommand = {
  readonly command: readonly string[];
  /** Names of variables of the host's environment that the command is given. @defaultValue all of them */
  readonly env?: readonly string[];
  /** How long a key is used, in ms, 1,000 to 2,147,483,647. @defaultValue 300_000 */
  readonly refreshMs?: number;
  /** How long the command may take, in ms, 1 to 600,000. It is killed then. @defaultValue 30_000 */
  readonly timeoutMs?: number;
};

/** A file that holds the key and nothing else, as secrets are mounted. It is read again once a second at most, when there is a request. */
export type KeyFile = {
  /** A `file:` URL, or a path. */
  readonly file: URL | string;
};

/** A key as its function gives it. */
export type FetchedKey = {
  readonly key: string;
  /** Unix time in milliseconds. A new key is fetched a minute before, or a tenth of the key's time if that is less. */
  readonly expiresAtMs?: number;
};

/** What a key's function is given beside its options. */
export type KeyContext = {
  readonly env: { readonly [name: string]: string };
  /** Aborts when nobody waits any more: the time is over, or the gateway closes. */
  readonly signal: AbortSignal;
};

const KINDS = {
  module: ["module", "export", "options", "env", "refreshMs", "timeoutMs"],
  command: ["command", "env", "refreshMs", "timeoutMs"],
  file: ["file"],
} as const;

/** Whether a key is one that changes, and not the key itself. */
export function isKeySource(value: unknown): value is KeySource {
  return typeof value === "object" && value !== null;
}

/** Checks where a key is to come from; runs and reads nothing. */
export function checkKeySource(field: string, value: KeySource, refuse: Refuse): void {
  const fields = new Map(Object.entries(value).filter(([, given]) => given !== undefined));
  const kinds = (["module", "command", "file"] as const).filter((kind) => fields.has(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    refuse(field, "a string, or an object with one of module, command and file");
  }
  const known: readonly string[] = KINDS[kind];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    refuse(`${field}.${unknown}`, `left out: next to ${kind} there are ${known.join(", ")}`);
  }
  const check = { module: checkModule, command: checkCommand, file: checkFile }[kind];
  check(`${field}.${kind}`, fields.get(kind), refuse);
  checkName(`${field}.export`, fields.get("export"), refuse);
  checkNames(`${field}.env`, fields.get("env"), refuse);
  checkTime(`${field}.refreshMs`, fields.get("refreshMs"), [1_000, MAX_TIMER_MS], refuse);
  checkTime(`${field}.timeoutMs`, fields.get("timeoutMs"), [1, 600_000], refuse);
}

/** `source` as plain data: URLs do not cross threads. */
export function plainKeySource(source: KeySource): KeySource {
  if ("module" in source) return { ...source, module: String(source.module) };
  return "file" in source ? { file: String(source.file) } : source;
}

/** The variables of the host's environment that a source is to be given. */
export function variablesOf(
  source: KeySource,
  hostEnv: { readonly [name: string]: string | undefined },
): readonly string[] {
  if ("command" in source) return source.env ?? Object.keys(hostEnv);
  return "module" in source ? (source.env ?? []) : [];
}

function checkModule(field: string, value: unknown, refuse: Refuse): void {
  if (value instanceof URL) return;
  if (isText(value) && (isAbsolute(value) || URL.canParse(value))) return;
  refuse(
    field,
    "a URL, or an absolute path; for a file next to yours: new URL(…, import.meta.url)",
  );
}

function checkCommand(field: string, value: unknown, refuse: Refuse): void {
  if (!Array.isArray(value) || !isText(value[0]) || !value.every(isArgument)) {
    refuse(field, "an array of strings: a program, and its arguments");
  }
}

function checkFile(field: string, value: unknown, refuse: Refuse): void {
  const isFileUrl = value instanceof URL && value.protocol === "file:";
  if (!isFileUrl && !isText(value)) refuse(field, "a file: URL, or a path");
}

function checkName(field: string, value: unknown, refuse: Refuse): void {
  if (value !== undefined && !isText(value)) refuse(field, "the name of an export");
}

function checkNames(field: string, value: unknown, refuse: Refuse): void {
  if (value === undefined) return;
  if (!Array.isArray(value) || !value.every(isText)) refuse(field, "an array of names");
}

function checkTime(
  field: string,
  value: unknown,
  [min, max]: readonly [number, number],
  refuse: Refuse,
): void {
  if (value === undefined) return;
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    refuse(field, `an integer from ${min} to ${max}`);
  }
}

function isText(value: unknown): value is string {
  return isArgument(value) && value !== "";
}

function isArgument(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}
