import type { WireError } from "./error.ts";
import type { ModelRequest, ModelResponse } from "./model.ts";

/** Deadlines of one model call, in milliseconds; they stand still while the reader's window is closed, and while its provider's limiter lets it wait. */
export type RequestDeadlines = {
  readonly firstChunkMs?: number;
  readonly chunkMs?: number;
  readonly stepMs?: number;
};

/** Supervisor to gateway, beside calls. */
export type GatewayCommand =
  | {
      readonly type: "request";
      readonly requestId: number;
      readonly provider: string;
      readonly request: ModelRequest;
      readonly deadlines: RequestDeadlines;
      /** Cumulative bytes that may be sent, as in `demand`. */
      readonly demandBytes: number;
    }
  /** A request that said `waiting` is to make its next attempt. */
  | { readonly type: "retry"; readonly requestId: number }
  | { readonly type: "cancel"; readonly requestId: number; readonly reason: string }
  /** Parallel columns: request `requestIds[i]` may send up to `bytes[i]` in all. Never takes back. */
  | {
      readonly type: "demand";
      readonly requestIds: readonly number[];
      readonly bytes: readonly number[];
    }
  /** Answered by a `pong` as soon as the gateway's loop turns. */
  | { readonly type: "ping" }
  /** How many frames were processed in all. */
  | { readonly type: "acknowledge"; readonly frames: number };

/** Gateway to supervisor, beside calls. */
export type GatewayReport =
  | ({ readonly type: "frame" } & ChunkFrame)
  /** An attempt has failed with `error`. The next one is to be made, `delayMs` from now at the earliest, when a `retry` says so. */
  | {
      readonly type: "waiting";
      readonly requestId: number;
      readonly delayMs: number;
      readonly error: WireError;
    }
  /** A deadline of the request has passed and its provider was told to stop: what it fails with, once it has. */
  | { readonly type: "expired"; readonly requestId: number; readonly error: WireError }
  | { readonly type: "pong" }
  /** The last word on a request: nothing of it runs any more. */
  | { readonly type: "responded"; readonly requestId: number; readonly response: ModelResponse }
  | {
      readonly type: "failed";
      readonly requestId: number;
      readonly error: WireError;
      /** What is left of its `stepMs`. Left out: it has none. */
      readonly stepLeftMs?: number;
    };

/**
 * Chunks of many requests in columns, because one object or string per chunk costs 5 to 50 times as much to clone.
 *
 * A run is a stretch of chunks of one request and one kind; those of one request are in the order of arrival. Run `i` has `counts[i]`
 * chunks, joined to `texts[i]`, `sizes[i]` UTF-8 bytes in all. `ends` says where each chunk ends in the text of its run, in UTF-16
 * code units, and `heads` has one entry for each chunk of kind 3: both chunk by chunk, over all runs.
 */
export type ChunkFrame = {
  readonly requestIds: readonly number[];
  readonly kinds: readonly ChunkKind[];
  readonly counts: readonly number[];
  readonly sizes: readonly number[];
  readonly texts: readonly string[];
  readonly ends: Uint32Array;
  readonly heads: readonly ToolCallHead[];
};

/** 0 text, 1 reasoning, 2 refusal, 3 tool call. */
export type ChunkKind = 0 | 1 | 2 | 3;

export type ToolCallHead = { readonly index: number; readonly id?: string; readonly name?: string };
