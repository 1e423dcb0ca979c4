import type { Budget, HeddleError, Session, Supervisor, WorkerJob } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startSupervisor } from "./supervisors.ts";

export const SLOW = { provider: "slow" };
export const ENDLESS = { provider: "endless" };
export const FIFTY = { provider: "fifty" };
export const TOOLS = { provider: "tools" };
export const ADD = { name: "add", args: {} };

export const usageOf = (totalTokens: number) => ({
  inputTokens: totalTokens,
  outputTokens: 0,
  totalTokens,
});

/**
 * A session with `budget`. Its models: `slow` sends a chunk and then nothing more, `endless` goes on for ever, `fifty` answers and
 * takes 50 tokens, `tools` calls two tools, again and again.
 */
export async function startSpending(
  budget: Budget = {},
): Promise<{ supervisor: Supervisor; session: Session }> {
  const providers = {
    slow: scriptedProvider({ repeat: true, responses: [{ text: "…", stall: true }] }),
    endless: scriptedProvider({ repeat: true, responses: [{ text: "on and on ", endless: true }] }),
    fifty: scriptedProvider({ repeat: true, responses: [{ text: "done", usage: usageOf(50) }] }),
    tools: scriptedProvider({ repeat: true, responses: [{ toolCalls: [ADD, ADD] }] }),
  };
  const supervisor = await startSupervisor({ providers });
  return { supervisor, session: supervisor.openSession({ budget }) };
}

export async function errorOf(job: WorkerJob): Promise<HeddleError | undefined> {
  return (await job.outcome).error;
}
