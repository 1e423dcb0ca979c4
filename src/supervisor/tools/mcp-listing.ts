import { isDeepStrictEqual } from "node:util";
import type { Tool as ListedTool } from "@modelcontextprotocol/client";
import { foreignParameters } from "../../tools/schema.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import { headerFault } from "./mcp-headers.ts";
import type { McpLink } from "./mcp-link.ts";
import { leftOutOf } from "./mcp-mend.ts";

const MAX_ENTRIES = 1_000;
const MAX_PAGES = 1_000;
/** Of what a model is shown of one tool, as JSON. */
const MAX_TOOL_BYTES = 262_144;

/** Everything that a server has of one kind, and what was left out of it, in words that follow the server's name. */
export type McpListing<T> = { readonly entries: readonly T[]; readonly leftOut: readonly string[] };

type Page = { readonly nextCursor?: string | undefined; readonly _meta?: unknown };

/**
 * A list over all its pages. It ends where a page says so, or where the pages repeat; of more than 1,000 entries the first 1,000 are taken.
 *
 * @param ask asks for the page behind `cursor`, the first one without.
 * @param entriesOf what a page holds.
 */
export async function listPages<P extends Page, T>(
  ask: (params: { cursor?: string }) => Promise<P>,
  entriesOf: (page: P) => readonly T[],
): Promise<McpListing<T>> {
  const entries: T[] = [];
  const leftOut: string[] = [];
  const cursors = new Set<string>();
  let page = await ask({});
  for (;;) {
    entries.push(...entriesOf(page));
    leftOut.push(...leftOutOf(page));
    const { nextCursor: cursor } = page;
    if (cursor === undefined) break;
    if (cursors.has(cursor) || cursors.size === MAX_PAGES) {
      leftOut.push("has listed its pages without an end; what repeats is left out");
      break;
    }
    if (entries.length > MAX_ENTRIES) break;
    cursors.add(cursor);
    page = await ask({ cursor });
  }
  if (entries.length <= MAX_ENTRIES) return { entries, leftOut };
  leftOut.push(`has listed more than ${MAX_ENTRIES}; the rest is left out`);
  return { entries: entries.slice(0, MAX_ENTRIES), leftOut };
}

/** The tools of a server, sorted by name, so that a model is always told of the same tools in the same order; none if it says that it has none. */
export async function listMcpTools(
  { client, transport }: McpLink,
  signal: AbortSignal,
): Promise<McpListing<ListedTool>> {
  if (!client.getServerCapabilities()?.tools) return { entries: [], leftOut: [] };
  const options = { signal, timeout: MAX_TIMER_MS };
  const { entries, leftOut } = await listPages(
    (params) => client.request({ method: "tools/list", params }, options),
    ({ tools }) => tools,
  );
  const sendsHeaders = client.getProtocolEra() === "modern" && transport.hasPerRequestStream;
  const tools = usable(entries, (tool) => faultOf(tool, sendsHeaders));
  return { entries: tools.entries, leftOut: [...leftOut, ...tools.leftOut] };
}

/** Those that have no fault, sorted. Of two with the same name the first counts: they cannot be told apart in a call. */
function usable(
  tools: readonly ListedTool[],
  faultOf: (tool: ListedTool) => string | undefined,
): McpListing<ListedTool> {
  const byName = new Map<string, ListedTool>();
  const leftOut: string[] = [];
  for (const tool of tools) {
    const known = byName.get(tool.name);
    // A page that repeats: that is told of the list.
    if (known && isDeepStrictEqual(known, tool)) continue;
    const why = known ? "it is listed twice, and the first one counts" : faultOf(tool);
    if (why === undefined) byName.set(tool.name, tool);
    else leftOut.push(`has a tool ${shown(tool.name)} that is left out: ${why}`);
  }
  const entries = [...byName.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return { entries, leftOut };
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

function faultOf(tool: ListedTool, sendsHeaders: boolean | undefined): string | undefined {
  const foreign = foreignParameters(tool.inputSchema);
  if (!foreign.ok) return foreign.why;
  return sizeFault(tool) ?? (sendsHeaders ? headerFault(tool.inputSchema) : undefined);
}

function sizeFault({ name, description, inputSchema }: ListedTool): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify([name, description, inputSchema]));
  if (bytes <= MAX_TOOL_BYTES) return undefined;
  return `it takes ${bytes} bytes, with its schema, of at most ${MAX_TOOL_BYTES}`;
}
