import type { ContentPart } from "../protocol/model.ts";
import { cutText } from "./cut-text.ts";
import { nearest } from "./json-schema/near.ts";

type Given = { readonly [field: string]: unknown };
type MediaPart = Exclude<ContentPart, { readonly type: "text" }>;

const FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["text", ["type", "text"]],
  ["image", ["type", "data", "mediaType", "url", "detail"]],
  ["file", ["type", "data", "mediaType", "url", "filename"]],
]);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MEDIA_TYPE = /^[a-z]+\/[\w.+-]+(?:;.*)?$/i;

/**
 * The parts of a tool's result that has an image or a file in it: itself, or an array with one. Undefined: it is plain data. What only has
 * the name of a part, such as an entry in a list of files, is plain data.
 */
export function mediaIn(value: unknown): readonly unknown[] | undefined {
  if (isMedia(value)) return [value];
  return Array.isArray(value) && value.some(isMedia) ? value : undefined;
}

/**
 * `parts` as the model is given them: bytes as base64, texts within `maxBytes` in all, and where images and files would be more than
 * `maxMediaBytes` in all, words in their place.
 *
 * @throws {TypeError} for a part that is malformed; it says which one, and how.
 */
export function contentOf(
  parts: readonly unknown[],
  { maxBytes, maxMediaBytes }: { readonly maxBytes: number; readonly maxMediaBytes: number },
): readonly ContentPart[] {
  let textRoom = maxBytes;
  let mediaRoom = maxMediaBytes;
  return parts.flatMap((given, i): readonly ContentPart[] => {
    const part = checkedPart(parts.length === 1 ? "it" : `part ${i + 1}`, given);
    if (part.type === "text") {
      if (part.text.trim() === "" || textRoom <= 0) return [];
      const text = cutText(part.text, textRoom);
      textRoom -= Buffer.byteLength(part.text);
      return [{ type: "text", text }];
    }
    const sizeBytes = sizeOf(part);
    if (sizeBytes > mediaRoom) {
      const why = `left out: a result may have ${maxMediaBytes} bytes of images and files (maxToolMediaBytes)`;
      return [{ type: "text", text: words(part, why) }];
    }
    mediaRoom -= sizeBytes;
    return [part];
  });
}

/** What a model that takes text alone is told of `content`, and what logs show of it. */
export function wordsOf(content: readonly ContentPart[]): string {
  return content.map((part) => (part.type === "text" ? part.text : words(part))).join("\n");
}

function words(part: MediaPart, more?: string): string {
  const name = part.type === "file" ? part.filename : undefined;
  const size = part.data === undefined ? undefined : `${sizeOf(part)} bytes`;
  const about = [name, part.url, part.mediaType, size, more].filter((one) => one !== undefined);
  return `[${part.type}: ${about.join(", ")}]`;
}

function sizeOf({ data }: MediaPart): number {
  return data === undefined ? 0 : Buffer.byteLength(data, "base64");
}

function isMedia(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const part = value as Given;
  const { type, data, url } = part;
  if (type !== "image" && type !== "file") return false;
  if (isBytes(data)) return true;
  if (typeof data === "string") return "mediaType" in part || "mimeType" in part;
  return typeof url === "string" && unknownField(part) === undefined;
}

function unknownField(part: Given): string | undefined {
  const known = FIELDS.get(part["type"]) ?? [];
  return Object.keys(part).find((field) => !known.includes(field));
}

function checkedPart(which: string, given: unknown): ContentPart {
  const part = Object(given) as Given;
  const { type, text } = part;
  if (!FIELDS.has(type)) throw new TypeError(`${which} must be of type text, image or file`);
  const unknown = unknownField(part);
  if (unknown !== undefined) {
    const meant = unknown === "mimeType" ? "mediaType" : nearest(unknown, FIELDS.get(type) ?? []);
    const mend = meant === undefined ? "" : `; "${meant}" is meant`;
    throw new TypeError(`${which} has an unknown field "${unknown}"${mend}`);
  }
  if (type !== "text") return checkedMedia(which, part);
  if (typeof text !== "string") throw new TypeError(`${which} must have a text`);
  return { type, text };
}

function checkedMedia(which: string, part: Given): MediaPart {
  const { data, url, mediaType, detail, filename } = part;
  if ((data === undefined) === (url === undefined)) {
    throw new TypeError(`${which} must have either data with a mediaType, or a url`);
  }
  if (![undefined, "auto", "low", "high"].includes(detail as string)) {
    throw new TypeError(`the detail of ${which} must be "auto", "low" or "high"`);
  }
  if (!["undefined", "string"].includes(typeof filename)) {
    throw new TypeError(`the filename of ${which} must be a string`);
  }
  const type = checkedType(which, part, mediaType);
  const source =
    data === undefined
      ? { url: checkedUrl(which, url), ...(type === undefined ? {} : { mediaType: type }) }
      : { data: checkedData(which, data), mediaType: type };
  const more = Object.entries({ detail, filename }).filter(([, value]) => value !== undefined);
  return { type: part["type"], ...source, ...Object.fromEntries(more) } as MediaPart;
}

function checkedType(which: string, { type, url }: Given, given: unknown): string | undefined {
  if (given === undefined && url !== undefined) return undefined;
  const isFit = typeof given === "string" && MEDIA_TYPE.test(given);
  if (!isFit || (type === "image" && !given.startsWith("image/"))) {
    const like = type === "image" ? "image/png" : "application/pdf";
    throw new TypeError(`the mediaType of ${which} must be one such as ${like}`);
  }
  return given;
}

function checkedUrl(which: string, url: unknown): string {
  const isWeb = typeof url === "string" && /^https?:$/.test(URL.parse(url)?.protocol ?? "");
  if (isWeb) return url;
  throw new TypeError(`the url of ${which} must be one of http: or https:; give bytes as data`);
}

function checkedData(which: string, data: unknown): string {
  if (isBytes(data)) return base64Of(which, data);
  if (typeof data !== "string") throw new TypeError(`the data of ${which} must be base64 or bytes`);
  const text = /\s/.test(data) ? data.replaceAll(/\s+/g, "") : data;
  const isFit = text !== "" && text.length % 4 === 0 && BASE64.test(text);
  if (isFit) return text;
  const mend = text.startsWith("data:") ? ", without what stands before it in a data: URL" : "";
  throw new TypeError(`the data of ${which} must be base64${mend}`);
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

function base64Of(which: string, bytes: Uint8Array | ArrayBuffer): string {
  if (bytes.byteLength === 0) throw new TypeError(`the data of ${which} is empty`);
  if (bytes instanceof ArrayBuffer) return Buffer.from(bytes).toString("base64");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
