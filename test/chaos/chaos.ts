import type { ProviderDescriptor } from "../../dist/index.js";
import { Supervisor, scriptedProvider } from "../../dist/index.js";
import { Dice } from "./dice.ts";
import type { Fate } from "./job-under-chaos.ts";
import { OWN_PROVIDERS, runUnderChaos } from "./job-under-chaos.ts";

const ECHO = new URL("../fixtures/providers/echo.ts", import.meta.url);

export type ChaosReport = {
  readonly seed: number;
  readonly jobs: number;
  /** How many jobs ended how: "completed", "cancelled", "failed GATEWAY_LOST" and so on. */
  readonly fates: { readonly [fate: string]: number };
  /** Broken promises, with the jobs that they were made to. */
  readonly broken: readonly string[];
  /** What was left after all of it. */
  readonly left: readonly string[];
};

/** Runs many jobs at once, each with faults and interventions that the seed decides, on real threads. */
export async function chaos(jobs: number, seed: number, concurrency = 24): Promise<ChaosReport> {
  const unhandled: string[] = [];
  const note = (error: unknown) => unhandled.push(`unhandled: ${String(error)}`);
  process.on("unhandledRejection", note).on("uncaughtException", note);
  const supervisor = await Supervisor.start({ providers: providers() });
  const session = supervisor.openSession();
  const fates: Fate[] = [];
  let next = 0;
  const runner = async () => {
    for (let number = next++; number < jobs; number = next++) {
      fates.push(await runUnderChaos(session, new Dice(seed * 1_000_003 + number)));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runner));
  const left = await leftovers(supervisor);
  process.off("unhandledRejection", note).off("uncaughtException", note);
  return {
    seed,
    jobs: fates.length,
    fates: countBy(fates.map(({ status, code }) => `${status} ${code}`.trim())),
    broken: fates.flatMap(({ what, broken }) => broken.map((rule) => `${rule}: ${what}`)),
    left: [...left, ...unhandled],
  };
}

async function leftovers(supervisor: Supervisor): Promise<string[]> {
  const { sessions, threads } = supervisor.inspect();
  const jobs = sessions.reduce((sum, session) => sum + session.jobs.length, 0);
  await supervisor.close({ drainMs: 0 });
  const after = supervisor.inspect();
  const figures: readonly (readonly [string, number])[] = [
    ["jobs in the registry", jobs],
    ["stuck threads", threads.stuck],
    ["waiting for a thread", threads.waiting],
    ["threads held after close", after.threads.held],
    ["spares after close", after.threads.spare],
    [
      "gateways after close",
      after.gateways.filter(({ threadId }) => threadId !== undefined).length,
    ],
  ];
  return figures.filter(([, count]) => count !== 0).map(([what, count]) => `${count} ${what}`);
}

function providers(): { readonly [name: string]: ProviderDescriptor } {
  const script = (response: Parameters<typeof scriptedProvider>[0]["responses"][number]) =>
    scriptedProvider({ repeat: true, responses: [response] });
  return {
    fast: script({ text: "as fast as it can be said", chunks: 12 }),
    slow: script({ text: "taking my time with every word", chunks: 10, chunksPerSecond: 100 }),
    stall: script({ text: "and then", stall: true }),
    error: script({ text: "so far so good", error: { status: 503, message: "no more" } }),
    tools: script({ toolCalls: [{ name: "no such tool", args: {} }] }),
    endless: script({ endless: true, text: "on and on ", chunksPerSecond: 200 }),
    long: script({ text: "0123456789".repeat(2_000) }),
    ...Object.fromEntries(OWN_PROVIDERS.map((name) => [name, { module: ECHO }])),
  };
}

function countBy(names: readonly string[]): { readonly [name: string]: number } {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
