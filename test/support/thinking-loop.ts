import type { OpenAIProviderOptions, WorkerJob } from "../../src/index.ts";
import { defineTool, openaiProvider, Supervisor } from "../../src/index.ts";
import type { Answer, Body } from "./strict-model-server.ts";
import { StrictModelServer } from "./strict-model-server.ts";

const LOOK = { name: "look", parameters: { type: "object", properties: {} } };
export const look = defineTool({ ...LOOK, execute: () => "seen" });

/** Runs two jobs of one worker; the transcript between them has been through JSON and another supervisor. */
export async function runTwice(
  answer: (body: Body, before: number) => Answer,
  options: Partial<OpenAIProviderOptions> = {},
) {
  await using server = await StrictModelServer.start(answer);
  const providers = () => ({
    main: openaiProvider({ baseURL: server.url, apiKey: "none", model: "m", ...options }),
  });
  const worker = { hostTools: [look] };
  await using first = await Supervisor.start({ providers: providers() });
  const session = first.openSession();
  const agent = session.createWorker(worker);
  const one = await endOf(session.run(agent, { prompt: "go" }));
  const transcript = JSON.parse(JSON.stringify(agent.transcript));
  await using second = await Supervisor.start({ providers: providers() });
  const two = await endOf(second.openSession().run({ ...worker, transcript }, { prompt: "on" }));
  return { one, two, requests: server.requests };
}

/** How a job ends, and what was shown on the way. */
export async function endOf(job: WorkerJob) {
  const warnings: string[] = [];
  let reasoning = "";
  for await (const event of job.events()) {
    if (event.type === "chunk" && event.chunk.type === "reasoning") reasoning += event.chunk.text;
    if (event.type === "warning") warnings.push(event.message);
  }
  const outcome = await job.outcome;
  const text = outcome.status === "completed" ? outcome.result.text : outcome.error.message;
  return { text, reasoning, warnings };
}
