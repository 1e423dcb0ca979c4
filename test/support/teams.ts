import type {
  ScriptedResponse,
  ScriptedToolCall,
  Session,
  Supervisor,
  SupervisorOptions,
  WorkerJob,
} from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startSupervisor } from "./supervisors.ts";
import type { EventOf } from "./tools.ts";
import { callsOf } from "./tools.ts";

/** What each level of a team answers. */
export type Levels = { readonly [provider: string]: readonly ScriptedResponse[] };

/**
 * A session whose models answer by their names: `lead` makes these calls at once, and is done then; `leaf` answers "found", and `slow`
 * sends a chunk and then nothing more.
 */
export async function startTeam(
  calls: readonly ScriptedToolCall[],
  { levels = {}, ...options }: Partial<SupervisorOptions> & { levels?: Levels } = {},
): Promise<{ supervisor: Supervisor; session: Session }> {
  const scripts: Levels = {
    lead: callsOf(...calls),
    leaf: [{ text: "found" }],
    slow: [{ text: "…", stall: true }],
    ...levels,
  };
  const providers = Object.fromEntries(
    Object.entries(scripts).map(([name, responses]) => [
      name,
      scriptedProvider({ repeat: true, responses }),
    ]),
  );
  const supervisor = await startSupervisor({ providers, ...options });
  return { supervisor, session: supervisor.openSession() };
}

/** Resolves with the first `count` children that the job has been given, as they come. */
export async function childrenOf(
  session: Session,
  job: WorkerJob,
  count: number,
): Promise<WorkerJob[]> {
  const children: WorkerJob[] = [];
  for await (const event of job.events()) {
    if (event.type !== "child-started") continue;
    const child = session.job((event as EventOf<"child-started">).jobId);
    if (child) children.push(child);
    if (children.length === count) return children;
  }
  throw new Error(`the job has ended with ${children.length} children`);
}
