import type { ReadsUrl } from "./prompt.ts";

/**
 * Which URLs a model's server reads itself, by what its package says: for each media type, or a kind of them such as `image/*`, the
 * patterns of such URLs. Pure.
 */
export function supports(patterns: { readonly [mediaType: string]: readonly RegExp[] }): ReadsUrl {
  const entries = Object.entries(patterns);
  return (mediaType, url) =>
    entries.some(
      ([known, allowed]) =>
        covers(known.toLowerCase(), mediaType.toLowerCase()) &&
        // Not the package's own expression: one that is global keeps where it was.
        allowed.some(({ source, flags }) =>
          new RegExp(source, flags.replace(/[gy]/g, "")).test(url),
        ),
    );
}

/** An image whose media type is not known is `image`: it is read where all images are. */
function covers(known: string, mediaType: string): boolean {
  if (known === "*" || known === "*/*") return true;
  if (!mediaType.includes("/")) return known === `${mediaType}/*`;
  return known.endsWith("/*") ? mediaType.startsWith(known.slice(0, -1)) : known === mediaType;
}
