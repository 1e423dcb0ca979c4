import { setTimeout as delay } from "node:timers/promises";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import type { ResponseSink } from "../../src/providers/model-provider.ts";
import type { Connection } from "./broken-server.ts";

/** A sink with a door, which counts what it is given. */
export class DoorSink implements ResponseSink {
  receivedBytes = 0;
  #door: PromiseWithResolvers<void> | undefined;

  shut(): void {
    this.#door ??= Promise.withResolvers();
  }

  open(): void {
    this.#door?.resolve();
    this.#door = undefined;
  }

  write(piece: ModelResponseChunk): Promise<void> {
    if (piece.type === "text") this.receivedBytes += piece.text.length;
    return this.#door?.promise ?? Promise.resolve();
  }
}

/** Resolves once the server can write nothing more and nothing more arrives, over 20 looks at it. */
export async function blocked(connection: Connection, sink: DoorSink): Promise<void> {
  let seen = "";
  for (let looks = 0; looks < 20; ) {
    await delay(10);
    const now = `${connection.takenBytes} ${sink.receivedBytes}`;
    looks = now === seen && connection.isBlocked ? looks + 1 : 0;
    seen = now;
  }
}
