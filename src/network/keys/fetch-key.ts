import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../../errors.ts";
import type { Environment } from "../proxies.ts";
import { runKeyCommand } from "./key-command.ts";
import { foreignWords, noKey } from "./key-failure.ts";
import type { FetchedKey, KeyCommand, KeyFile, KeyFunction, KeySource } from "./key-source.ts";

const DEFAULT_REFRESH_MS = 300_000;
const FILE_REFRESH_MS = 1_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_KEY_LENGTH = 65_536;
/** What Node would refuse in a header, with an error that prints it. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** How long a key of this source is used that does not say when it ends. */
export function refreshMsOf(source: KeySource): number {
  return "file" in source ? FILE_REFRESH_MS : (source.refreshMs ?? DEFAULT_REFRESH_MS);
}

/**
 * Has the key fetched, once.
 *
 * @param env the variables that the source may have.
 * @param closed ends it.
 * @throws {HeddleError} `PROVIDER_AUTH` that says why there is none.
 */
export async function fetchKey(
  source: KeySource,
  env: Environment,
  closed: AbortSignal,
): Promise<FetchedKey> {
  if ("file" in source) return { key: checkedKey(nameOf(source), await keyInFile(source)) };
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = source;
  const signal = AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]);
  if ("command" in source) {
    const printed = await runKeyCommand(source.command, {
      env: granted(source, env),
      signal,
      timeoutMs,
    });
    return { key: checkedKey(nameOf(source), printed) };
  }
  const late = rejectionOf(signal, `${nameOf(source)} has given none within ${timeoutMs} ms`);
  return await Promise.race([keyOfFunction(source, granted(source, env), signal), late]);
}

async function keyOfFunction(
  source: KeyFunction,
  env: { readonly [name: string]: string },
  signal: AbortSignal,
): Promise<FetchedKey> {
  const name = nameOf(source);
  const make = await importFunction(source);
  let made: unknown;
  try {
    made = await make(source.options, { env, signal });
  } catch (error) {
    // Without the cause: it may show what the key was asked with.
    throw noKey(
      `${name} threw${foreignWords(describe(error), env, textsIn(source.options))}`,
      true,
    );
  }
  const { key, expiresAtMs } =
    typeof made === "string"
      ? { key: made, expiresAtMs: undefined }
      : (Object(made) as Partial<FetchedKey>);
  const text = checkedKey(name, key);
  if (expiresAtMs === undefined) return { key: text };
  if (typeof expiresAtMs === "number" && Number.isFinite(expiresAtMs)) {
    return { key: text, expiresAtMs };
  }
  throw noKey(`expiresAtMs of ${name} must be a Unix time in milliseconds`, false);
}

async function importFunction(
  source: KeyFunction,
): Promise<(options: unknown, context: object) => unknown> {
  const { module, export: exported = "apiKey" } = source;
  const url = isAbsolute(String(module)) ? pathToFileURL(String(module)).href : String(module);
  let loaded: { readonly [name: string]: unknown };
  try {
    loaded = await import(url);
  } catch (error) {
    throw noKey(`${nameOf(source)} cannot be loaded: ${describe(error)}`, false);
  }
  const make = loaded[exported];
  if (typeof make === "function") return make as (options: unknown, context: object) => unknown;
  const found = Object.keys(loaded).join(", ") || "nothing";
  throw noKey(`the module ${url} must export a function ${exported} (it exports: ${found})`, false);
}

async function keyInFile({ file }: KeyFile): Promise<string> {
  const place = String(file).startsWith("file:") ? new URL(file) : String(file);
  try {
    return await readFile(place, "utf8");
  } catch (error) {
    throw noKey(`the file ${String(file)} cannot be read: ${describe(error)}`, true);
  }
}

/** The key without white space around it, if it is one. */
function checkedKey(name: string, given: unknown): string {
  const key = typeof given === "string" ? given.trim() : "";
  if (key === "") throw noKey(`${name} has given none`, false);
  if (key.length <= MAX_KEY_LENGTH && SENDABLE.test(key)) return key;
  throw noKey(`${name} has given a text of several lines, or one that cannot be sent`, false);
}

/** All texts of plain data: what a function is given may be as secret as what it makes of it. */
function textsIn(data: unknown): readonly string[] {
  if (typeof data === "string") return [data];
  if (typeof data !== "object" || data === null) return [];
  return Object.values(data).flatMap(textsIn);
}

function granted(
  source: KeyFunction | KeyCommand,
  env: Environment,
): { readonly [name: string]: string } {
  const names = source.env ?? ("command" in source ? Object.keys(env) : []);
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

function nameOf(source: KeySource): string {
  if ("file" in source) return `the file ${String(source.file)}`;
  if ("command" in source) return `the command ${source.command[0]}`;
  return `the function ${source.export ?? "apiKey"} of ${String(source.module)}`;
}

function rejectionOf(signal: AbortSignal, why: string): Promise<never> {
  return new Promise((_, reject) => {
    const late = (): void => reject(noKey(why, true));
    if (signal.aborted) late();
    signal.addEventListener("abort", late, { once: true });
  });
}
