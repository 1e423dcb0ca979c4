import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ScriptedResponse } from "../../../src/index.ts";
import type { TemporaryDirectory } from "./command.ts";

/** A module of two tools: `add`, and `divide`, which needs approval. */
export const CALCULATOR: string = fileURLToPath(
  new URL("../../fixtures/tools/calculator.ts", import.meta.url),
);

/** The options that make these the model's responses. */
export function scriptOf(
  directory: TemporaryDirectory,
  ...responses: readonly ScriptedResponse[]
): readonly string[] {
  const file = directory.file("script.json");
  writeFileSync(file, JSON.stringify(responses));
  return ["--provider", "scripted", "--script", file];
}

/** A response that divides 6 by 2. */
export const DIVIDES: ScriptedResponse = { toolCalls: [{ name: "divide", args: { a: 6, b: 2 } }] };
