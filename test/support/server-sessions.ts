import { vi } from "vitest";
import type { Script, Session } from "../../src/index.ts";
import type { ServerOptions } from "../../src/server/api.ts";
import { described } from "./described-app.ts";
import type { ServedApp } from "./server-app.ts";
import { serveApp } from "./server-app.ts";
import { startScripted } from "./supervisors.ts";

export type DescribedApp = ServedApp & {
  readonly supervisor: ServerOptions["supervisor"];
  /** The session that the app has opened for a tenant. */
  readonly sessionOf: (tenant: string) => Session;
};

/** An app over a scripted model whose answers are held against its document, with a way into its tenants' sessions. */
export async function serveDescribed(
  responses: Script["responses"] = [{ text: "done" }],
  { agents = { helper: {} }, ...options }: Partial<ServerOptions> = {},
  supervising: Parameters<typeof startScripted>[1] = {},
): Promise<DescribedApp> {
  const { supervisor } = await startScripted(responses, supervising);
  const opened = vi.spyOn(supervisor, "openSession");
  const served = await described(await serveApp({ supervisor, agents, ...options }));
  const sessionOf = (tenant: string) => {
    const results = opened.mock.results.flatMap((one) => (one.type === "return" ? one.value : []));
    const session = results.findLast(({ name }) => name === tenant);
    if (!session) throw new Error(`${tenant} has no session`);
    return session;
  };
  return { ...served, supervisor, sessionOf };
}

/** A worker of `helper`, by HTTP. */
export async function makeWorker(
  { request }: ServedApp,
  json: object = {},
  token?: string,
): Promise<{ id: string; name: string }> {
  const init = token === undefined ? {} : { token };
  const response = await request("/api/workers", { json: { agent: "helper", ...json }, ...init });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as { id: string; name: string };
}

/** A job of that worker, by HTTP. */
export async function makeJob(
  { request }: ServedApp,
  workerId: string,
  json: object = {},
): Promise<{ id: string }> {
  const response = await request(`/api/workers/${workerId}/jobs`, {
    json: { prompt: "go", ...json },
  });
  if (response.status !== 202) throw new Error(await response.text());
  return (await response.json()) as { id: string };
}
