import type { MediaSource } from "../../protocol/model.ts";
import { asObject, asText } from "./untrusted.ts";

type MadeFile = Exclude<MediaSource, { readonly ref: string }> & { readonly type: "file" };

const DATA_URL = /^data:(?<mediaType>[^;,]*)(?:;[^;,]*)*;base64,/;
/** How a sound begins, by what it is. Raw samples, as OpenAI streams them, begin with anything. */
const SOUNDS: readonly (readonly [start: string, mediaType: string])[] = [
  ["RIFF", "audio/wav"],
  ["OggS", "audio/ogg"],
  ["fLaC", "audio/flac"],
  ["ID3", "audio/mpeg"],
];

/** The file at a URL, which may hold its data; undefined for what is no URL. */
export function fileAt(value: unknown): MadeFile | undefined {
  const url = asText(value);
  if (url === undefined) return undefined;
  const start = DATA_URL.exec(url);
  if (start) {
    const mediaType = start.groups?.["mediaType"] || "application/octet-stream";
    return { type: "file", mediaType, data: url.slice(start[0].length) };
  }
  return URL.canParse(url) ? { type: "file", url } : undefined;
}

/** The image in `{ image_url: { url } }`, or with the URL itself in `image_url`. */
export function imageIn(value: unknown): MadeFile | undefined {
  const image = asObject<"image_url">(value)?.image_url;
  return fileAt(asObject<"url">(image)?.url ?? image);
}

/** A sound that comes in pieces of base64, each of which may be a whole of its own. */
export class SoundPieces {
  readonly #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
  }

  build(): MadeFile | undefined {
    const isWhole = this.#pieces.every((piece) => piece.length % 4 === 0);
    const pieces = isWhole ? this.#pieces : [this.#pieces.join("")];
    const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
    if (bytes.length === 0) return undefined;
    const start = bytes.toString("latin1", 0, 4);
    const mediaType = SOUNDS.find(([mark]) => start.startsWith(mark))?.[1] ?? "audio/pcm";
    return { type: "file", mediaType, data: bytes.toString("base64") };
  }
}
