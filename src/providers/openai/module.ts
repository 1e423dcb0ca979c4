import { randomUUID } from "node:crypto";
import { OpenAI } from "openai";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { KeyKeeper } from "../../network/keys/key-keeper.ts";
import { isKeySource } from "../../network/keys/key-source.ts";
import { openKeys } from "../../network/keys/open-keys.ts";
import { Network } from "../../network/network.ts";
import type { ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ModelProvider, ProviderContext, ResponseSink } from "../model-provider.ts";
import { ChatMapper } from "./chat-mapper.ts";
import { chatRequest } from "./chat-request.ts";
import { endpointOf } from "./endpoint.ts";
import { cancelled, withoutSecrets } from "./failures.ts";
import { HttpTransport, KEEPING, MessageResponse } from "./http-transport.ts";
import { streamResponse } from "./response-stream.ts";
import { ResponsesMapper } from "./responses-mapper.ts";
import { responsesRequest } from "./responses-request.ts";
import type { Settings } from "./settings.ts";
import { resolveSettings } from "./settings.ts";

const PATHS = { chat: "/chat/completions", responses: "/responses" } as const;
/** The longest a timer can be: deadlines are the gateway's business. */
const NO_TIMEOUT_MS = 2_147_483_647;

/**
 * Makes the provider that `openaiProvider()` describes.
 *
 * @throws {HeddleError} `INVALID_OPTION`, or `PROVIDER_AUTH` when there is no usable API key.
 */
export function createProvider(options: unknown, context: ProviderContext): ModelProvider {
  return new OpenAIProvider(resolveSettings(options, context), context.env);
}

class OpenAIProvider implements ModelProvider {
  readonly #settings: Settings;
  readonly #url: string;
  readonly #transport: HttpTransport;
  readonly #client: OpenAI;
  /** Undefined: the key stays the same, or there is none. */
  readonly #keys: KeyKeeper | undefined;

  constructor(settings: Settings, env: ProviderContext["env"]) {
    const { apiKey, baseURL } = settings;
    this.#settings = settings;
    this.#url = endpointOf(baseURL, PATHS[settings.api]);
    const network = new Network("openaiProvider: ", settings.network, env, KEEPING);
    // A proxy that cannot be used is told now, and not by each request.
    network.proxyFor(new URL(baseURL));
    this.#transport = new HttpTransport(network);
    this.#client = makeClient(settings, this.#transport);
    if (isKeySource(apiKey)) this.#keys = openKeys(apiKey, env);
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

  async close(): Promise<void> {
    this.#transport.close();
    await this.#keys?.close();
  }

  async #send(request: ModelRequest, signal: AbortSignal): Promise<MessageResponse> {
    const { api } = this.#settings;
    const model = request.settings.name ?? this.#settings.model;
    if (model === undefined) throw noModel();
    const body =
      api === "chat"
        ? chatRequest(request, model, this.#settings)
        : responsesRequest(request, model);
    if (this.#keys === undefined) return await this.#post(body, signal, {});
    const key = await this.#keys.current(signal);
    try {
      return await this.#post(body, signal, keyHeader(this.#settings, key));
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      const another = await this.#keys.after(key, signal);
      if (another === undefined) throw error;
      return await this.#post(body, signal, keyHeader(this.#settings, another));
    }
  }

  async #post(
    body: object,
    signal: AbortSignal,
    headers: { readonly [name: string]: string },
  ): Promise<MessageResponse> {
    // Not `create()`: it would serialize the body with a callback for each of its values.
    const options = { body, stream: true, signal, headers };
    const response = await this.#client.post(this.#url, options).asResponse();
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
    return withoutSecrets(safe, [...this.#settings.secrets, ...(this.#keys?.known ?? [])]);
  }
}

function makeClient(settings: Settings, transport: HttpTransport): OpenAI {
  const { apiKey, organization, project, baseURL, headers } = settings;
  return new OpenAI({
    // Its own header is never used: the key is sent by ours. Null, not undefined: else the client looks for a value in the environment.
    apiKey: "none",
    adminAPIKey: null,
    organization: organization ?? null,
    project: project ?? null,
    webhookSecret: null,
    baseURL,
    defaultHeaders: {
      authorization: null,
      "x-stainless-timeout": null,
      ...(typeof apiKey === "string" ? keyHeader(settings, apiKey) : {}),
      ...headers,
    },
    fetch: transport.fetch,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
  });
}

/** Nothing where a header of the user's own stands in its place. */
function keyHeader({ auth, headers }: Settings, key: string): { readonly [name: string]: string } {
  const [name, value] = auth === "bearer" ? ["authorization", `Bearer ${key}`] : [auth, key];
  const isTaken = Object.keys(headers).some((own) => own.toLowerCase() === name.toLowerCase());
  return isTaken ? {} : { [name]: value };
}

function isUnauthorized(thrown: unknown): boolean {
  const cause = thrown instanceof Error && !HeddleError.is(thrown) ? thrown.cause : thrown;
  return HeddleError.is(cause) && cause.details["status"] === 401;
}

function noModel(): HeddleError {
  return new HeddleError(
    "PROVIDER_BAD_REQUEST",
    "no model is named: set openaiProvider({ model }), or the worker's or the job's model.name",
    { details: { retryable: false } },
  );
}
