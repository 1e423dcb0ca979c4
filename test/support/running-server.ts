import { onTestFinished } from "vitest";
import type { Script } from "../../src/index.ts";
import type {
  ListenOptions,
  RunningServer,
  ServerApp,
  ServerLogger,
  ServerOptions,
} from "../../src/server/api.ts";
import { createApp, startServer } from "../../src/server/api.ts";
import { TOKEN } from "./server-app.ts";
import { startScripted } from "./supervisors.ts";

export type StartedServer = {
  readonly app: ServerApp;
  readonly server: RunningServer;
  readonly supervisor: ServerOptions["supervisor"];
  /** `fetch` with alice's token, and JSON where there is a body. */
  readonly request: (path: string, init?: RequestInit & { json?: unknown }) => Promise<Response>;
};

/** An app over a scripted model, served by `startServer`; all of it is closed with the test. */
export async function startTestServer(
  responses: Script["responses"] = [{ text: "hello" }],
  listening: ListenOptions = {},
  options: Partial<ServerOptions> = {},
): Promise<StartedServer> {
  const { supervisor } = await startScripted(responses);
  const auth = { tokens: { [TOKEN]: "alice" } };
  const app = createApp({ supervisor, agents: { helper: {} }, auth, ...options });
  const server = await startServer(app, { port: 0, ...listening });
  onTestFinished(() => server.close({ drainMs: 0 }));
  const request: StartedServer["request"] = (path, { json, ...init } = {}) =>
    fetch(`${server.url}${path}`, {
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
      ...init,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
    });
  return { app, server, supervisor, request };
}

export type LogLine = {
  readonly level: keyof ServerLogger;
  readonly message: string;
  readonly [name: string]: unknown;
};

/** A logger that keeps what it is told. */
export function keptLog(): { readonly lines: LogLine[]; readonly logger: ServerLogger } {
  const lines: LogLine[] = [];
  const keep =
    (level: keyof ServerLogger) =>
    (facts: { readonly [name: string]: unknown }, message: string): void => {
      lines.push({ ...facts, level, message });
    };
  const logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  return { lines, logger };
}
