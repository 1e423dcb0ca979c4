import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { describe, HeddleError } from "../../errors.ts";
import { openKeys } from "../../network/keys/open-keys.ts";
import { Network } from "../../network/network.ts";
import type { JsonObject, ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ModelProvider, ProviderContext, ResponseSink } from "../model-provider.ts";
import { cancelled } from "../openai/failures.ts";
import { KEEPING } from "../openai/http-transport.ts";
import { callOptions } from "./call-options.ts";
import { failureOf, streamFailure } from "./failures.ts";
import { loadFactory } from "./load-package.ts";
import type { AiSdkSettings } from "./options.ts";
import type { ReadsUrl } from "./prompt.ts";
import { StreamMapper } from "./stream-mapper.ts";
import { supports } from "./supported-urls.ts";
import { WebFetch } from "./web-fetch.ts";

const SECRET_NAME = /auth|key|token|secret|cookie|password|credential/i;
/** A shorter one would blot out parts of ordinary words. */
const MIN_SECRET_LENGTH = 4;

/** Packages want a key before they send anything. It never leaves: `WebFetch` sets the one that changes. */
const PLACEHOLDER = "from-apiKey";

/**
 * Makes the provider that `aiSdkProvider()` describes.
 *
 * Its gateway is its own. So the variables that it may have are set in the gateway's environment, where packages look for them; no
 * other thread sees them.
 *
 * @throws {HeddleError} `PROVIDER_LOAD_FAILED` for a package that is not installed, or does not make what it should.
 */
export async function createProvider(
  settings: AiSdkSettings,
  { env }: ProviderContext,
): Promise<ModelProvider> {
  Object.assign(process.env, env);
  const create = await loadFactory(settings);
  const network = new Network("aiSdkProvider: ", settings.network, env, KEEPING);
  const { apiKey, keyHeader: header } = settings;
  const key = apiKey && { keys: openKeys(apiKey, env), header };
  const web = new WebFetch(network, key);
  const secrets = secretsIn({ ...settings.settings, ...env });
  const provider = new AiSdkProvider(settings, web, secrets, made(create, settings, web, secrets));
  // A package of another age is found now, and not in the first job.
  if (settings.model !== undefined) provider.modelNamed(settings.model);
  return provider;
}

class AiSdkProvider implements ModelProvider {
  readonly #settings: AiSdkSettings;
  readonly #web: WebFetch;
  readonly #secrets: readonly string[];
  readonly #sdk: object;

  constructor(settings: AiSdkSettings, web: WebFetch, secrets: readonly string[], sdk: object) {
    this.#settings = settings;
    this.#web = web;
    this.#secrets = secrets;
    this.#sdk = sdk;
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
      const model = this.modelNamed(request.settings.name ?? this.#settings.model);
      const readsUrl = supports(await model.supportedUrls);
      return await this.#stream(model, request, readsUrl, sink, signal);
    } catch (error) {
      throw failureOf(error, signal, [...this.#secrets, ...this.#web.secrets]);
    }
  }

  async close(): Promise<void> {
    await this.#web.close();
  }

  /** @throws {HeddleError} `PROVIDER_LOAD_FAILED` where it is no model of the AI SDK's present form. */
  modelNamed(name: string | undefined): LanguageModelV4 {
    if (name === undefined) throw noModel();
    const { package: from, method } = this.#settings;
    const make = (this.#sdk as Record<string, unknown>)[method];
    if (typeof make !== "function") {
      throw loadFailed(
        `the provider of ${from} has no method ${method} (aiSdkProvider({ method }))`,
      );
    }
    const model = (make as (name: string) => unknown).call(this.#sdk, name);
    const version = (model as { specificationVersion?: unknown } | undefined)?.specificationVersion;
    if (version !== "v4") {
      throw loadFailed(
        `${from} makes models of the AI SDK's form ${version}, and Heddle needs v4: install a newer version of it`,
      );
    }
    return model as LanguageModelV4;
  }

  async #stream(
    model: LanguageModelV4,
    request: ModelRequest,
    readsUrl: ReadsUrl,
    sink: ResponseSink,
    signal: AbortSignal,
  ): Promise<ModelResponse> {
    const { extraBody, query } = request.settings;
    const { options, warnings } = callOptions(request, model, readsUrl, this.#settings.tools);
    const send = () => model.doStream({ ...options, abortSignal: signal });
    const { stream } =
      extraBody === undefined && query === undefined
        ? await send()
        : await this.#web.carrying({ extraBody, query }, send);
    return await readAll(stream, new StreamMapper(warnings), sink, signal);
  }
}

/** Neither a package that does not look at its signal nor a reader without room keeps a cancelled request. */
async function readAll(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  mapper: StreamMapper,
  sink: ResponseSink,
  signal: AbortSignal,
): Promise<ModelResponse> {
  const reader = stream.getReader();
  const cancel = Promise.withResolvers<never>();
  const abort = (): void => cancel.reject(cancelled(signal));
  signal.addEventListener("abort", abort);
  try {
    // Once, not part by part: what waits for a promise is kept as long as the promise.
    await Promise.race([pump(reader, mapper, sink), cancel.promise]);
    return mapper.end();
  } finally {
    signal.removeEventListener("abort", abort);
    void reader.cancel(signal.reason).catch(() => {});
  }
}

/** A part is asked for only when there is room for the one before: so the server is held back. */
async function pump(
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
  mapper: StreamMapper,
  sink: ResponseSink,
): Promise<void> {
  while (!mapper.isComplete) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value.type === "error") throw streamFailure(value.error);
    const chunk = mapper.accept(value);
    if (!chunk) continue;
    const written = sink.write(chunk);
    if (sink.hasRoom !== true) await written;
  }
}

function made(
  create: (settings: object) => unknown,
  { package: from, settings, create: name, apiKey }: AiSdkSettings,
  { fetch }: WebFetch,
  secrets: readonly string[],
): object {
  let sdk: unknown;
  try {
    sdk = create({ ...(apiKey === undefined ? {} : { apiKey: PLACEHOLDER }), ...settings, fetch });
  } catch (error) {
    const known = failureOf(error, new AbortController().signal, secrets);
    throw loadFailed(`${name} of ${from} has failed: ${describe(known)}`);
  }
  if (typeof sdk === "function" || (typeof sdk === "object" && sdk !== null)) return sdk;
  throw loadFailed(`${name} of ${from} made no provider`);
}

/** The values that no error may hold: of fields and variables that are named like a secret. */
function secretsIn(values: JsonObject): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value === "object" && value !== null) return secretsIn(value as JsonObject);
    if (typeof value !== "string" || !SECRET_NAME.test(name)) return [];
    // With a scheme in front, the secret is what follows it.
    const texts = [value, value.slice(value.indexOf(" ") + 1)];
    return texts.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  });
}

function noModel(): HeddleError {
  return new HeddleError(
    "PROVIDER_BAD_REQUEST",
    "no model is named: set aiSdkProvider({ model }), or the worker's or the job's model.name",
    { details: { retryable: false } },
  );
}

function loadFailed(message: string): HeddleError {
  return new HeddleError("PROVIDER_LOAD_FAILED", message, { details: { retryable: false } });
}
