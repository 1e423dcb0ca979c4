import process from "node:process";
import { Supervisor } from "../../index.ts";
import type { RunningServer, ServerApp, ServerLogger } from "../../server/api.ts";
import type { Streams } from "../output.ts";
import { providerName } from "../provider-choice.ts";
import { secretsOf } from "../redact.ts";
import { duration } from "../report.ts";
import type { StopSignal } from "../signals.ts";
import { mayHang, Signals } from "../signals.ts";
import { colorsFor } from "../terminal.ts";
import { greeting, greetingJson } from "./greeting.ts";
import { openLog } from "./log.ts";
import type { PreparedServe } from "./prepare-serve.ts";
import { checkAgents } from "./prepare-serve.ts";
import { stateKeyOf } from "./token.ts";

/**
 * Serves until a signal comes, and then until what runs has ended.
 *
 * @returns the exit code, 0.
 * @throws {HeddleError} when it could not begin: `INVALID_OPTION`, `LISTEN_FAILED`.
 */
export async function serve(prepared: PreparedServe, streams: Streams): Promise<number> {
  const { agents, choice, options, packages, provider } = prepared;
  const log = logFor(prepared, streams);
  await using supervisor = await Supervisor.start({
    providers: { [providerName(choice)]: provider },
  });
  await checkAgents(supervisor, agents);
  const { promise: stopped, resolve } = Promise.withResolvers<StopSignal>();
  const signals = new Signals({
    onStop: resolve,
    onKill: () => {},
    mayHang: () => mayHang(supervisor),
  });
  const app = appFor(prepared, supervisor, log);
  const { port, host: hostname, drainMs } = options;
  const server = await packages.server.startServer(app, { port, hostname });
  signals.watch();
  try {
    await greet(prepared, server, streams);
    const signal = await stopped;
    await noteDrain(signal, drainMs, streams);
    log.info({ signal, drainMs }, "draining");
    await server.close({ drainMs });
    await supervisor.close({ drainMs: 0 });
    log.info({}, "ended");
  } finally {
    signals.release();
  }
  return 0;
}

function logFor({ access, options, packages }: PreparedServe, { stdout }: Streams): ServerLogger {
  const { pino } = packages;
  const token = access.type === "token" ? access.token : undefined;
  const baseURL = options.baseURL ?? process.env["OPENAI_BASE_URL"];
  const secrets = [token, ...secretsOf(process.env, baseURL)];
  return openLog({ pino, level: options.logLevel, stdout, secrets });
}

function appFor(
  { access, agents, options, packages }: PreparedServe,
  supervisor: Supervisor,
  logger: ServerLogger,
): ServerApp {
  const { allowHosts, allowOrigins } = options;
  const operator = { name: "operator", isOperator: true };
  const auth = access.type === "open" ? "none" : { tokens: { [access.token]: operator } };
  const stateKey = stateKeyOf(process.env["HEDDLE_STATE_KEY"]);
  return packages.server.createApp({
    supervisor,
    agents,
    auth,
    allowHosts,
    allowOrigins,
    logger,
    ...(stateKey === undefined ? {} : { stateKey }),
  });
}

async function greet(
  prepared: PreparedServe,
  { url }: RunningServer,
  { stderr }: Streams,
): Promise<void> {
  const text = prepared.options.json
    ? greetingJson(prepared, url)
    : greeting(prepared, url, colorsFor(stderr, process.env));
  await stderr.write(text);
}

async function noteDrain(signal: StopSignal, drainMs: number, { stderr }: Streams): Promise<void> {
  const rest = `what runs has ${duration(drainMs)} to end; once more ends at once`;
  await stderr.write(`heddle: ${signal}: beginning nothing more; ${rest}\n`);
}
