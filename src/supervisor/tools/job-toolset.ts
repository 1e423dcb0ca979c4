import type { ToolSpec } from "../../protocol/model.ts";
import type { LoadedTools } from "../../protocol/tool.ts";
import type { ReadyTool } from "../../tools/toolbox.ts";
import { distinct, Toolbox } from "../../tools/toolbox.ts";
import type { Job } from "../jobs/job.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import { JobServers } from "./job-servers.ts";
import type { McpConnections } from "./mcp-connections.ts";

const NONE: LoadedTools = { specs: [], isStateful: false };
const NO_HOST_TOOLS: Toolbox = new Toolbox([]);

/** The tools that a job may use now: those that its actor has loaded, and those that are carried out beside the supervisor. */
export class JobToolset {
  readonly #job: Job;
  /** Undefined: it has none, as most. */
  readonly #servers: JobServers | undefined;
  #loaded: LoadedTools = NONE;
  #host: Toolbox = NO_HOST_TOOLS;
  #specs: readonly ToolSpec[] = [];

  /** @param signal aborts when the job stops. */
  constructor(job: Job, mcp: McpConnections, signal: AbortSignal) {
    this.#job = job;
    const hasServers = job.spec.settings.tools.mcp.length > 0;
    this.#servers = hasServers ? new JobServers(job, mcp, signal) : undefined;
  }

  /** What the model is told of. */
  get specs(): readonly ToolSpec[] {
    return this.#specs;
  }

  /** What it is told of the MCP servers among them, behind the worker's own instructions; empty: nothing. */
  get instructions(): string {
    return this.#servers?.instructions ?? "";
  }

  /** A module keeps state in the thread that must not be lost. */
  get isStateful(): boolean {
    return this.#loaded.isStateful;
  }

  /** A tool that is carried out beside the supervisor. */
  find(name: string): ReadyTool | undefined {
    return this.#host.find(name);
  }

  /** Loads the tools of the actor in `thread`, and asks those who have others. */
  async prepare(thread: ActorThread): Promise<void> {
    const { modules } = this.#job.spec.settings.tools;
    const loaded = modules.length === 0 ? NONE : await thread.loadTools(modules);
    await this.#servers?.prepare();
    this.#loaded = loaded;
    this.#assemble();
  }

  /** Sees to what MCP servers have changed of their tools since the last model call. */
  async refresh(): Promise<void> {
    const { hostTools } = this.#job.spec.settings.tools;
    const taken = [...this.#loaded.specs, ...hostTools].map(({ name }) => name);
    if (await this.#servers?.refresh(taken)) this.#assemble();
  }

  #assemble(): void {
    const { hostTools } = this.#job.spec.settings.tools;
    this.#host = new Toolbox([...hostTools, ...(this.#servers?.tools ?? [])]);
    this.#specs = distinct([...this.#loaded.specs, ...this.#host.specs]);
  }
}
