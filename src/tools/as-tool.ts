import { checkTool } from "./check-tool.ts";
import { schemaOf } from "./schema.ts";
import type {
  ArgumentsOf,
  JsonSchema,
  Parameters,
  RunnableWorker,
  Tool,
  ToolContext,
} from "./tool.ts";

/** What the tool of an agent takes when it does not say otherwise. */
const PROMPT = {
  type: "object",
  properties: {
    prompt: {
      type: "string",
      minLength: 1,
      description: "What it is to do, with all it must know.",
    },
  },
  required: ["prompt"],
  additionalProperties: false,
} as const;

/** A tool that is an agent: what the tool is, and beside it the options of the worker. */
export type AgentTool<P extends Parameters = JsonSchema> = Omit<RunnableWorker, "name"> & {
  /** As with `defineTool`; the worker is named after it. */
  readonly name: string;
  readonly description?: string;
  /** @defaultValue an object with a `prompt`, a string that is not empty */
  readonly parameters?: P;
  /** What the worker is run on. @defaultValue the argument `prompt`, or all arguments as JSON where there is none */
  readonly prompt?: (args: ArgumentsOf<P>) => string;
  /** What its last response is to be: then that is the tool's result. @defaultValue any text */
  readonly output?: JsonSchema;
  readonly needsApproval?: Tool<P>["needsApproval"];
  readonly timeoutMs?: number;
};

/**
 * A tool that runs a worker as a child of its caller's job, by `ctx.run`, and returns what it says: the text of its last response, or its
 * `output`. Each call has a worker of its own, which has ended when the call has. That it fails is an error for the model, with its code.
 *
 * As a host tool it takes no thread from its child: the caller's own is given up while it only waits, and what the child has done outlives a
 * crash of the caller's thread. In a tool module it waits in that thread, and its child ends with it.
 *
 * @throws {HeddleError} `INVALID_OPTION` as `defineTool`; and for an `output` that is no schema.
 */
export function asTool<P extends Parameters = JsonSchema>(agent: AgentTool<P>): Tool<P> {
  const { name, description, parameters, needsApproval, timeoutMs, ...rest } = agent;
  const { prompt = promptOf, output, ...worker } = rest;
  const tool = {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: parameters ?? PROMPT,
    ...(needsApproval === undefined ? {} : { needsApproval }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    execute: async (args: ArgumentsOf<P>, ctx: ToolContext) => {
      const input = { prompt: prompt(args), ...(output === undefined ? {} : { output }) };
      const result = await ctx.run(worker, input);
      return result.output ?? result.text;
    },
  };
  checkTool("", tool);
  if (output !== undefined) schemaOf("output", output, "output");
  // Without `parameters` of its own, `P` is that of `PROMPT`.
  return tool as Tool<P>;
}

function promptOf(args: unknown): string {
  const { prompt } = args as { readonly prompt?: unknown };
  return typeof prompt === "string" ? prompt : JSON.stringify(args);
}
