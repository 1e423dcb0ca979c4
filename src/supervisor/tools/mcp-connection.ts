import type { Tool as ListedTool, Progress } from "@modelcontextprotocol/client";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import { orAborted, pause } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { McpAccess } from "./mcp-access.ts";
import { serverTimer } from "./mcp-access.ts";
import { McpBackOff } from "./mcp-back-off.ts";
import { ElicitingCalls } from "./mcp-elicitation.ts";
import { McpFailures } from "./mcp-failures.ts";
import type { LoadMcpSdk, McpLink } from "./mcp-link.ts";
import { openMcpLink } from "./mcp-link.ts";
import type { McpListing } from "./mcp-listing.ts";
import { listMcpTools } from "./mcp-listing.ts";
import type { McpOffer } from "./mcp-offer.ts";
import { mcpOffer } from "./mcp-offer.ts";
import type { McpOwner } from "./mcp-open-access.ts";
import { openAccess } from "./mcp-open-access.ts";
import { mcpResourceTools } from "./mcp-resource-tools.ts";
import { mcpResult, wordsOfResult } from "./mcp-result.ts";
import { pauseBeforeRetry } from "./mcp-retry.ts";
import { McpSubscription } from "./mcp-subscription.ts";
import type { CallTool } from "./mcp-tool.ts";
import { isRepeatable } from "./mcp-tool.ts";

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
  readonly tools: Promise<McpListing<ListedTool>>;
  /** What workers were given, by how their sources want it. */
  readonly offers: Map<string, McpOffer>;
};

/** A request to the server, in one life of the connection. */
export type McpRequest<T> = (link: McpLink, signal: AbortSignal) => Promise<T>;

/**
 * The connection of a session to one server, over all its lives: it is made when it is first needed, and made again when it is needed after
 * it was lost. Everybody who needs it meanwhile waits for the same try.
 */
export class McpConnection {
  readonly #source: McpSource;
  readonly #runtime: McpRuntime;
  readonly #failures: McpFailures;
  readonly #access: McpAccess | undefined;
  readonly #eliciting: ElicitingCalls;
  readonly #backOff = new McpBackOff();
  readonly #closing = new AbortController();
  readonly #changes = new McpSubscription(() => {
    this.#listing = undefined;
  });
  #state: McpState = "idle";
  /** Being made, or made. */
  #link: Promise<McpLink> | undefined;
  #listing: Listing | undefined;
  #listed = 0;
  #pid: number | undefined;
  /** Why it could not be connected to, when that was last tried. */
  #failure: HeddleError | undefined;

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

  /** Whether it can be asked at once what it has. */
  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** Why it is not connected to now, if it has failed and is left alone for a while. */
  get pausedFor(): HeddleError | undefined {
    const isPaused = this.#backOff.pauseMs(this.#runtime.clock.monotonicMs()) > 0;
    return isPaused && !this.isConnected ? this.#failure : undefined;
  }

  /** What a worker has of the server now. The same ones are the same objects, until the server says that they have changed. */
  async offer(source: McpSource, signal: AbortSignal): Promise<McpOffer> {
    const ask: McpRequest<McpOffer> = async (link) => {
      this.#listing ??= this.#list(link);
      const { tools, offers } = this.#listing;
      const listing = await tools;
      const { prefix, approvals, timeoutMs, instructions, resources, tools: choice } = source;
      const view = [prefix, approvals, timeoutMs, instructions, resources, choice];
      const key = JSON.stringify(view);
      const made = offers.get(key) ?? this.#offer(source, link, listing);
      offers.set(key, made);
      return made;
    };
    return await this.request(ask, signal, true);
  }

  /** `what` in words of the server, without keys. */
  warning(what: string): string {
    return this.#failures.warning(what);
  }

  /**
   * Sends a request; again, where the server has not carried it out, or may do so twice.
   *
   * @throws {HeddleError} `MCP_CONNECT_FAILED`, `MCP_SERVER_LOST`, `MCP_FAILED`, `SESSION_CLOSED`; what the signal says when it aborts.
   */
  async request<T>(ask: McpRequest<T>, signal: AbortSignal, mayRepeat: boolean): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const link = await this.#linked(signal);
      try {
        return await orAborted(ask(link, signal), signal);
      } catch (error) {
        // The client reports a timeout when its signal aborts.
        signal.throwIfAborted();
        this.#closing.signal.throwIfAborted();
        if (HeddleError.is(error) && error.details["isSessionGone"] === true) this.#retire(link);
        const pauseMs = pauseBeforeRetry(error, tries, mayRepeat);
        if (pauseMs === undefined) throw this.#failures.ofRequest(error, link.transport);
        await pause(this.#runtime.clock, pauseMs, signal);
      }
    }
  }

  /** Resolves when nothing is left of it. Calls under way reject. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#closing.abort(new HeddleError("SESSION_CLOSED", "the session is closed"));
    const link = await this.#link?.catch(() => undefined);
    await link?.transport.close();
    await this.#access?.close();
  }

  readonly #call: CallTool = async (tool, args, { signal, report, ...asking }) => {
    const { clock } = this.#runtime;
    let nextMs = Number.NEGATIVE_INFINITY;
    const onprogress = (progress: Progress): void => {
      if (signal.aborted || clock.monotonicMs() < nextMs) return;
      nextMs = clock.monotonicMs() + PROGRESS_GAP_MS;
      report(progress);
    };
    const { name, inputSchema } = tool;
    // Some arguments go into headers, as their schema says.
    const options = { timeout: MAX_TIMER_MS, onprogress, toolDefinition: { name, inputSchema } };
    const result = await this.request(
      ({ client }) =>
        this.#eliciting.during(asking, () =>
          client.callTool({ name, arguments: args }, { ...options, signal }),
        ),
      signal,
      isRepeatable(tool),
    );
    if (result.isError) throw this.#failures.ofTool(wordsOfResult(result));
    return mcpResult(result);
  };

  #offer(source: McpSource, { client }: McpLink, listing: McpListing<ListedTool>): McpOffer {
    const has = client.getServerCapabilities()?.resources !== undefined;
    const resourceTools = has ? mcpResourceTools(source, this) : undefined;
    const told = { listing, instructions: client.getInstructions(), resourceTools };
    return mcpOffer(source, told, this.#call);
  }

  #linked(signal: AbortSignal): Promise<McpLink> {
    this.#closing.signal.throwIfAborted();
    signal.throwIfAborted();
    this.#link ??= this.#open();
    return orAborted(this.#link, signal);
  }

  async #open(): Promise<McpLink> {
    const { clock, random } = this.#runtime;
    const { signal } = this.#closing;
    try {
      this.#state = "waiting";
      await pause(clock, this.#backOff.pauseMs(clock.monotonicMs()), signal);
      this.#state = "connecting";
      const link = await this.#try();
      this.#connected(link);
      return link;
    } catch (error) {
      this.#gone();
      if (HeddleError.is(error) && FAILURES.includes(error.code)) {
        this.#failure = error;
        this.#backOff.failed(clock.monotonicMs(), 0, random());
      }
      throw error;
    }
  }

  /** Tries to connect; again, if the server has too much to do and says when. */
  async #try(): Promise<McpLink> {
    const { clock, load } = this.#runtime;
    const { signal } = this.#closing;
    const [source, failures, access] = [this.#source, this.#failures, this.#access];
    const connecting = { source, failures, clock, load, access };
    for (let tries = 1; ; tries += 1) {
      try {
        return await openMcpLink(connecting, signal);
      } catch (error) {
        const facts = HeddleError.is(error) ? error.details : {};
        const pauseMs = pauseBeforeRetry(facts, tries, true);
        if (pauseMs === undefined) throw error;
        await pause(clock, pauseMs, signal);
      }
    }
  }

  #connected(link: McpLink): void {
    const { client, transport } = link;
    const { clock, random } = this.#runtime;
    const sinceMs = clock.monotonicMs();
    client.onclose = () => {
      // It has been retired, and there is another.
      if (this.#changes.link !== link) return;
      const nowMs = clock.monotonicMs();
      if (!this.#closing.signal.aborted) this.#failure = this.#failures.lost(transport);
      this.#gone();
      this.#backOff.failed(nowMs, nowMs - sinceMs, random());
    };
    client.setRequestHandler("elicitation/create", this.#eliciting.asked);
    this.#changes.follow(link);
    // It may have ended in the same turn in which it was made.
    if (transport.end) throw this.#failures.lost(transport);
    this.#state = this.#state === "closed" ? "closed" : "connected";
    this.#pid = transport.pid;
  }

  /** The server does not know it any more: the next one who needs the server connects again. What is under way may still be answered. */
  #retire(link: McpLink): void {
    if (this.#changes.link !== link) return;
    this.#gone();
    link.transport.retire();
  }

  #gone(): void {
    this.#changes.follow(undefined);
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
    const asked = this.#changes.listen().then(() => listMcpTools(link, late.signal));
    const tools = orAborted(asked, late.signal);
    const listing = { tools, offers: new Map() };
    tools
      .then(
        ({ entries }) => {
          this.#listed = entries.length;
        },
        () => {
          if (this.#listing === listing) this.#listing = undefined;
        },
      )
      .finally(() => timer.cancel());
    return listing;
  }
}
