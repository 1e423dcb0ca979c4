import { HeddleError } from "../../errors.ts";
import type { ModelSettings } from "../../protocol/model.ts";
import { checkFields, checkText, refuse } from "../check.ts";
import type { Fallback } from "../options.ts";

/** A provider that is asked when those before it have failed. */
export type FallbackProvider = { readonly provider: string; readonly model?: ModelSettings };

type Fallbacks = readonly Fallback[];

const MAX_FALLBACKS = 8;
const NONE: readonly FallbackProvider[] = [];

/** The provider by that name, or the only one. @throws {HeddleError} `UNKNOWN_PROVIDER`. */
export function chooseProvider(name: string | undefined, providers: ReadonlySet<string>): string {
  const only = providers.size === 1 ? [...providers][0] : undefined;
  const chosen = name ?? only;
  if (chosen !== undefined && providers.has(chosen)) return chosen;
  if (chosen !== undefined) throw unknownProvider("provider", chosen, providers);
  const message = `provider must be given when there are several: ${listed(providers)}`;
  throw new HeddleError("UNKNOWN_PROVIDER", message, { details: { field: "provider" } });
}

/**
 * Checks what is given as `fallback`. `checkModel` is called for each entry's model.
 *
 * @throws {HeddleError} `INVALID_OPTION`.
 */
export function checkFallback(
  field: string,
  fallback: unknown,
  checkModel: (field: string, model: ModelSettings | undefined) => void,
): asserts fallback is Fallbacks | undefined {
  if (fallback === undefined) return;
  if (!Array.isArray(fallback) || fallback.length > MAX_FALLBACKS) {
    refuse(field, `an array of at most ${MAX_FALLBACKS} providers`);
  }
  for (const [i, entry] of (fallback as readonly unknown[]).entries()) {
    const at = `${field}[${i}]`;
    if (typeof entry === "string") checkText(at, entry);
    else {
      checkFields(at, entry ?? null, ["provider", "model"]);
      const { provider, model } = entry as Partial<FallbackProvider>;
      checkText(`${at}.provider`, provider ?? "");
      checkModel(`${at}.model`, model);
    }
  }
  const names = (fallback as Fallbacks).map((entry) => entryOf(entry).provider);
  const again = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (again >= 0) refuse(`${field}[${again}]`, "a provider that is not named before it");
}

/**
 * The providers that `fallback` names, in order; none of them may be `provider`.
 *
 * @throws {HeddleError} `UNKNOWN_PROVIDER`, `INVALID_OPTION`.
 */
export function fallbackProviders(
  field: string,
  fallback: Fallbacks,
  provider: string | undefined,
  providers: ReadonlySet<string>,
): readonly FallbackProvider[] {
  const chosen = fallback.map(entryOf);
  for (const [i, { provider: name }] of chosen.entries()) {
    if (!providers.has(name)) throw unknownProvider(`${field}[${i}]`, name, providers);
    if (name !== provider) continue;
    refuse(`${field}[${i}]`, `another provider than the one before it, which is "${name}"`);
  }
  return chosen.length === 0 ? NONE : chosen;
}

/**
 * Those of a worker of `provider`: its `own`, or what is left of the supervisor's `defaults`.
 *
 * @throws {HeddleError} `UNKNOWN_PROVIDER`, `INVALID_OPTION`.
 */
export function workerFallback(
  own: Fallbacks | undefined,
  defaults: Fallbacks | undefined,
  provider: string,
  providers: ReadonlySet<string>,
): readonly FallbackProvider[] {
  if (own) return fallbackProviders("fallback", own, provider, providers);
  const others = defaults?.map(entryOf).filter((entry) => entry.provider !== provider) ?? NONE;
  return others.length === 0 ? NONE : others;
}

function entryOf(entry: Fallback): FallbackProvider {
  if (typeof entry === "string") return { provider: entry };
  return { provider: entry.provider, ...(entry.model ? { model: { ...entry.model } } : {}) };
}

function unknownProvider(field: string, name: string, providers: ReadonlySet<string>): HeddleError {
  const message = `no provider "${name}"; known are ${listed(providers)}`;
  return new HeddleError("UNKNOWN_PROVIDER", message, { details: { field } });
}

function listed(providers: ReadonlySet<string>): string {
  return [...providers].map((one) => `"${one}"`).join(", ");
}
