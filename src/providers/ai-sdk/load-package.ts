import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, HeddleError } from "../../errors.ts";
import type { AiSdkSettings } from "./options.ts";

/** Makes a provider of the package; it is called with the settings of the options. */
export type CreateSdkProvider = (settings: object) => unknown;

/**
 * Imports the package as the application would, and takes its function for making providers.
 *
 * @throws {HeddleError} `PROVIDER_LOAD_FAILED` when the package is not installed, cannot be imported, or has no such function. The
 * message says what to do.
 */
export async function loadFactory(settings: AiSdkSettings): Promise<CreateSdkProvider> {
  const { package: name, create, from } = settings;
  const url = from.map((place) => findFrom(place, name)).find((found) => found !== undefined);
  if (url === undefined) {
    const looked = from.map((place) => fileURLToPath(place)).join(", ");
    throw loadFailed(
      name,
      `the package ${name} is not installed: npm install ${packageOf(name)} (looked for it from ${looked}; name another place with aiSdkProvider({ from: import.meta.url }))`,
    );
  }
  return factoryOf(await importModule(url, name), name, create);
}

/** The module that an import of `name` at `place` loads. Undefined: there is no such package. */
function findFrom(place: string, name: string): string | undefined {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, parentURL: place }),
  });
  try {
    return import.meta.resolve(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw loadFailed(name, `the package ${name} cannot be loaded: ${describe(error)}`, error);
  } finally {
    hooks.deregister();
  }
}

async function importModule(url: string, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw loadFailed(name, `the package ${name} cannot be loaded: ${describe(error)}`, error);
  }
}

function factoryOf(
  module: Record<string, unknown>,
  name: string,
  create: string,
): CreateSdkProvider {
  const factory = module[create];
  if (typeof factory === "function") return factory as CreateSdkProvider;
  const known = Object.keys(module).filter((key) => key.startsWith("create"));
  const named = known.length === 0 ? "none" : known.join(", ");
  throw loadFailed(
    name,
    `the package ${name} has no function ${create} (its functions that make something: ${named})`,
  );
}

/** Without what may stand behind the package's name: `@ai-sdk/google-vertex/anthropic`. */
function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}

function loadFailed(name: string, message: string, cause?: unknown): HeddleError {
  return new HeddleError("PROVIDER_LOAD_FAILED", message, {
    ...(cause === undefined ? {} : { cause }),
    details: { package: name },
  });
}
