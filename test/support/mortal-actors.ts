import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Script, Session, Supervisor } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startIn } from "../../src/supervisor/supervisor.ts";
import { KeepAlive } from "../../src/supervisor/threads/keep-alive.ts";
import type { SpawnThread, Thread } from "../../src/supervisor/threads/thread.ts";
import { spawnThread } from "../../src/supervisor/threads/thread.ts";
import { systemClock } from "../../src/transport/clock.ts";

export type ActorLife = {
  readonly thread: Thread;
  readonly gone: Promise<void>;
  /** What it was sent: the method of a call, the type of any other message. */
  readonly heard: string[];
};

export type MortalActors = {
  readonly supervisor: Supervisor;
  readonly session: Session;
  readonly actors: readonly ActorLife[];
  /** Ends the first actor. Resolves when the supervisor has made of that whatever it does at once. */
  readonly killed: () => Promise<void>;
};

type Posted = { readonly type: string; readonly body?: { readonly path?: readonly string[] } };

/** A session whose actors, the real ones, the test can end, each by itself. */
export async function startMortal(responses: Script["responses"]): Promise<MortalActors> {
  const actors: ActorLife[] = [];
  const spawn: SpawnThread = (spec, handlers) => {
    if (!spec.entry.href.includes("/actors/")) return spawnThread(spec, handlers);
    const gone = Promise.withResolvers<void>();
    const onExit: typeof handlers.onExit = (exit) => {
      handlers.onExit(exit);
      gone.resolve();
    };
    const thread = spawnThread(spec, { ...handlers, onExit });
    const heard: string[] = [];
    const post = (message: unknown) => {
      const { type, body } = message as Posted;
      heard.push(body?.path?.[0] ?? type);
      thread.post(message);
    };
    actors.push({ thread, gone: gone.promise, heard });
    return { ...thread, post };
  };
  const keepAlive = new KeepAlive();
  const supervisor = await startIn(
    { providers: { main: scriptedProvider({ responses }) }, threads: { spare: 0 } },
    {
      clock: systemClock,
      spawn,
      newId: randomUUID,
      random: Math.random,
      hold: () => keepAlive.hold(),
    },
  );
  onTestFinished(() => supervisor.close({ drainMs: 0 }));
  const killed = async () => {
    actors[0]?.thread.terminate();
    await actors[0]?.gone;
    await nextTurn();
  };
  return { supervisor, session: supervisor.openSession(), actors, killed };
}
