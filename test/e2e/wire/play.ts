import { expect } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { ErrorCode, ErrorDetails } from "../../../src/protocol/error.ts";
import type {
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
} from "../../../src/protocol/model.ts";
import type { ModelProvider, ResponseSink } from "../../../src/providers/model-provider.ts";
import { createProvider } from "../../../src/providers/openai/module.ts";
import type { OpenAIProviderOptions } from "../../../src/providers/openai/options.ts";
import type { RecordedRequest, Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";

export const KEY = "sk-test-0123456789";

type Played = {
  readonly response?: ModelResponse;
  readonly error?: HeddleError;
  readonly chunks: readonly ModelResponseChunk[];
  readonly requests: readonly RecordedRequest[];
};

/** What a request is expected to come to: a failure, or a response with these parts. */
export type Expected =
  | {
      readonly code: ErrorCode;
      readonly details?: ErrorDetails;
      readonly message?: RegExp;
      /** The text that had arrived before. */
      readonly after?: string;
    }
  | (Partial<ModelResponse> & { readonly code?: never });

/** A sink that takes everything at once. */
export class CollectingSink implements ResponseSink {
  readonly chunks: ModelResponseChunk[] = [];

  write(chunk: ModelResponseChunk): Promise<void> {
    this.chunks.push(chunk);
    return Promise.resolve();
  }
}

export function request(parts: Partial<ModelRequest> = {}): ModelRequest {
  return {
    messages: [{ role: "user", content: "hello" }],
    settings: { name: "m-1" },
    origin: { workerId: "w1", workerName: "w", jobId: "j1", callIndex: 0 },
    ...parts,
  };
}

export function provider(url: string, options: OpenAIProviderOptions = {}): ModelProvider {
  return createProvider({ baseURL: `${url}/v1`, apiKey: KEY, ...options }, { name: "p", env: {} });
}

/** Sends one request to a server that plays `script`, and tells what became of it. */
export async function play(
  script: readonly Step[],
  options: OpenAIProviderOptions = {},
): Promise<Played> {
  await using server = await BrokenServer.start(script);
  const openai = provider(server.url, options);
  const sink = new CollectingSink();
  const { signal } = new AbortController();
  try {
    const response = await openai.request(request(), sink, signal);
    return { response, chunks: sink.chunks, requests: server.requests };
  } catch (error) {
    return { error: error as HeddleError, chunks: sink.chunks, requests: server.requests };
  } finally {
    await openai.close?.();
  }
}

/** Holds what became of a request against what was expected, and against what is true of every request. */
export function expectOutcome(played: Played, expected: Expected): void {
  const { response, error, chunks } = played;
  const text = chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("");
  if (expected.code === undefined) {
    expect(error).toBeUndefined();
    expect(response).toMatchObject(expected);
    expect(response?.text).toBe(text);
    return;
  }
  expect(response).toBeUndefined();
  expect(HeddleError.is(error)).toBe(true);
  expect({ code: error?.code, text }).toEqual({ code: expected.code, text: expected.after ?? "" });
  expect(error?.details).toMatchObject(expected.details ?? {});
  expect(error?.message).toMatch(expected.message ?? /model server/);
  expect(error?.details["retryable"]).toBeTypeOf("boolean");
}
