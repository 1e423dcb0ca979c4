import type { ResponsePart } from "../../protocol/model.ts";
import { asObject, asText } from "./untrusted.ts";

type Source = Extract<ResponsePart, { readonly type: "source" }>;
type Field =
  | "url"
  | "link"
  | "title"
  | "type"
  | "url_citation"
  | "filename"
  | "file_id"
  | "file_citation";

/** What the model has read, each source once: servers name them again and again. */
export class Sources {
  readonly #byKey = new Map<string, Source>();

  /** Takes a list as some server sends it: URLs, search results, annotations. What is none of these is left out. */
  addAll(values: unknown): void {
    if (!Array.isArray(values)) return;
    for (const value of values) this.#add(value);
  }

  get parts(): readonly Source[] {
    return [...this.#byKey.values()];
  }

  #add(value: unknown): void {
    const source = typeof value === "string" ? { url: value } : sourceOf(value);
    if (source === undefined || (source.url === "" && source.title === undefined)) return;
    const key = source.url ?? `title ${source.title}`;
    // The one with a title tells more.
    const known = this.#byKey.get(key);
    if (known?.title === undefined) this.#byKey.set(key, { type: "source", ...source });
  }
}

function sourceOf(value: unknown): { url?: string; title?: string } | undefined {
  const given = asObject<Field>(value);
  const inner = asObject<Field>(given?.url_citation) ?? asObject<Field>(given?.file_citation);
  const { url, link, title, filename, file_id } = inner ?? given ?? {};
  const address = asText(url) ?? asText(link);
  const name = asText(title) ?? asText(filename) ?? asText(file_id);
  if (address === undefined && name === undefined) return undefined;
  return {
    ...(address === undefined ? {} : { url: address }),
    ...(name === undefined ? {} : { title: name }),
  };
}
