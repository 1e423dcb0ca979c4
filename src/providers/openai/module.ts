import { randomUUID } from "node:crypto";
import { OpenAI } from "openai";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { KeyKeeper } from "../../network/keys/key-keeper.ts";
import { isKeySource } from "../../network/keys/key-source.ts";
import { openKeys } from "../../network/keys/open-keys.ts";
import { Network } from "../../network/network.ts";
import type { ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ModelProvider, ProviderContext, ResponseSink } from "../model-provider.ts";
import { extraFields, mergeBody } from "./body-merge.ts";
import { CallIds } from "./call-ids.ts";
import { ChatMapper } from "./chat/mapper.ts";
import { chatRequest } from "./chat/request.ts";
import { endpointOf, withQuery } from "./endpoint.ts";
import { cancelled, isUnauthorized, withoutSecrets } from "./failures.ts";
import { HttpTransport, KEEPING, MessageResponse } from "./http-transport.ts";
import type { RequestForm } from "./lessons.ts";
import { Lessons } from "./lessons.ts";
import { hasStates, withoutStates } from "./message-parts.ts";
import { streamResponse } from "./response-stream.ts";
import { ResponsesMapper } from "./responses/mapper.ts";
import { responsesRequest } from "./responses/request.ts";
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
  return new OpenAIProvider(resolveSettings(options, context), context);
}

type Answer = { readonly response: MessageResponse; readonly warnings: readonly string[] };
type Request = { readonly body: object; readonly warnings: readonly string[] };

class OpenAIProvider implements ModelProvider {
  readonly #settings: Settings;
  /** The provider's name among the supervisor's. */
  readonly #name: string;
  readonly #url: string;
  readonly #transport: HttpTransport;
  readonly #client: OpenAI;
  readonly #lessons: Lessons;
  /** Undefined: the key stays the same, or there is none. */
  readonly #keys: KeyKeeper | undefined;

  constructor(settings: Settings, { name, env }: ProviderContext) {
    const { apiKey, baseURL } = settings;
    this.#settings = settings;
    this.#name = name;
    this.#url = endpointOf(baseURL, PATHS[settings.api]);
    const network = new Network("openaiProvider: ", settings.network, env, KEEPING);
    // A proxy that cannot be used is told now, and not by each request.
    network.proxyFor(new URL(baseURL));
    this.#transport = new HttpTransport(network);
    this.#client = makeClient(settings, this.#transport);
    this.#lessons = new Lessons(firstForm(settings), settings.outputFormat !== undefined);
    if (isKeySource(apiKey)) this.#keys = openKeys(apiKey, env);
  }

  get defaultModel(): string {
    return this.#settings.model ?? "";
  }

  async request(
    request: ModelRequest,
    sink: ResponseSink,
    signal: AbortSignal,
  ): Promise<ModelResponse> {
    try {
      if (signal.aborted) throw cancelled(signal);
      const { response, warnings } = await this.#send(request, signal);
      return await streamResponse(response, {
        mapper: this.#makeMapper(request),
        sink,
        signal,
        maxLineBytes: this.#settings.maxLineBytes,
        warnings,
      });
    } catch (error) {
      throw this.#failureOf(error, signal);
    }
  }

  async close(): Promise<void> {
    this.#transport.close();
    await this.#keys?.close();
  }

  /** Sends a request in the form that the server is known to take. One that it refuses for its form is sent once more, without that. */
  async #send(request: ModelRequest, signal: AbortSignal): Promise<Answer> {
    const model = request.settings.name ?? this.#settings.model;
    if (model === undefined) throw noModel();
    const content = {
      hasOutput: request.output !== undefined,
      hasState: hasStates(request.messages),
    };
    for (let attempt = this.#lessons.attemptFor(model); ; ) {
      const { form } = attempt;
      const { body, warnings } = this.#bodyOf(request, model, form);
      try {
        const response = await this.#post(body, request, signal);
        this.#lessons.remember(model, attempt);
        return { response, warnings: [...warnings, ...this.#lessons.warnings(form, content)] };
      } catch (thrown) {
        const error = this.#failureOf(thrown, signal);
        const next = this.#lessons.learn(error, attempt, content);
        if (next === undefined) throw error;
        attempt = next;
      }
    }
  }

  #bodyOf(request: ModelRequest, model: string, form: RequestForm): Request {
    const { api, dialect, maxTokensField, extraBody } = this.#settings;
    const sent = form.withState
      ? request
      : { ...request, messages: withoutStates(request.messages) };
    const { body, warnings } =
      api === "chat"
        ? chatRequest(sent, model, { dialect, maxTokensField, form })
        : responsesRequest(sent, model, { dialect, form });
    const extra = extraFields(extraBody, request.settings, this.#name);
    return { body: mergeBody(body, extra), warnings };
  }

  async #post(
    body: object,
    { settings: { query } }: ModelRequest,
    signal: AbortSignal,
  ): Promise<MessageResponse> {
    const url = withQuery(this.#url, query);
    if (this.#keys === undefined) return await this.#exchange(url, body, signal, {});
    return await this.#keys.use(signal, isUnauthorized, (key) =>
      this.#exchange(url, body, signal, keyHeader(this.#settings, key)),
    );
  }

  async #exchange(
    url: string,
    body: object,
    signal: AbortSignal,
    headers: { readonly [name: string]: string },
  ): Promise<MessageResponse> {
    // Not `create()`: it would serialize the body with a callback for each of its values.
    const options = { body, stream: true, signal, headers };
    const response = await this.#client.post(url, options).asResponse();
    if (response instanceof MessageResponse) return response;
    throw new HeddleError("INTERNAL", "the OpenAI client did not use our transport");
  }

  #makeMapper({ messages }: ModelRequest): ChatMapper | ResponsesMapper {
    const ids = new CallIds(messages, () => `call_${randomUUID()}`);
    const { api, thinkTags } = this.#settings;
    return api === "chat" ? new ChatMapper({ ids, thinkTags }) : new ResponsesMapper({ ids });
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

function firstForm({ api, includeUsage, outputFormat }: Settings): RequestForm {
  return {
    format: outputFormat ?? "json_schema",
    includeUsage: api === "chat" && includeUsage,
    includeReasoning: api === "responses",
    withState: true,
  };
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

function noModel(): HeddleError {
  return new HeddleError(
    "PROVIDER_BAD_REQUEST",
    "no model is named: set openaiProvider({ model }), or the worker's or the job's model.name",
    { details: { retryable: false } },
  );
}
