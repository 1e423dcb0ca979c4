import { HeddleError } from "../../errors.ts";
import type { ModelRequest } from "../../protocol/model.ts";

/** A model call that the scripted provider has had. */
export type ScriptedCall = ModelRequest["origin"] & {
  readonly request: ModelRequest;
  /** When it came to the provider: Unix time in ms, with fractions. */
  readonly atMs: number;
};

export type ScriptReport = {
  /** In order of arrival. */
  readonly calls: readonly ScriptedCall[];
  /** How many responses the script has. */
  readonly responses: number;
};

/** A provider that can tell which calls it has had. */
export interface Scripted {
  report(): ScriptReport;
}

/** @throws {HeddleError} `NOT_SCRIPTED` when `provider` plays no script. */
export function reportOf(provider: unknown, name: string): ScriptReport {
  if (typeof (provider as Partial<Scripted> | undefined)?.report !== "function") {
    throw new HeddleError("NOT_SCRIPTED", `provider "${name}" is not a scripted one`);
  }
  return (provider as Scripted).report();
}
