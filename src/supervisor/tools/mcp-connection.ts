import type { Tool as ListedTool, Progress } from "@modelcontextprotocol/client";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { Clock } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import { orAborted, pause } from "./aborted.ts";
import type { McpAccess } from "./mcp-access.ts";
import { serverTimer } from "./mcp-access.ts";
import { McpBackOff } from "./mcp-back-off.ts";
import { ElicitingCalls } from "./mcp-elicitation.ts";
import { McpFailures } from "./mcp-failures.ts";
import type { LoadMcpSdk, McpLink } from "./mcp-link.ts";
import { openMcpLink } from "./mcp-link.ts";
import { listMcpTools } from "./mcp-listing.ts";
import type { McpOwner } from "./mcp-open-access.ts";
import { openAccess } from "./mcp-open-access.ts";
import { textOfResult } from "./mcp-result.ts";
import type { CallTool, McpView } from "./mcp-tool.ts";
import { mcpTools } from "./mcp-tool.ts";

/** What a server reports sooner after its last progress is passed over: it would fill the job's log. */
const PROGRESS_GAP_MS = 50;
/** Of connecting: what the server has to do with. A package that is not there is looked for at once. */
const FAILURES: readonly ErrorCode[] = [
  "MCP_CONNECT_FAILED",
  "MCP_SERVER_LOST",
  "MCP_AUTH_REQUIRED",
  "MCP_AUTH_FAILED",
];

/** `waiting`: it has failed, and is connected to again after a pause. */
export type McpState = "idle" | "waiting" | "connecting" | "connected" | "closed";

/** A snapshot of the connection to an MCP server. Plain data; no keys. */
export type McpInspection = {
  readonly name: string;
  readonly state: McpState;
  /** How many tools it had when it was last asked. */
  readonly tools: number;
  /** Undefined: it is reached over HTTP, or there is no process now. */
  readonly pid: number | undefined;
};

export type McpRuntime = {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly load: LoadMcpSdk;
  readonly owner: McpOwner;
};

type Listing = {
  readonly tools: Promise<readonly ListedTool[]>;
  /** What workers were given, by how their sources want it. */
  readonly views: Map<string, readonly AnyTool[]>;
};

/**
 * The connection of a session to one server, over all its lives: it is made when it is first needed, and made anew when it is needed after
 * it was lost. Whoever needs it meanwhile waits for the same try.
 */
export class McpConnection {
  readonly #source: McpSource;
  readonly #runtime: McpRuntime;
  readonly #failures: McpFailures;
  readonly #access: McpAccess | undefined;
  readonly #eliciting: ElicitingCalls;
  readonly #backOff = new McpBackOff();
  readonly #closing = new AbortController();
  #state: McpState = "idle";
  /** Being made, or made. */
  #link: Promise<McpLink> | undefined;
  #listing: Listing | undefined;
  #listed = 0;
  #pid: number | undefined;

  constructor(source: McpSource, runtime: McpRuntime) {
    this.#source = source;
    this.#runtime = runtime;
    this.#failures = new McpFailures(source);
    this.#eliciting = new ElicitingCalls(source.name);
    const { signal } = this.#closing;
    this.#access = openAccess({ source, failures: this.#failures, ...runtime, signal });
  }

  inspect(): McpInspection {
    const { name } = this.#source;
    return { name, state: this.#state, tools: this.#listed, pid: this.#pid };
  }

  /** The server's tools, as it has them now. The same ones are the same objects, until the server says that they have changed. */
  async toolsOf(view: McpView, signal: AbortSignal): Promise<readonly AnyTool[]> {
    const link = await this.#linked(signal);
    this.#listing ??= this.#list(link);
    const { tools, views } = this.#listing;
    const listed = await orAborted(tools, signal);
    const key = JSON.stringify([view.prefix, view.approvals, view.timeoutMs]);
    const made = views.get(key) ?? mcpTools(listed, view, this.#call);
    views.set(key, made);
    return made;
  }

  /** Resolves when nothing is left of it. Calls under way reject. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#closing.abort(new HeddleError("SESSION_CLOSED", "the session is closed"));
    const link = await this.#link?.catch(() => undefined);
    await link?.transport.close();
  }

  readonly #call: CallTool = async (name, args, { signal, report, ...asking }) => {
    const link = await this.#linked(signal);
    const params = { name, arguments: args };
    const { clock } = this.#runtime;
    let nextMs = Number.NEGATIVE_INFINITY;
    const onprogress = (progress: Progress): void => {
      if (signal.aborted || clock.monotonicMs() < nextMs) return;
      nextMs = clock.monotonicMs() + PROGRESS_GAP_MS;
      report(progress);
    };
    const request = this.#eliciting.during(asking, () =>
      link.client.request(
        { method: "tools/call", params },
        { signal, timeout: MAX_TIMER_MS, onprogress },
      ),
    );
    const result = await orAborted(request, signal).catch((error: unknown) => {
      // The client reports a timeout when its signal aborts.
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      throw this.#failures.ofRequest(error, link.transport);
    });
    const text = textOfResult(result);
    if (result.isError) throw this.#failures.ofTool(text);
    return text;
  };

  #linked(signal: AbortSignal): Promise<McpLink> {
    this.#closing.signal.throwIfAborted();
    signal.throwIfAborted();
    this.#link ??= this.#open();
    return orAborted(this.#link, signal);
  }

  async #open(): Promise<McpLink> {
    const { clock, random, load } = this.#runtime;
    const { signal } = this.#closing;
    try {
      this.#state = "waiting";
      await pause(clock, this.#backOff.pauseMs(clock.monotonicMs()), signal);
      this.#state = "connecting";
      const [source, failures, access] = [this.#source, this.#failures, this.#access];
      const connecting = { source, failures, clock, load, access };
      const link = await openMcpLink(connecting, signal);
      this.#connected(link);
      return link;
    } catch (error) {
      this.#gone();
      const isServers = HeddleError.is(error) && FAILURES.includes(error.code);
      if (isServers) this.#backOff.failed(clock.monotonicMs(), 0, random());
      throw error;
    }
  }

  #connected({ client, transport }: McpLink): void {
    const { clock, random } = this.#runtime;
    const sinceMs = clock.monotonicMs();
    client.onclose = () => {
      const nowMs = clock.monotonicMs();
      this.#gone();
      this.#backOff.failed(nowMs, nowMs - sinceMs, random());
    };
    client.setRequestHandler("elicitation/create", this.#eliciting.asked);
    client.setNotificationHandler("notifications/tools/list_changed", () => {
      this.#listing = undefined;
    });
    // It may have ended in the same turn in which it was made.
    if (transport.end) throw this.#failures.lost(transport);
    this.#state = this.#state === "closed" ? "closed" : "connected";
    this.#pid = transport.pid;
  }

  #gone(): void {
    this.#link = undefined;
    this.#listing = undefined;
    this.#pid = undefined;
    if (!this.#closing.signal.aborted) this.#state = "idle";
  }

  /** A list that has failed, or was late, is not kept. */
  #list(link: McpLink): Listing {
    const late = new AbortController();
    const { connectMs } = this.#source;
    const what = `has not listed its tools within ${connectMs} ms`;
    const timer = serverTimer(this.#runtime.clock, connectMs, this.#access, () =>
      late.abort(this.#failures.failed(what)),
    );
    const tools = orAborted(listMcpTools(link, this.#failures, late.signal), late.signal);
    const listing = { tools, views: new Map() };
    tools
      .then(
        ({ length }) => {
          this.#listed = length;
        },
        () => {
          if (this.#listing === listing) this.#listing = undefined;
        },
      )
      .finally(() => timer.cancel());
    return listing;
  }
}
