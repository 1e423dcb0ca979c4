import type { Tool as ListedTool } from "@modelcontextprotocol/client";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import { unknownChoices } from "../../tools/mcp/tool-choice.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { McpListing } from "./mcp-listing.ts";
import type { CallTool } from "./mcp-tool.ts";
import { mcpTools } from "./mcp-tool.ts";

/** Of what a server says of its use. */
const MAX_INSTRUCTIONS_BYTES = 16_384;

/** What a worker has of a server, by its source. The same as long as the server says nothing else. */
export type McpOffer = {
  readonly tools: readonly AnyTool[];
  /** What the model is told of the server's use; undefined: nothing. */
  readonly instructions: string | undefined;
  /** What was left out, or is not as the source has it, in words that follow the server's name. */
  readonly warnings: readonly string[];
};

/** What a server has told. */
export type McpTold = {
  readonly listing: McpListing<ListedTool>;
  readonly instructions: string | undefined;
  /** The tools that read its resources; undefined: it says that it has none. */
  readonly resourceTools: readonly AnyTool[] | undefined;
};

/** What of it a worker has whose source is `source`. */
export function mcpOffer(source: McpSource, told: McpTold, call: CallTool): McpOffer {
  const { entries, leftOut } = told.listing;
  const tools = mcpTools(entries, source, call);
  const names = entries.map(({ name }) => name);
  const { text, warning } = boundedInstructions(source, told.instructions);
  const lacking =
    source.resources && !told.resourceTools
      ? ["has no resources, which resources: true asks for"]
      : [];
  return {
    tools: source.resources ? [...tools, ...(told.resourceTools ?? [])] : tools,
    instructions: text,
    warnings: [...leftOut, ...unknownChoices(source.tools ?? {}, names), ...warning, ...lacking],
  };
}

function boundedInstructions(
  { instructions: isWanted = true }: McpSource,
  given = "",
): { readonly text: string | undefined; readonly warning: readonly string[] } {
  const said = given.trim();
  if (!isWanted || said === "") return { text: undefined, warning: [] };
  const sizeBytes = Buffer.byteLength(said);
  if (sizeBytes <= MAX_INSTRUCTIONS_BYTES) return { text: said, warning: [] };
  const { read } = new TextEncoder().encodeInto(said, new Uint8Array(MAX_INSTRUCTIONS_BYTES));
  const what = `has instructions of ${sizeBytes} bytes, of which the model is told the first ${MAX_INSTRUCTIONS_BYTES}`;
  return { text: `${said.slice(0, read)}…`, warning: [what] };
}
