import type { ProviderDescriptor, ScriptedResponse } from "../../index.ts";
import { scriptedProvider } from "../../index.ts";
import type { StressOptions } from "./arguments.ts";
import type { Fault } from "./fault.ts";
import type { StreamText } from "./stream-text.ts";

/** The first call of each agent only starts its thread. */
export const READY = "ready";

/** The number of the call that streams. */
export const STREAM_CALL = 1;

/** The provider that plays `fault`. */
export function providerOf(fault: Fault): string {
  if (fault.type === "crash" && fault.by === "error") return `error-${fault.atChunk}`;
  if (fault.type === "stall") return `stall-${fault.atChunk}`;
  return "whole";
}

/** The providers that `faults` need: a script for each place at which one ends. */
export function providersFor(
  faults: readonly Fault[],
  text: StreamText,
  { rate }: Pick<StressOptions, "rate">,
): { readonly [name: string]: ProviderDescriptor } {
  const byName = new Map(faults.map((fault) => [providerOf(fault), fault]));
  return Object.fromEntries(
    [...byName].map(([name, fault]) => {
      const response = responseOf(fault, text, rate);
      return [name, scriptedProvider({ responses: [{ text: READY }, response] })];
    }),
  );
}

function responseOf(fault: Fault, text: StreamText, rate: number): ScriptedResponse {
  const chunks = fault.type === "none" ? text.pieces.length : fault.atChunk;
  const said = (count: number) => ({
    text: text.upTo(count),
    chunks: count,
    ...(rate === 0 ? {} : { chunksPerSecond: rate }),
  });
  if (fault.type === "stall") return { ...said(chunks), stall: true };
  if (fault.type === "crash" && fault.by === "error") {
    return { ...said(chunks), error: { status: 503, message: "the script fails here" } };
  }
  return said(text.pieces.length);
}
