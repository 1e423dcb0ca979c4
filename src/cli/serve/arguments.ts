import type { AgentOptions } from "../agent-options.ts";
import { readAgentOptions } from "../agent-options.ts";
import type { OptionValues } from "../option-values.ts";
import { DEFAULT_DRAIN_MS } from "../options.ts";
import { DEFAULT_HOST, DEFAULT_PORT, LOG_LEVELS } from "./options.ts";

export type LogLevel = (typeof LOG_LEVELS)[number];

export type ServeOptions = AgentOptions & {
  readonly port: number;
  readonly host: string;
  readonly agents: string | undefined;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  /** Whether clients need a token. */
  readonly auth: boolean;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly json: boolean;
};

/** Reads what `heddle serve` is given. Pure; what is wrong is added to the problems of `values`. */
export function readServe(values: OptionValues, operands: readonly string[]): ServeOptions {
  for (const operand of operands) {
    values.problems.push(`serve takes no FILE and no prompt: "${operand}"`);
  }
  const options: ServeOptions = {
    ...readAgentOptions(values),
    port: values.number("port") ?? DEFAULT_PORT,
    host: values.text("host") ?? DEFAULT_HOST,
    agents: values.text("agents"),
    allowHosts: values.texts("allow-host"),
    allowOrigins: values.texts("allow-origin"),
    auth: !values.has("no-auth"),
    drainMs: values.number("drain") ?? DEFAULT_DRAIN_MS,
    logLevel: values.choice("log-level", LOG_LEVELS) ?? "info",
    json: values.has("json"),
  };
  if (!options.auth && !isLoopback(options.host)) {
    values.problems.push(
      `--no-auth is for loopback only: others can reach --host ${options.host}, and would need no token`,
    );
  }
  return options;
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
