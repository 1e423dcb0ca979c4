import type { Tool as ListedTool } from "@modelcontextprotocol/client";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { McpFailures } from "./mcp-failures.ts";
import type { McpLink } from "./mcp-link.ts";

const MAX_TOOLS = 1_000;
/** Of what a model is shown of one tool, as JSON. */
const MAX_TOOL_BYTES = 262_144;

/**
 * All tools of a server, over all pages; none if it says that it has none.
 *
 * @throws {HeddleError} `MCP_FAILED` if there are more than 1,000, one takes more than 262,144 bytes, or the pages have no end; and what
 * `failures.ofRequest` says.
 */
export async function listMcpTools(
  { client, transport }: McpLink,
  failures: McpFailures,
  signal: AbortSignal,
): Promise<readonly ListedTool[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  const cursors = new Set<string>();
  do {
    const page = await client
      .request(
        { method: "tools/list", params: cursor === undefined ? {} : { cursor } },
        { signal, timeout: MAX_TIMER_MS },
      )
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw failures.ofRequest(error, transport);
      });
    tools.push(...page.tools);
    checkTools(tools, page.tools, failures);
    cursor = page.nextCursor;
    if (cursor !== undefined && (cursors.has(cursor) || cursors.size === MAX_TOOLS)) {
      throw failures.failed("has listed its tools in pages without an end");
    }
    cursors.add(cursor ?? "");
  } while (cursor !== undefined);
  return tools;
}

function checkTools(
  all: readonly ListedTool[],
  page: readonly ListedTool[],
  failures: McpFailures,
): void {
  if (all.length > MAX_TOOLS) {
    throw failures.failed(`has more than ${MAX_TOOLS} tools`, { maxTools: MAX_TOOLS });
  }
  for (const { name, description, inputSchema } of page) {
    const bytes = Buffer.byteLength(JSON.stringify([name, description, inputSchema]));
    if (bytes <= MAX_TOOL_BYTES) continue;
    const what = `has a tool of ${bytes} bytes, with its schema; ${MAX_TOOL_BYTES} are taken: ${name.slice(0, 100)}`;
    throw failures.failed(what, { maxBytes: MAX_TOOL_BYTES });
  }
}
