import { onTestFinished } from "vitest";
import type { JobEvent, McpSource, ScriptedCall, WorkerOptions } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import type { Answers } from "./mcp-scripted-server.ts";
import { McpScriptedServer, words } from "./mcp-scripted-server.ts";

type Calls = readonly (readonly [tool: string, args?: object])[];

/** Plays steps, each a list of calls, and then one more that has done. */
export async function play(
  worker: WorkerOptions & { readonly tools: readonly McpSource[] },
  ...steps: readonly Calls[]
) {
  const responses = [
    ...steps.map((calls) => ({ toolCalls: calls.map(([name, args = {}]) => ({ name, args })) })),
    { text: "done" },
  ];
  const supervisor = await Supervisor.start({
    providers: { main: scriptedProvider({ responses }) },
  });
  onTestFinished(() => supervisor.close());
  const session = supervisor.openSession();
  const job = session.run(worker, { prompt: "go" });
  const events: JobEvent[] = [];
  for await (const event of job.events()) events.push(event);
  const requests = (await supervisor.scripted("main").calls()).map(
    ({ request }: ScriptedCall) => request,
  );
  return {
    session,
    job,
    requests,
    end: events.at(-1),
    results: events.flatMap((event) => (event.type === "tool-finished" ? [event] : [])),
    warnings: events.flatMap((event) => (event.type === "warning" ? [event] : [])),
    offered: requests.map(({ tools = [] }) => tools.map(({ name }) => name)),
  };
}

export async function serve(
  tools: readonly unknown[],
  more: Answers = {},
): Promise<McpScriptedServer> {
  return await McpScriptedServer.start({
    "tools/list": () => ({ tools }),
    "tools/call": ({ params }) => words(JSON.stringify(params?.arguments)),
    ...more,
  });
}
