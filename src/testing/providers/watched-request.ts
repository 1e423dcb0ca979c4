import { describe, HeddleError } from "../../errors.ts";
import type {
  Message,
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
} from "../../protocol/model.ts";
import { checkChunk } from "../../providers/check-response.ts";
import type { ModelProvider, ResponseSink } from "../../providers/model-provider.ts";
import type { CheckProviderOptions } from "./options.ts";

/** How a request has ended; `late`: it has not, in the time it had. */
export type Ended =
  | { readonly type: "responded"; readonly response: ModelResponse }
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "late" };

/** What is done to a request while it runs. */
export type Around = {
  /** Called with each chunk; what it returns is what the write returns. */
  readonly onChunk?: (request: WatchedRequest) => Promise<void>;
  readonly hasRoom?: () => boolean;
  readonly limitMs: number;
};

/** One request, and everything that its provider does with it. */
export class WatchedRequest {
  readonly request: ModelRequest;
  readonly chunks: ModelResponseChunk[] = [];
  /** Chunks that are none. */
  readonly problems: string[] = [];
  readonly abort: AbortController = new AbortController();
  receivedChars = 0;

  constructor(request: ModelRequest) {
    this.request = frozen(request);
  }

  /** Sends it. Never rejects. */
  async send(provider: ModelProvider, { onChunk, hasRoom, limitMs }: Around): Promise<Ended> {
    const sink: ResponseSink = {
      write: (chunk) => {
        this.#take(chunk);
        const written = onChunk?.(this) ?? Promise.resolve();
        // A provider need not look at what `write` returns.
        written.catch(() => {});
        return written;
      },
      get hasRoom() {
        return hasRoom?.() ?? true;
      },
    };
    return await within(limitMs, async () => {
      try {
        const response = await provider.request(this.request, sink, this.abort.signal);
        return { type: "responded", response };
      } catch (error) {
        return { type: "failed", error };
      }
    });
  }

  /** The text chunks, joined. */
  get text(): string {
    return this.chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("");
  }

  #take(chunk: ModelResponseChunk): void {
    try {
      checkChunk(chunk);
      this.chunks.push(chunk);
      this.receivedChars +=
        chunk.type === "tool-call" ? chunk.argumentsText.length : chunk.text.length;
    } catch (error) {
      this.problems.push(describe(error));
    }
  }
}

export function requestFor(
  messages: readonly Message[],
  { settings = {} }: CheckProviderOptions,
  more: Partial<ModelRequest> = {},
): ModelRequest {
  const origin = { workerId: "worker-1", workerName: "worker-1", jobId: "job-1", callIndex: 0 };
  return { messages, settings, origin, ...more };
}

export function userSays(content: string): readonly Message[] {
  return [{ role: "user", content }];
}

export function cancelError(): HeddleError {
  return new HeddleError("JOB_CANCELLED", "cancelled by checkProvider()");
}

async function within(limitMs: number, work: () => Promise<Ended>): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const timer = setTimeout(() => resolve({ type: "late" }), limitMs);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A copy that nobody can change. */
function frozen<T>(value: T): T {
  return freeze(structuredClone(value));
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}
