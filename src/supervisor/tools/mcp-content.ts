import type { ContentBlock } from "@modelcontextprotocol/client";
import type { ContentPart } from "../../protocol/model.ts";

/** Images and files that models' servers take. Any other would make them refuse the whole request. */
const IMAGES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const FILES: readonly string[] = ["application/pdf"];

type Resource = Extract<ContentBlock, { type: "resource" }>["resource"];

/** A piece of content in words: text as it is, and of anything else what it is. */
export function wordsOf(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type}: ${listed(block.mimeType, bytesOf(block.data))}]`;
    case "resource_link": {
      const name = block.name === block.uri ? undefined : block.name;
      return `[resource link: ${listed(block.uri, name, block.mimeType, block.description)}]`;
    }
    case "resource":
      return wordsOfResource(block.resource);
    default:
      block satisfies never;
      return "";
  }
}

export function wordsOfResource(resource: Resource): string {
  const { uri, mimeType } = resource;
  if ("text" in resource) return `[resource: ${listed(uri, mimeType)}]\n${resource.text}`;
  return `[resource: ${listed(uri, mimeType, bytesOf(resource.blob))}]`;
}

/** A piece of content as a part of a message: an image or a file, if models take it; else its words. */
export function partOf(block: ContentBlock): ContentPart {
  return mediaOf(block) ?? { type: "text", text: wordsOf(block) };
}

/** The image or the file that a piece of content is; undefined: it is none that models take. */
export function mediaOf(block: ContentBlock): ContentPart | undefined {
  switch (block.type) {
    case "image":
      return media(block.data, block.mimeType);
    case "resource": {
      const { resource } = block;
      return "blob" in resource
        ? media(resource.blob, resource.mimeType, nameOf(resource.uri))
        : undefined;
    }
    case "text":
    case "audio":
    case "resource_link":
      return undefined;
    default:
      return block satisfies never;
  }
}

function media(data: string, type = "", filename?: string): ContentPart | undefined {
  const mediaType = type.toLowerCase().replace("image/jpg", "image/jpeg");
  if (data === "") return undefined;
  if (IMAGES.includes(mediaType)) return { type: "image", mediaType, data };
  if (!FILES.includes(mediaType)) return undefined;
  return { type: "file", mediaType, data, ...(filename ? { filename } : {}) };
}

/** What stands behind the last slash of a URI. */
function nameOf(uri: string): string {
  return uri.slice(uri.lastIndexOf("/") + 1);
}

function listed(...facts: readonly (string | undefined)[]): string {
  return facts.filter((fact) => fact !== undefined && fact !== "").join(", ");
}

/** Of what is in base64. */
function bytesOf(base64: string): string {
  return `${Buffer.byteLength(base64, "base64")} bytes`;
}
