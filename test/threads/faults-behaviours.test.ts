import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  BehaviorOptions,
  BehaviorWorker,
  HeddleError,
  Session,
  WorkerJob,
} from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import type { FaultName } from "../fixtures/behaviours/faults.ts";
import type { behavior } from "../fixtures/behaviours/wrongdoer.ts";
import { AT_ONCE, create, Gate, moduleOf, reaches } from "../support/behaviours.ts";
import { resources } from "../support/resources.ts";
import { collect, firstChunk } from "../support/supervisors.ts";

/*
 * What can go wrong in a behaviour, at each moment of its life. Whatever it is: who has asked hears of it once, by its code; nobody
 * beside it notices; nothing is left.
 */

const MOMENTS = [
  "idle",
  "in a handler",
  "in start()",
  "in another actor's ask",
  "while it asks another",
  "while being stopped",
  "while the session drains",
] as const;

type Moment = (typeof MOMENTS)[number];

/** What the asker hears: a code, or the reply of one that lives. `otherwise` is for all other moments. */
type Heard = { readonly [moment in Moment]?: string } & { readonly otherwise: string };

const thrown: Heard = { otherwise: "ACTOR_CRASHED", "in start()": "BEHAVIOR_START_FAILED" };
/** Not seen as start()'s own: it may go better the next time, which these are not given. */
const died: Heard = { otherwise: "ACTOR_CRASHED", "in start()": "RESTART_LIMIT" };
const normal: Heard = {
  otherwise: "ACTOR_EXITED",
  idle: "WORKER_STOPPED",
  "in start()": "WORKER_STOPPED",
};
const hung: Heard = {
  otherwise: "ACTOR_UNRESPONSIVE",
  "in start()": "RESTART_LIMIT",
  "while being stopped": "WORKER_STOPPED",
};
const grown: Heard = { otherwise: "ACTOR_OUT_OF_MEMORY", "in start()": "RESTART_LIMIT" };
const lives: Heard = {
  otherwise: "quiet again",
  idle: "pong",
  "in start()": "pong",
  "while it asks another": "opened",
};
const REPLIES: readonly string[] = ["quiet again", "pong", "opened"];

type Row = { readonly name: FaultName; readonly heard: Heard; readonly at?: readonly Moment[] };

const ROWS: readonly Row[] = [
  { name: "throw", heard: thrown },
  { name: "throw undefined", heard: thrown },
  { name: "throw cyclic", heard: thrown },
  { name: "stack overflow", heard: thrown },
  { name: "uncloneable message", heard: thrown },
  { name: "reject", heard: died },
  { name: "port closed", heard: died },
  { name: "exit 7", heard: { ...died, otherwise: "ACTOR_EXITED" } },
  { name: "exit 0", heard: normal },
  { name: "console flood", heard: lives },
  { name: "endless loop", heard: hung },
  { name: "microtask loop", heard: hung },
  { name: "atomics wait", heard: hung },
  { name: "runaway regex", heard: hung },
  // Seconds each: every one in a handler, and every other moment with one of them.
  { name: "objects", heard: grown, at: ["in a handler", "in start()"] },
  { name: "map", heard: grown, at: ["in a handler", "in another actor's ask"] },
  { name: "buffers", heard: grown, at: ["in a handler", "while being stopped", "idle"] },
  // It never waits for an answer: what it would send piles up on its own side.
  { name: "event flood", heard: grown, at: ["in a handler", "while the session drains"] },
];

const FOR_EVER_MS = 2_000_000_000;
const LONG = { timeoutMs: FOR_EVER_MS };
const STEADY = { text: "one two three four five six seven eight", chunks: 15, chunksPerSecond: 60 };

type Rogue = BehaviorWorker<typeof behavior>;
type Scene = { readonly session: Session; readonly rogue: Rogue; readonly row: Row };

/** Has the fault happen. Resolves to what the asker hears. */
const PLAY: { readonly [moment in Moment]: (scene: Scene) => Promise<unknown> } = {
  idle: async ({ rogue, row: { name, heard } }) => {
    const ping = () => hear(rogue.ask("ping", {}, LONG));
    const stopped = reaches(rogue, "stopped");
    await rogue.ask("faultLater", { name }, LONG);
    if (heard === normal) await stopped;
    // Who asks in time is still answered.
    let next = await ping();
    while (next === "pong" && !rogue.lastFailure && heard !== lives) next = await ping();
    return rogue.lastFailure?.code ?? next;
  },
  "in a handler": ({ rogue, row: { name } }) => hear(rogue.ask("fault", { name }, LONG)),
  "in start()": ({ rogue }) => hear(rogue.ask("ping", {}, LONG)),
  "in another actor's ask": async ({ session, rogue, row: { name } }) => {
    const asker = session.createWorker({ behavior: moduleOf("social") });
    const message = { to: rogue.id, name: "fault", message: { name }, ...LONG };
    return await asker.ask("ask", message, LONG);
  },
  "while it asks another": async ({ session, rogue, row: { name, heard } }) => {
    const answerer = create(session, "gate", { name: "answerer" });
    const gate = new Gate();
    const asked = hear(rogue.ask("faultInAsk", { name, ...gate.message }, LONG));
    await gate.entered();
    if (heard === lives) gate.open();
    const told = await asked;
    gate.open();
    // The answerer lives, and answers nobody.
    expect(await answerer.ask("log", {}, LONG)).toEqual(["shut"]);
    return told;
  },
  "while being stopped": async ({ rogue, row: { name } }) => {
    const heard = hear(rogue.ask("faultWhenStopped", { name }, LONG));
    await reaches(rogue, "working");
    await rogue.stop();
    return await heard;
  },
  "while the session drains": async ({ session, rogue, row: { name } }) => {
    const drained = session.run({ provider: "endless" }, { prompt: "go" });
    await firstChunk(drained);
    const closed = session.close({ drainMs: FOR_EVER_MS });
    const heard = await hear(rogue.ask("fault", { name }, LONG));
    await drained.cancel();
    await closed;
    return heard;
  },
};

/** The reply, or the code of what the asker is told. */
async function hear(asked: Promise<unknown>): Promise<unknown> {
  return await asked.catch(({ code }: HeddleError) => code);
}

describe.each(ROWS)("a behaviour: $name", (row) => {
  let supervisor: Supervisor;
  let before: readonly string[];

  beforeAll(async () => {
    before = resources();
    const main = scriptedProvider({ repeat: true, responses: [STEADY] });
    const endless = scriptedProvider({
      responses: [{ endless: true, text: "on ", chunksPerSecond: 20 }],
    });
    supervisor = await Supervisor.start({ providers: { main, endless }, threads: { spare: 0 } });
  });

  afterAll(async () => {
    const { threads, sessions } = supervisor.inspect();
    await supervisor.close();
    expect(threads).toMatchObject({ held: 0, waiting: 0, executing: 0, stuck: 0 });
    expect(sessions).toEqual([]);
    expect(resources()).toEqual(before);
  });

  test.concurrent.each(row.at ?? MOMENTS)("%s", async (moment) => {
    const session = supervisor.openSession();
    const rogue = session.createWorker<typeof behavior>(optionsOf(row, moment));
    const lost: string[] = [];
    session.deadLetters$.subscribe(({ to, name }) => to === rogue.name && lost.push(name));
    const bystander = session.run({ provider: "main" }, { prompt: "go" });
    const expected = row.heard[moment] ?? row.heard.otherwise;
    await firstChunk(bystander);
    expect(await PLAY[moment]({ session, rogue, row })).toBe(expected);
    // Each message was answered or is lost, and none was both.
    if (moment !== "idle") expect(lost).toHaveLength(REPLIES.includes(expected) ? 0 : 1);
    if (goesOn(row, moment)) expect(await rogue.ask("ping", {}, LONG)).toBe("pong");
    await expectWhole(bystander);
    await session.close();
    expect(rogue.state).toBe("stopped");
  });
});

function optionsOf({ name, heard }: Row, moment: Moment): BehaviorOptions {
  return {
    behavior: new URL("../fixtures/behaviours/wrongdoer.ts", import.meta.url),
    name: `${name} ${moment}`,
    restart: { maxRestarts: moment === "in start()" ? 0 : 1_000, backoff: AT_ONCE },
    graceMs: heard === hung ? 20 : FOR_EVER_MS,
    heapMb: 64,
    unresponsiveMs: heard === hung ? 2_000 : FOR_EVER_MS,
    whenUnresponsive: "kill",
  };
}

/** By the restart policy. */
function goesOn({ heard }: Row, moment: Moment): boolean {
  const isEnded = moment === "while being stopped" || moment === "while the session drains";
  const isLimited = moment === "in start()" && heard !== lives;
  return heard !== normal && !isEnded && !isLimited;
}

/** The job beside it has lost nothing. */
async function expectWhole(bystander: WorkerJob): Promise<void> {
  expect(await bystander.wait()).toMatchObject({ text: STEADY.text });
  const events = await collect(bystander.events());
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
}
