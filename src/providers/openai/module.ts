import { randomUUID } from "node:crypto";
import { OpenAI } from "openai";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ModelProvider, ProviderContext, ResponseSink } from "../model-provider.ts";
import { ChatMapper } from "./chat-mapper.ts";
import { chatRequest } from "./chat-request.ts";
import { cancelled, withoutSecrets } from "./failures.ts";
import { HttpTransport, MessageResponse } from "./http-transport.ts";
import { streamResponse } from "./response-stream.ts";
import { ResponsesMapper } from "./responses-mapper.ts";
import { responsesRequest } from "./responses-request.ts";
import type { Settings } from "./settings.ts";
import { resolveSettings } from "./settings.ts";

/** The longest a timer can be: deadlines are the gateway's business. */
const NO_TIMEOUT_MS = 2_147_483_647;

/**
 * Makes the provider that `openaiProvider()` describes.
 *
 * @throws {HeddleError} `INVALID_OPTION`, or `PROVIDER_AUTH` when there is no usable API key.
 */
export function createProvider(options: unknown, context: ProviderContext): ModelProvider {
  return new OpenAIProvider(resolveSettings(options, context));
}

class OpenAIProvider implements ModelProvider {
  readonly #settings: Settings;
  readonly #transport: HttpTransport;
  readonly #client: OpenAI;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#transport = new HttpTransport(new URL(settings.baseURL).protocol === "https:");
    this.#client = makeClient(settings, this.#transport);
  }

  async request(
    request: ModelRequest,
    sink: ResponseSink,
    signal: AbortSignal,
  ): Promise<ModelResponse> {
    try {
      if (signal.aborted) throw cancelled(signal);
      const response = await this.#send(request, signal);
      return await streamResponse(response, {
        mapper: this.#makeMapper(),
        sink,
        signal,
        maxLineBytes: this.#settings.maxLineBytes,
      });
    } catch (error) {
      throw this.#failureOf(error, signal);
    }
  }

  close(): void {
    this.#transport.close();
  }

  async #send(request: ModelRequest, signal: AbortSignal): Promise<MessageResponse> {
    const { api } = this.#settings;
    const model = request.settings.name ?? this.#settings.model;
    if (model === undefined) throw noModel();
    const body =
      api === "chat"
        ? chatRequest(request, model, this.#settings)
        : responsesRequest(request, model);
    // Not `create()`: it would serialize the body with a callback for each of its values.
    const path = api === "chat" ? "/chat/completions" : "/responses";
    const response = await this.#client.post(path, { body, stream: true, signal }).asResponse();
    if (response instanceof MessageResponse) return response;
    throw new HeddleError("INTERNAL", "the OpenAI client did not use our transport");
  }

  #makeMapper(): ChatMapper | ResponsesMapper {
    const toolCallIdPrefix = (): string => `call_${randomUUID()}`;
    return this.#settings.api === "chat"
      ? new ChatMapper(toolCallIdPrefix)
      : new ResponsesMapper(toolCallIdPrefix);
  }

  /** The client wraps what its `fetch` throws. Its own errors are not kept as causes: some print the key. */
  #failureOf(thrown: unknown, signal: AbortSignal): HeddleError {
    if (signal.aborted) return cancelled(signal);
    const cause = thrown instanceof Error && !HeddleError.is(thrown) ? thrown.cause : undefined;
    const error = toHeddleError(HeddleError.is(cause) ? cause : thrown, "PROVIDER_FAILED");
    const isOurs = error === thrown || error === cause;
    const safe = isOurs ? error : new HeddleError("PROVIDER_FAILED", error.message);
    return withoutSecrets(safe, this.#settings.secrets);
  }
}

function makeClient(settings: Settings, transport: HttpTransport): OpenAI {
  return new OpenAI({
    // Null, not undefined: else the client looks for a value in the environment.
    apiKey: settings.apiKey ?? "none",
    adminAPIKey: null,
    organization: settings.organization ?? null,
    project: settings.project ?? null,
    webhookSecret: null,
    baseURL: settings.baseURL,
    defaultHeaders: {
      ...(settings.apiKey === undefined ? { authorization: null } : {}),
      "x-stainless-timeout": null,
      ...settings.headers,
    },
    fetch: transport.fetch,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
  });
}

function noModel(): HeddleError {
  return new HeddleError(
    "PROVIDER_BAD_REQUEST",
    "no model is named: set openaiProvider({ model }), or the worker's or the job's model.name",
    { details: { retryable: false } },
  );
}
