import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { Job } from "../jobs/job.ts";
import type { McpConnections } from "./mcp-connections.ts";
import type { McpOffer } from "./mcp-offer.ts";

/** Of a server that is not there. What is missing in this process, or ends the job, is nobody's to go on without. */
const ABSENT: readonly ErrorCode[] = ["MCP_CONNECT_FAILED", "MCP_SERVER_LOST", "MCP_FAILED"];

/** What the model is told in place of a server's own words. */
const ABSENCE = "This server cannot be reached now: its tools are missing.";

/** The MCP servers of one job, and what they offer it now. */
export class JobServers {
  readonly #job: Job;
  readonly #connections: McpConnections;
  readonly #sources: readonly McpSource[];
  readonly #signal: AbortSignal;
  readonly #offers = new Map<McpSource, McpOffer>();
  readonly #warned = new Set<string>();
  #tools: readonly AnyTool[] = [];

  /** @param signal aborts when the job stops: nobody waits for a server any more. */
  constructor(job: Job, connections: McpConnections, signal: AbortSignal) {
    this.#job = job;
    this.#connections = connections;
    this.#sources = job.spec.settings.tools.mcp;
    this.#signal = signal;
  }

  get tools(): readonly AnyTool[] {
    return this.#tools;
  }

  /** What the model is told of the servers, behind the worker's own instructions. The same servers say the same. */
  get instructions(): string {
    const told = this.#sources.map((source) => this.#guide(source));
    return [...new Set(told.filter((text) => text !== ""))].join("\n\n");
  }

  /**
   * Connects to those that are not connected to, and asks what they have. Goes on without an optional one that is not there.
   *
   * @throws {HeddleError} as `McpConnection.offer` does.
   */
  async prepare(): Promise<void> {
    await Promise.all(this.#sources.map((source) => this.#ask(source)));
    this.#tools = this.#sources.flatMap((source) => this.#offers.get(source)?.tools ?? []);
  }

  /**
   * Asks those again that have said that something has changed. One that is lost keeps what it had: a call of it connects again. What is new
   * under a name that is taken is left out, with a warning: the job has begun, and does not fail for it.
   *
   * @param taken the names of tools that come from elsewhere.
   * @returns whether anything is new.
   */
  async refresh(taken: readonly string[]): Promise<boolean> {
    const before = new Map(this.#offers);
    const there = this.#sources.filter(
      (source) => before.has(source) && this.#connections.to(source).isConnected,
    );
    await Promise.all(there.map((source) => this.#ask(source).catch(() => {})));
    this.#signal.throwIfAborted();
    if (there.every((source) => this.#offers.get(source) === before.get(source))) return false;
    this.#tools = this.#freeTools(taken);
    return true;
  }

  #freeTools(taken: readonly string[]): readonly AnyTool[] {
    const names = new Set(taken);
    return this.#sources.flatMap((source) => {
      const { tools = [] } = this.#offers.get(source) ?? {};
      return tools.filter(({ name }) => {
        if (!names.has(name)) return names.add(name);
        const what = `has a new tool "${name}", and the worker has another one of that name; it is left out`;
        this.#warn(source, this.#connections.to(source).warning(what));
        return false;
      });
    });
  }

  /** Says once in the job's log what is not as it was asked for. */
  #warn(source: McpSource, message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#job.append({ type: "warning", source: `mcp:${source.name}`, message });
  }

  async #ask(source: McpSource): Promise<void> {
    const connection = this.#connections.to(source);
    try {
      // What is optional is not waited for while it is left alone.
      if (source.optional && connection.pausedFor) throw connection.pausedFor;
      const offer = await connection.offer(source, this.#signal);
      this.#offers.set(source, offer);
      for (const what of offer.warnings) this.#warn(source, connection.warning(what));
    } catch (error) {
      const isAbsent = HeddleError.is(error) && ABSENT.includes(error.code);
      if (!source.optional || !isAbsent) throw error;
      if (this.#offers.has(source)) return;
      this.#warn(source, `the job goes on without it: ${error.message}`);
    }
  }

  #guide(source: McpSource): string {
    const offer = this.#offers.get(source);
    if (source.instructions === false) return "";
    if (offer) return offer.instructions === undefined ? "" : guide(source, offer.instructions);
    return source.optional ? guide(source, ABSENCE) : "";
  }
}

/** Between marks that nothing in it can end. */
function guide({ name }: McpSource, text: string): string {
  const within = text.replaceAll(/<(?=\/?mcp-server\b)/gi, "&lt;");
  return `<mcp-server name=${JSON.stringify(name)}>\n${within}\n</mcp-server>`;
}
