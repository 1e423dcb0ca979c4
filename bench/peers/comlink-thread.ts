import { workerData } from "node:worker_threads";
import type { Endpoint } from "comlink";
import { expose } from "comlink";
import { tokensOf } from "../tokens.ts";

/** What the thread offers. */
export type Methods = {
  /** Calls `callback` for each chunk; so many calls are under way at once. */
  stream(chunks: number, atOnce: number, callback: (text: string) => void): Promise<void>;
  echo(value: number): number;
};

const methods: Methods = {
  async stream(chunks, atOnce, callback) {
    const tokens = tokensOf(chunks);
    for (let sent = 0; sent < chunks; sent += atOnce) {
      await Promise.all(tokens.slice(sent, sent + atOnce).map((token) => callback(token)));
    }
  },
  echo: (value) => value,
};

expose(methods, workerData as Endpoint);
