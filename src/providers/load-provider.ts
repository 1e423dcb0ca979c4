import { HeddleError, toHeddleError } from "../errors.ts";
import type { ProviderSpec } from "../protocol/provider.ts";
import type { ModelProvider, ProviderContext } from "./model-provider.ts";

/**
 * Imports a provider's module and makes the provider.
 *
 * @throws {HeddleError} `PROVIDER_LOAD_FAILED` when the module cannot be imported, exports no `createProvider`, throws, or
 * returns something without a `request` method. A HeddleError that the module throws keeps its own code.
 */
export async function loadProvider(spec: ProviderSpec): Promise<ModelProvider> {
  const createProvider = await importFactory(spec);
  const context: ProviderContext = { name: spec.name, env: spec.env };
  let provider: unknown;
  try {
    provider = await createProvider(spec.options, context);
  } catch (error) {
    throw toHeddleError(error, "PROVIDER_LOAD_FAILED", `${nameOf(spec)}: createProvider() threw`);
  }
  if (typeof (provider as { request?: unknown } | null | undefined)?.request !== "function") {
    throw loadFailed(spec, "createProvider() returned no object with a request() method");
  }
  return provider as ModelProvider;
}

async function importFactory(
  spec: ProviderSpec,
): Promise<(options: unknown, context: ProviderContext) => unknown> {
  let module: { readonly createProvider?: unknown };
  try {
    module = await import(spec.moduleUrl);
  } catch (error) {
    throw loadFailed(spec, "the module cannot be loaded", error);
  }
  if (typeof module.createProvider !== "function") {
    const found = Object.keys(module).join(", ") || "nothing";
    throw loadFailed(
      spec,
      `the module must export a function createProvider (it exports: ${found})`,
    );
  }
  return module.createProvider as (options: unknown, context: ProviderContext) => unknown;
}

function loadFailed(spec: ProviderSpec, why: string, cause?: unknown): HeddleError {
  return new HeddleError("PROVIDER_LOAD_FAILED", `${nameOf(spec)}: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { provider: spec.name, module: spec.moduleUrl },
  });
}

function nameOf(spec: ProviderSpec): string {
  return `provider "${spec.name}" (${spec.moduleUrl})`;
}
