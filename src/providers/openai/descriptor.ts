import { extname } from "node:path";
import { isKeySource, plainKeySource, variablesOf } from "../../network/keys/key-source.ts";
import { PROXY_VARIABLES } from "../../network/proxies.ts";
import type { ProviderDescriptor } from "../../protocol/provider.ts";
import type { OpenAIProviderOptions } from "./options.ts";
import { checkOptions } from "./options.ts";

/**
 * A provider for OpenAI and for the many servers that speak its API: Ollama, vLLM, llama.cpp, LM Studio and others.
 *
 * Plain data; the OpenAI client is loaded in the gateway thread only. Key and base URL can be left to the environment, then
 * they never pass through the caller's code.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function openaiProvider(options: OpenAIProviderOptions = {}): ProviderDescriptor {
  const { retry, limits, breaker, ...rest } = checkOptions(options);
  const { apiKey } = rest;
  const source = isKeySource(apiKey) ? plainKeySource(apiKey) : undefined;
  return {
    module: new URL(`./module${extname(import.meta.filename)}`, import.meta.url),
    options: source === undefined ? rest : { ...rest, apiKey: source },
    env: [
      ...["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"],
      ...PROXY_VARIABLES,
      ...(source === undefined ? [] : variablesOf(source, process.env)),
    ],
    ...(retry === undefined ? {} : { retry }),
    ...(limits === undefined ? {} : { limits }),
    ...(breaker === undefined ? {} : { breaker }),
  };
}
