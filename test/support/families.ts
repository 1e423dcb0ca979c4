import type { JobEvent, Session, Supervisor, SupervisorOptions } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startSupervisor } from "./supervisors.ts";

export const GO = { prompt: "go" };
export const SLOW = { provider: "slow" };
export const QUICK = { provider: "quick" };

/** A session on a supervisor with two providers: `slow` sends a chunk and then nothing more, `quick` answers. */
export async function startWithBoth(
  options: Partial<SupervisorOptions> = {},
): Promise<{ supervisor: Supervisor; session: Session }> {
  const slow = scriptedProvider({ repeat: true, responses: [{ text: "…", stall: true }] });
  const quick = scriptedProvider({ repeat: true, responses: [{ text: "done" }] });
  const supervisor = await startSupervisor({ providers: { slow, quick }, ...options });
  return { supervisor, session: supervisor.openSession() };
}

/** What has happened, but for chunks and states. */
export function typesOf(events: readonly JobEvent[]): string[] {
  return events.map(({ type }) => type).filter((type) => type !== "chunk" && type !== "state");
}
