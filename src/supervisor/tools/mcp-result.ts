import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";

/**
 * What a model is told of a result: its texts as they are, and of what is no text what it is. Structured content only where there is no
 * text, because servers put the same into both.
 */
export function textOfResult({ content, structuredContent }: CallToolResult): string {
  const parts = content.map(textOfBlock);
  const hasText = content.some(({ type }) => type === "text");
  if (!hasText && structuredContent !== undefined) parts.push(JSON.stringify(structuredContent));
  return parts.join("\n");
}

function textOfBlock(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type} of ${bytesOf(block.data)} bytes, ${block.mimeType}]`;
    case "resource_link":
      return `[resource link: ${described(block.uri, block.mimeType, block.description)}]`;
    case "resource":
      return textOfResource(block.resource);
    default:
      block satisfies never;
      return "";
  }
}

function textOfResource(resource: Extract<ContentBlock, { type: "resource" }>["resource"]): string {
  const head = described(resource.uri, resource.mimeType);
  if ("text" in resource) return `[resource: ${head}]\n${resource.text}`;
  return `[resource of ${bytesOf(resource.blob)} bytes: ${head}]`;
}

function described(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Of what is in base64. */
function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, "base64");
}
