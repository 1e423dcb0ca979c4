import type { IncomingMessage } from "node:http";
import { unpacked } from "../../network/unpack.ts";

export type Body =
  | { readonly text: string; readonly isTruncated: boolean }
  /** It is not read. */
  | { readonly isBinary: true; readonly sizeBytes?: number };

const TEXT_TYPES =
  /^(text\/|application\/(json|xml|javascript|ecmascript|x-www-form-urlencoded|x-ndjson|yaml|x-yaml|toml|graphql)$|.*\+(json|xml|yaml)$)/;

/**
 * Reads up to `maxBytes` of a text, and then no more: the connection is closed with it. One that came packed, unasked, is unpacked; what counts is what
 * comes out.
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Body> {
  const { "content-type": contentType = "" } = response.headers;
  const isText = contentType === "" || TEXT_TYPES.test(mediaTypeOf(contentType));
  const content = isText ? unpacked(response) : undefined;
  if (content === undefined) return binary(response);
  const parts: Buffer[] = [];
  let leftBytes = maxBytes;
  for await (const part of content as AsyncIterable<Buffer>) {
    parts.push(part.subarray(0, leftBytes));
    leftBytes -= part.length;
    if (leftBytes < 0) break;
  }
  const bytes = Buffer.concat(parts);
  // Without a type it may be anything.
  if (contentType === "" && bytes.includes(0)) return binary(response);
  const isTruncated = leftBytes < 0;
  // What is cut may end in the middle of a character, which is then left out.
  const text = decoderFor(contentType).decode(bytes, { stream: isTruncated });
  return { text, isTruncated };
}

function mediaTypeOf(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase();
}

function decoderFor(contentType: string): TextDecoder {
  const [, label = "utf-8"] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

function binary(response: IncomingMessage): Body {
  const { "content-length": length } = response.headers;
  return { isBinary: true, ...(length === undefined ? {} : { sizeBytes: Number(length) }) };
}
