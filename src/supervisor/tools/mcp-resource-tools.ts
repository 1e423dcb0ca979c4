import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { McpConnection } from "./mcp-connection.ts";
import { mediaOf, partOf, wordsOfResource } from "./mcp-content.ts";
import { listResources, listResourceTemplates, readResource } from "./mcp-resources.ts";

const MAX_PREFIX = 32;

/**
 * Two tools by which a model lists and reads a server's resources. What their names begin with is the source's prefix, or else the server's
 * name: those of two servers must differ.
 */
export function mcpResourceTools(
  { name, prefix, approvals, timeoutMs }: McpSource,
  connection: Pick<McpConnection, "request">,
): readonly AnyTool[] {
  const before =
    prefix === "" ? `${name.replaceAll(/[^a-zA-Z0-9_-]+/gu, "_").slice(0, MAX_PREFIX)}_` : prefix;
  const common = {
    needsApproval: approvals === "always",
    idempotent: true,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const list: AnyTool = {
    ...common,
    name: `${before}list_resources`,
    description: `Lists the resources of the server "${name}": their URIs, and templates of URIs.`,
    parameters: { type: "object", properties: {}, additionalProperties: false },
    execute: async (_, { signal }) => {
      const resources = await connection.request(listResources, signal, true);
      const resourceTemplates = await connection.request(listResourceTemplates, signal, true);
      return { resources, resourceTemplates };
    },
  };
  const read: AnyTool = {
    ...common,
    name: `${before}read_resource`,
    description: `Reads a resource of the server "${name}".`,
    parameters: {
      type: "object",
      properties: { uri: { type: "string", description: "The resource's URI" } },
      required: ["uri"],
      additionalProperties: false,
    },
    execute: async (args, { signal }) => {
      const { uri } = args as { readonly uri: string };
      const contents = await connection.request(readResource(uri), signal, true);
      const blocks = contents.map((resource) => ({ type: "resource" as const, resource }));
      if (blocks.some(mediaOf)) return blocks.map(partOf);
      return contents.map(wordsOfResource).join("\n");
    },
  };
  return [list, read];
}
