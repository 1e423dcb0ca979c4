import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { onTestFinished } from "vitest";
import type { Script, WorkerOptions } from "../../src/index.ts";
import type { ServerApp, ServerOptions } from "../../src/server/api.ts";
import { createApp } from "../../src/server/api.ts";
import { startScripted } from "./supervisors.ts";

export const TOKEN = "a-token-for-the-tests";
export const OTHER_TOKEN = "the-token-of-another";

export type ServedApp = {
  readonly app: ServerApp;
  readonly url: string;
  /** `fetch` with alice's token, and JSON where there is a body. */
  readonly request: (
    path: string,
    init?: RequestInit & { json?: unknown; token?: string },
  ) => Promise<Response>;
};

/** An app on a port of its own, over a scripted model; all of it is closed with the test. */
export async function serveScripted(
  responses: Script["responses"],
  options: Partial<ServerOptions> & { agent?: WorkerOptions } = {},
): Promise<ServedApp & { supervisor: ServerOptions["supervisor"] }> {
  const { supervisor } = await startScripted(responses);
  const { agent = {}, ...rest } = options;
  const served = await serveApp({ supervisor, agents: { helper: agent }, ...rest });
  return { ...served, supervisor };
}

export async function serveApp(
  options: Omit<ServerOptions, "auth"> & Partial<ServerOptions>,
): Promise<ServedApp> {
  const tokens = { [TOKEN]: "alice", [OTHER_TOKEN]: "bob" };
  const app = createApp({ auth: { tokens }, ...options });
  const { promise, resolve } = Promise.withResolvers<AddressInfo>();
  const server = serve(
    { fetch: app.fetch, hostname: "127.0.0.1", port: 0, overrideGlobalObjects: false },
    resolve,
  );
  const { port } = await promise;
  onTestFinished(async () => {
    await app.close(0);
    "closeAllConnections" in server && server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    request: (path, { json, token = TOKEN, ...init } = {}) =>
      fetch(`${url}${path}`, {
        ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...init.headers,
        },
      }),
  };
}
