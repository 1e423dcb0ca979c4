import { parse } from "node:path";
import { HeddleError } from "../../errors.ts";
import type { KeySource } from "../../network/keys/key-source.ts";
import { checkKeySource, isKeySource, plainKeySource } from "../../network/keys/key-source.ts";
import type { NetworkOptions } from "../../network/options.ts";
import { checkNetwork } from "../../network/options.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { McpSource } from "./descriptor.ts";

const DEFAULT_CONNECT_MS = 30_000;
const MAX_NAME = 64;
const APPROVALS = ["hinted", "always", "never"] as const;

type Fields = { readonly [name: string]: unknown };
type Server = McpSource["server"];

/** Whether `value` is meant to be a source of tools of this kind. Whether it is a good one, `checkedMcpSource` says. */
export function isMcpSource(value: unknown): value is McpSource {
  return typeof value === "object" && value !== null && (value as Fields)["type"] === "mcp";
}

/**
 * A copy of `value`, with the defaults filled in, that shares nothing with it.
 *
 * @param label what the message begins with.
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function checkedMcpSource(label: string, value: unknown): McpSource {
  const check: FieldCheck = new FieldCheck(label);
  const source = check.object("options", value);
  check.known(source, ["type", "server", "name", "prefix", "approvals", "connectMs", "timeoutMs"]);
  const server = checkedServer(check, check.object("server", source["server"]));
  const { name = nameOf(server), prefix = "", approvals = "hinted" } = source;
  if (typeof name !== "string" || name.length > MAX_NAME || !/^[^\p{Cc}]+$/u.test(name)) {
    check.refuse("name", `1 to ${MAX_NAME} characters, without control characters`);
  }
  if (typeof prefix !== "string" || !/^[a-zA-Z0-9_-]{0,32}$/.test(prefix)) {
    check.refuse("prefix", "up to 32 of a-z, A-Z, 0-9, _ and -");
  }
  const allowed = APPROVALS.find((one) => one === approvals);
  if (!allowed) check.refuse("approvals", APPROVALS.map((one) => `"${one}"`).join(", "));
  const connectMs = check.deadline("connectMs", source["connectMs"]) ?? DEFAULT_CONNECT_MS;
  const timeoutMs = check.deadline("timeoutMs", source["timeoutMs"]);
  const plain = { type: "mcp", server, name, prefix, approvals: allowed, connectMs } as const;
  return timeoutMs === undefined ? plain : { ...plain, timeoutMs };
}

function checkedServer(check: FieldCheck, server: Fields): Server {
  if ("command" in server === "url" in server) {
    check.refuse("server", "an object with either a command or a url");
  }
  return "command" in server ? stdioServer(check, server) : httpServer(check, server);
}

function stdioServer(check: FieldCheck, server: Fields): Server {
  check.known(server, ["command", "args", "env", "cwd"]);
  const { command } = server;
  if (!isText(command) || command === "") check.refuse("command", "a string that is not empty");
  const { args } = server;
  if (args !== undefined && !(Array.isArray(args) && args.every(isText))) {
    check.refuse("args", "an array of strings");
  }
  const cwd = check.path("cwd", server["cwd"]);
  const env = check.texts("env", server["env"]);
  if (Object.keys(env ?? {}).some((name) => name === "" || name.includes("="))) {
    check.refuse("env", "an object whose names are not empty and have no =");
  }
  return {
    command,
    ...(args === undefined ? {} : { args: [...args] }),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  };
}

function httpServer(check: FieldCheck, server: Fields): Server {
  check.known(server, ["url", "headers", "apiKey", "network"]);
  const given = server["url"];
  const url = given instanceof URL || isText(given) ? URL.parse(given) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) check.refuse("url", "an http(s) URL");
  if (url.username !== "" || url.password !== "") {
    check.refuse("url", "a URL without user and password: keys go in headers");
  }
  const headers = check.texts("headers", server["headers"]);
  try {
    new Headers(headers);
  } catch {
    // Without the cause: it shows the value.
    check.refuse("headers", "an object of HTTP header names and values");
  }
  const network = networkOf(check, server["network"]);
  const apiKey = keyOf(check, server["apiKey"]);
  if (apiKey !== undefined && new Headers(headers).has("authorization")) {
    check.refuse("apiKey", "left out next to a header authorization");
  }
  return {
    url: url.href,
    ...(headers === undefined ? {} : { headers }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(network === undefined ? {} : { network }),
  };
}

function keyOf(check: FieldCheck, value: unknown): KeySource | undefined {
  if (value === undefined) return undefined;
  if (!isKeySource(value)) {
    check.refuse("apiKey", "an object with module, command or file; other keys go in headers");
  }
  checkKeySource("apiKey", value, (field, expected) => check.refuse(field, expected));
  return structuredClone(plainKeySource(value));
}

function networkOf(check: FieldCheck, value: unknown): NetworkOptions | undefined {
  if (value === undefined) return undefined;
  checkNetwork("network", value, (field, expected) => check.refuse(field, expected));
  return structuredClone(value as NetworkOptions);
}

function nameOf(server: Server): string {
  const name = "url" in server ? new URL(server.url).host : parse(server.command).name;
  return name.slice(0, MAX_NAME);
}

/** NUL ends a string for the system: what is behind it would be dropped. */
function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

/** Never shows a value: it may be a key. */
class FieldCheck {
  readonly #label: string;

  constructor(label: string) {
    this.#label = label;
  }

  refuse(field: string, expected: string): never {
    const message = `${this.#label}: ${field} must be ${expected}`;
    throw new HeddleError("INVALID_OPTION", message, { details: { field } });
  }

  object(field: string, value: unknown): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Fields;
    }
    this.refuse(field, "an object");
  }

  known(fields: Fields, known: readonly string[]): void {
    const unknown = Object.keys(fields).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const message = `${this.#label}: ${unknown} is unknown; known are ${known.join(", ")}`;
    throw new HeddleError("INVALID_OPTION", message, { details: { field: unknown } });
  }

  texts(field: string, value: unknown): { readonly [name: string]: string } | undefined {
    if (value === undefined) return undefined;
    const entries = Object.entries(this.object(field, value));
    if (entries.every(([name, text]) => isText(name) && isText(text))) {
      return Object.fromEntries(entries) as { readonly [name: string]: string };
    }
    this.refuse(field, "an object of strings");
  }

  path(field: string, value: unknown): string | undefined {
    if (value === undefined || (isText(value) && value !== "")) return value;
    this.refuse(field, "a path");
  }

  deadline(field: string, value: unknown): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 1 && value <= MAX_TIMER_MS) return value;
    this.refuse(field, `a number from 1 to ${MAX_TIMER_MS}`);
  }
}
