import OpenAI from "openai";
import { vi } from "vitest";
import type { JobEvent, Supervisor, WorkerOptions } from "../../src/index.ts";
import type { ServerOptions } from "../../src/server/api.ts";
import type { ServedApp } from "./server-app.ts";
import { serveApp, TOKEN } from "./server-app.ts";
import { readEvents } from "./server-client.ts";
import { startSupervisor } from "./supervisors.ts";

export type Served = ServedApp & { readonly supervisor: Supervisor };

/** An app whose model does as it is told (`test/fixtures/providers/obedient.ts`), as the agent `helper`. */
export async function serveObedient(
  options: Partial<ServerOptions> & { agent?: WorkerOptions } = {},
): Promise<Served> {
  const module = new URL("../fixtures/providers/obedient.ts", import.meta.url);
  const supervisor = await startSupervisor({ providers: { obedient: { module } } });
  const { agent = {}, ...rest } = options;
  const served = await serveApp({ supervisor, agents: { helper: agent }, ...rest });
  return { ...served, supervisor };
}

/** OpenAI's client, with alice's token. */
export function clientOf({ url }: ServedApp, apiKey: string = TOKEN): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey });
}

/** A request that says one thing. */
export function ask(content: string): {
  model: string;
  messages: { role: "user"; content: string }[];
} {
  return { model: "helper", messages: [{ role: "user", content }] };
}

/** The log of a job to its end, by Heddle's own API. */
export async function logOf(served: ServedApp, jobId: string): Promise<JobEvent[]> {
  const id = jobId.replace("chatcmpl-", "");
  const { events } = await readEvents(await served.request(`/api/jobs/${id}/events`));
  return events;
}

/** Resolves to the id of the job that runs, once its model is asked. */
export async function runningJob({ supervisor }: Served): Promise<string> {
  return await vi.waitFor(
    () => {
      const { sessions, gateways } = supervisor.inspect();
      const [job] = sessions.flatMap(({ jobs }) => jobs);
      if (!job || gateways.every(({ calls }) => calls === 0)) throw new Error("not yet");
      return job.id;
    },
    { timeout: 30_000 },
  );
}

/** Resolves when no model is asked any more. */
export async function noModelCalls({ supervisor }: Served): Promise<void> {
  await vi.waitFor(
    () => {
      const { providers, gateways } = supervisor.inspect();
      const calls = [...gateways.map((one) => one.calls), ...providers.map((one) => one.inFlight)];
      if (calls.some((count) => count > 0)) throw new Error("not yet");
    },
    { timeout: 30_000 },
  );
}
