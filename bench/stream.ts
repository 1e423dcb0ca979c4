import type { Bench, Contestant, Target } from "./harness.ts";
import { atLeast, times } from "./harness.ts";
import { aiSdk } from "./peers/ai-sdk.ts";
import { openaiAgents } from "./peers/openai-agents.ts";
import { comlinkCallbacks, rawColumns, rawObjects } from "./peers/ports.ts";
import type { Read } from "./scripted-crowd.ts";
import { iterate, streamScripted, subscribe } from "./scripted-crowd.ts";

const CROWD = 200;

/** Chunks of one run, over all workers: enough for about a second of each contestant. One job may keep 8 MiB, which is a million. */
const MANY = { full: 4_000_000, tiny: 800 };
const CHUNKS = { full: 1_000_000, tiny: 800 };
const FEWER = { full: 200_000, tiny: 800 };

export const bench: Bench = {
  question: "How many chunks a second, scripted model in process, one reader for each worker?",
  baseline: "raw columns",
  rounds: 5,
  contestants: {
    "raw columns": (size) => rawColumns(MANY[size]),
    "raw postMessage": (size) => rawObjects(CHUNKS[size]),
    "comlink callbacks": (size) => comlinkCallbacks(FEWER[size]),
    "openai-agents x1": (size) => openaiAgents(1, FEWER[size]),
    "openai-agents x200": (size) => openaiAgents(CROWD, CHUNKS[size]),
    "AI SDK x1": (size) => aiSdk(1, FEWER[size]),
    "AI SDK x200": (size) => aiSdk(CROWD, FEWER[size]),
    "heddle chunks$ x1": heddle(1, subscribe),
    "heddle for await x1": heddle(1, iterate),
    "heddle chunks$ x50": heddle(50, subscribe),
    "heddle for await x50": heddle(50, iterate),
    "heddle chunks$ x200": heddle(CROWD, subscribe),
    "heddle for await x200": heddle(CROWD, iterate),
  },
  targets: ["heddle chunks$ x200", "heddle for await x200"].flatMap(targetsOf),
};

function heddle(workers: number, read: Read): Contestant {
  const chunks = workers === 1 ? CHUNKS : MANY;
  return (size) =>
    streamScripted(size === "tiny" ? Math.min(workers, 4) : workers, chunks[size], read);
}

function targetsOf(contestant: string): readonly Target[] {
  const limits = [
    times(5, "openai-agents x200"),
    times(40, "AI SDK x200"),
    times(1 / 3, "raw columns"),
  ];
  return limits.map((limit) => ({ figure: "chunks/s", contestant, bound: atLeast(limit) }));
}
