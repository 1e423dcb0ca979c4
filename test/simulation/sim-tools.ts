import type { ToolModule } from "../../src/protocol/tool.ts";
import type { ToolSet } from "../../src/tools/load-tools.ts";
import type { AnyTool, ToolContext } from "../../src/tools/tool.ts";
import type { Execution, ToolKind } from "./tool-kinds.ts";
import { isHostTool, TOOL_KINDS, toolOf } from "./tool-kinds.ts";
import type { Participant } from "./world.ts";

/** Any module that every thread may read: its place is taken by `toolSetOf`. */
const MODULE = "heddle/tools/http";

/** What the tools of an actor need of it. */
export type ToolStage = {
  /** Executes code of its own until the scheduler lets it go on. */
  readonly think: () => Promise<void>;
  readonly note: (execution: Omit<Execution, "threadId" | "atTurn" | "isOver">) => Execution;
};

/** The tools of a worker: plain data, that `toolSetOf` makes tools of in the actor. */
export function toolSourcesOf(tools: "none" | "stateless" | "stateful") {
  return tools === "none"
    ? []
    : [{ module: MODULE, options: { isStateful: tools === "stateful" } }];
}

/** What stands for loading the modules. */
export function toolSetOf(modules: readonly ToolModule[], stage: ToolStage): ToolSet {
  const [module] = modules;
  if (!module) return { tools: [], modules: new Map(), isStateful: false };
  const names = TOOL_KINDS.filter((name) => name !== "unknown" && !isHostTool(name));
  const tools = names.map((name) => toolOf(name, (args, ctx) => perform(name, args, ctx, stage)));
  const { isStateful } = module.options as { readonly isStateful: boolean };
  return { tools, modules: new Map(), isStateful };
}

async function perform(
  name: ToolKind,
  args: unknown,
  ctx: ToolContext,
  { think, note }: ToolStage,
): Promise<unknown> {
  const { jobId, toolCallId } = ctx;
  const execution = note({ name, jobId, toolCallId, args });
  try {
    if (name === "deaf") return await new Promise<never>(() => {});
    if (name === "listens") return await untilAborted(ctx.signal);
    await think();
    if (name === "throws") throw new Error("a bug in the tool");
    if (name !== "local") return args;
    ctx.progress("half done");
    await think();
    return args;
  } finally {
    execution.isOver = true;
  }
}

/** The tools beside the supervisor, which end when the scheduler lets them. */
export class SimHostTools implements Participant {
  readonly tools: readonly AnyTool[];
  /** None of them goes on. */
  isPaused: boolean = false;
  readonly #waiting = new Set<() => void>();
  readonly #note: ToolStage["note"];

  constructor(note: ToolStage["note"]) {
    this.#note = note;
    this.tools = TOOL_KINDS.filter(isHostTool).map((name) => this.#tool(name));
  }

  collect(all: (() => void)[]): void {
    if (!this.isPaused) all.push(...this.#waiting);
  }

  #tool(name: ToolKind): AnyTool {
    const tool = toolOf(name, (args, ctx) => this.#perform(name, args, ctx));
    if (tool.needsApproval !== true) return tool;
    const needsApproval = async () => {
      await this.#turn();
      return true;
    };
    return { ...tool, needsApproval };
  }

  async #perform(name: ToolKind, args: unknown, ctx: ToolContext): Promise<unknown> {
    const { jobId, toolCallId } = ctx;
    const execution = this.#note({ name, jobId, toolCallId, args });
    try {
      if (name === "host-deaf") return await new Promise<never>(() => {});
      if (name === "host-listens") return await untilAborted(ctx.signal);
      await this.#turn();
      ctx.progress("half done");
      await this.#turn();
      return args;
    } finally {
      execution.isOver = true;
    }
  }

  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn = () => {
      this.#waiting.delete(turn);
      resolve();
    };
    this.#waiting.add(turn);
    return promise;
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
