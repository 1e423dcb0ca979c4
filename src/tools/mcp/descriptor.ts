export type McpSource = { readonly mcp: true };
export function isMcpSource(source: unknown): source is McpSource {
  return typeof source === "object" && source !== null && "mcp" in source;
}
