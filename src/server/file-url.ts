import type { Media, MediaSource } from "../index.ts";

/** The URL of a file: its own, or one that holds its bytes. Undefined for bytes that are no longer kept. */
export function fileUrl(
  source: MediaSource,
  media: (ref: string) => Media | undefined,
): string | undefined {
  if (source.url !== undefined) return source.url;
  const bytes = source.ref === undefined ? source : media(source.ref);
  return bytes && `data:${bytes.mediaType};base64,${bytes.data}`;
}
