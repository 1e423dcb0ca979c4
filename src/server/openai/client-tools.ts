import type { AnyTool, ModelSettings, StandardSchema, WorkerOptions } from "../../index.ts";
import { refuse } from "./refuse.ts";
import type { ChatRequest, WireTool } from "./request-shape.ts";

/*
 * Tools of a request are the client's to carry out: the model is told of them, and a response that calls some ends the answer.
 */

/** @throws {HeddleError} `INVALID_INPUT` when the agent has tools of its own, or two of these have one name. */
export function clientTools({ tools }: ChatRequest, agent: WorkerOptions): readonly AnyTool[] {
  if (!tools || tools.length === 0) return [];
  if (hasTools(agent)) refuse("tools", "must be left out: this model has tools of its own");
  const names = tools.map((tool) => tool.function.name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1) refuse(`tools[${twice}].function.name`, "must not be there twice");
  return tools.map(clientTool);
}

export function hasTools({ tools = [], hostTools = [] }: WorkerOptions): boolean {
  return tools.length > 0 || hostTools.length > 0;
}

/** @throws {HeddleError} `INVALID_INPUT` for a choice among tools that are not there. */
export function toolChoice({
  tools,
  tool_choice: choice,
}: ChatRequest): Pick<ModelSettings, "toolChoice"> {
  if (!choice || choice === "auto") return {};
  if (choice === "none") return { toolChoice: choice };
  if (!tools || tools.length === 0)
    refuse("tool_choice", "must be left out where there are no tools");
  if (choice === "required") return { toolChoice: choice };
  const { name } = choice.function;
  if (!tools.some((tool) => tool.function.name === name))
    refuse("tool_choice.function.name", "must be one of the tools");
  return { toolChoice: { tool: name } };
}

/**
 * The job is cancelled in the turn in which a response has called it, before anything is carried out. Should it be called nevertheless, it waits
 * for that: its result is not to be had here.
 */
function clientTool({ function: { name, description, parameters } }: WireTool): AnyTool {
  return {
    name,
    ...(description ? { description } : {}),
    parameters: shownOnly(parameters ?? { type: "object", properties: {} }),
    execute: (_args, { signal }) =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
}

/** A schema that the model is shown. Whether arguments keep to it is for the client to check, as with OpenAI. */
function shownOnly(schema: Record<string, unknown>): StandardSchema {
  const shown = () => schema;
  return {
    "~standard": {
      version: 1,
      vendor: "heddle",
      jsonSchema: { input: shown, output: shown },
      validate: (value) => ({ value }),
    },
  };
}
