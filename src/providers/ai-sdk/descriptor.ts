import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { plainKeySource, variablesOf } from "../../network/keys/key-source.ts";
import { PROXY_VARIABLES } from "../../network/proxies.ts";
import type { ProviderDescriptor } from "../../protocol/provider.ts";
import type { AiSdkProviderOptions, AiSdkSettings } from "./options.ts";
import { checkOptions } from "./options.ts";

/** Where packages send their keys otherwise than as a bearer. */
const KEY_HEADERS: ReadonlyMap<string, string> = new Map([
  ["@ai-sdk/anthropic", "x-api-key"],
  ["@ai-sdk/google", "x-goog-api-key"],
]);

/**
 * A provider for every model that has a package of the AI SDK (`LanguageModelV4`): Anthropic, Gemini, Bedrock, Mistral and others.
 *
 * Plain data. The package is loaded in a gateway of its own, which alone has the key. Neither the caller's thread nor an actor ever
 * loads it, and the package `ai` is not needed.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field. A package that is not installed is the supervisor's to report:
 * `PROVIDER_LOAD_FAILED`, with the command that installs it.
 */
export function aiSdkProvider(options: AiSdkProviderOptions): ProviderDescriptor {
  checkOptions(options);
  const { env = [], apiKey, retry, limits, breaker } = options;
  const source = apiKey && plainKeySource(apiKey);
  const settings: AiSdkSettings = {
    package: options.package,
    create: options.create,
    model: options.model,
    settings: options.settings ?? {},
    method: options.method ?? "languageModel",
    tools: options.tools ?? [],
    network: options.network ?? {},
    apiKey: source,
    keyHeader: headerOf(options),
    from: placesOf(options.from),
  };
  return {
    module: new URL(`./module${extname(import.meta.filename)}`, import.meta.url),
    options: settings,
    env: [...env, ...PROXY_VARIABLES, ...(source ? variablesOf(source, process.env) : [])],
    ...(retry === undefined ? {} : { retry }),
    ...(limits === undefined ? {} : { limits }),
    ...(breaker === undefined ? {} : { breaker }),
  };
}

function headerOf({ auth, package: name }: AiSdkProviderOptions): string {
  const header = auth?.toLowerCase() ?? KEY_HEADERS.get(name) ?? "bearer";
  return header === "bearer" ? "authorization" : header;
}

/** A gateway knows neither the program that was started nor, after a change of folder, where the host is: both are asked for here. */
function placesOf(from: URL | string | undefined): readonly string[] {
  const program = process.argv[1];
  const folder = pathToFileURL(`${process.cwd()}/package.json`).href;
  return [
    ...(from === undefined ? [] : [urlOf(from)]),
    ...(program === undefined ? [] : [pathToFileURL(program).href]),
    folder,
    import.meta.url,
  ];
}

function urlOf(place: URL | string): string {
  if (place instanceof URL) return place.href;
  return place.startsWith("file:") ? place : pathToFileURL(place).href;
}
