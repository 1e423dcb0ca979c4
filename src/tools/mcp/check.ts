import type { NetworkOptions } from "../../network/options.ts";
import { checkNetwork } from "../../network/options.ts";
import type { McpAuth } from "./auth.ts";
import { checkedMcpAuth } from "./check-auth.ts";
import type { McpHttpServer, McpSource } from "./descriptor.ts";
import type { Fields } from "./field-check.ts";
import { FieldCheck, isText } from "./field-check.ts";
import { serverName } from "./server-name.ts";
import type { McpToolChoice } from "./tool-choice.ts";

const DEFAULT_CONNECT_MS = 30_000;
const MAX_NAME = 64;
/** A name that models take. */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_DESCRIPTION = 16_384;
const KNOWN = [
  "type",
  "server",
  "name",
  "prefix",
  "approvals",
  "connectMs",
  "timeoutMs",
  "optional",
  "instructions",
  "resources",
  "tools",
] as const satisfies readonly (keyof McpSource)[];
const APPROVALS = ["hinted", "always", "never"] as const;

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
  check.known(source, KNOWN);
  const server = checkedServer(check, check.object("server", source["server"]));
  const {
    name = serverName(server).slice(0, MAX_NAME),
    prefix = "",
    approvals = "hinted",
  } = source;
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
  const optional = check.flag("optional", source["optional"]);
  const instructions = check.flag("instructions", source["instructions"]);
  const resources = check.flag("resources", source["resources"]);
  const tools = source["tools"] === undefined ? undefined : checkedChoice(check, source["tools"]);
  return {
    type: "mcp",
    server,
    name,
    prefix,
    approvals: allowed,
    connectMs,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(optional === undefined ? {} : { optional }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(resources === undefined ? {} : { resources }),
    ...(tools === undefined ? {} : { tools }),
  };
}

function checkedChoice(check: FieldCheck, given: unknown): McpToolChoice {
  const choice = check.object("tools", given);
  check.known(choice, ["include", "exclude", "rename", "describe", "needsApproval"], "tools.");
  const include = check.names("tools.include", choice["include"]);
  const exclude = check.names("tools.exclude", choice["exclude"]);
  const rename = check.texts("tools.rename", choice["rename"]);
  const describe = check.texts("tools.describe", choice["describe"]);
  const needsApproval = check.flags("tools.needsApproval", choice["needsApproval"]);
  const names = Object.values(rename ?? {});
  if (names.some((name) => !TOOL_NAME.test(name))) {
    check.refuse("tools.rename", "an object of names, each 1 to 64 of a-z, A-Z, 0-9, _ and -");
  }
  if (new Set(names).size < names.length) {
    check.refuse("tools.rename", "an object of different names: no two tools are called alike");
  }
  if (Object.values(describe ?? {}).some((text) => text.length > MAX_DESCRIPTION)) {
    check.refuse("tools.describe", `an object of texts, each up to ${MAX_DESCRIPTION} characters`);
  }
  return {
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(rename === undefined ? {} : { rename }),
    ...(describe === undefined ? {} : { describe }),
    ...(needsApproval === undefined ? {} : { needsApproval }),
  };
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
  check.known(server, ["url", "headers", "auth", "network"]);
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
  const auth = authOf(check, server["auth"], headers);
  const network = networkOf(check, server["network"]);
  return {
    url: url.href,
    ...(headers === undefined ? {} : { headers }),
    ...(auth === undefined ? {} : { auth }),
    ...(network === undefined ? {} : { network }),
  };
}

function authOf(
  check: FieldCheck,
  value: unknown,
  headers: McpHttpServer["headers"] = {},
): McpAuth | undefined {
  if (value === undefined) return undefined;
  const auth = checkedMcpAuth(check, value);
  if (new Headers(headers).has("authorization")) {
    check.refuse("auth", "left out where headers have Authorization: only one of them can be sent");
  }
  return auth;
}

function networkOf(check: FieldCheck, value: unknown): NetworkOptions | undefined {
  if (value === undefined) return undefined;
  checkNetwork("network", value, (field, expected) => check.refuse(field, expected));
  return structuredClone(value as NetworkOptions);
}
