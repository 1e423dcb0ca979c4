import type { Json, JsonObject, ResponsePart } from "../../../protocol/model.ts";
import type { PartRuns } from "../part-runs.ts";
import { Sources } from "../sources.ts";
import type { Untrusted } from "../untrusted.ts";
import { asObject, asText } from "../untrusted.ts";
import type { OutputItem } from "./output-item.ts";
import { canGoBack, isWhole, typeOf } from "./output-item.ts";
import { itemState, PARAGRAPH, withoutTexts } from "./state.ts";

type Whole = {
  readonly text: string;
  readonly reasoning: string;
  /** The response is not complete. What belongs to a thought that was cut off is refused: no state is kept then. */
  readonly isCutOff: boolean;
};

/** The parts of a response's output, each with the item that is to go back. */
export function partsOf(
  items: readonly OutputItem[],
  runs: PartRuns,
  { text, reasoning, isCutOff }: Whole,
): readonly ResponsePart[] | undefined {
  const all = items.map(({ item }) => item).filter((item) => item !== undefined);
  const hasIds = !isCutOff && areThoughtsKept(all);
  const texts = runs.texts(text, reasoning);
  const keep = { all, hasIds, isCutOff };
  for (const { item, run } of items) {
    if (item && run) settle(item, run, texts.get(run) ?? "", keep);
  }
  for (const source of sourcesIn(all)) runs.put(source);
  return runs.build(text, reasoning);
}

type Keep = Pick<Whole, "isCutOff"> & {
  readonly all: readonly JsonObject[];
  readonly hasIds: boolean;
};

/** Gives a run what its item leaves behind. */
function settle(
  item: JsonObject,
  run: NonNullable<OutputItem["run"]>,
  said: string,
  { all, hasIds, isCutOff }: Keep,
): void {
  if (run.type === "slot") {
    run.parts.push(...ownParts(item, !isCutOff && isWhole(item, all)));
    return;
  }
  run.state = isCutOff ? undefined : stateOf(item, said, hasIds);
  if (run.type === "text") run.isCommentary = item["phase"] === "commentary";
}

/** The server refuses an item under its id without the thought that it came with. */
function areThoughtsKept(items: readonly JsonObject[]): boolean {
  const thoughts = items.filter((item) => typeOf(item) === "reasoning");
  return thoughts.length > 0 && thoughts.every(canGoBack);
}

function stateOf(item: JsonObject, said: string, hasIds: boolean): Json | undefined {
  switch (typeOf(item)) {
    case "reasoning":
      return canGoBack(item) ? itemState(thought(item, said)) : undefined;
    case "message":
      return hasIds || asText(item["phase"]) ? itemState(message(item, said, hasIds)) : undefined;
    case "function_call":
      return callState(item, hasIds);
    default:
      return undefined;
  }
}

function message({ status: _, id, ...item }: JsonObject, said: string, hasIds: boolean) {
  const ids = hasIds && id !== undefined ? { id } : {};
  const given = listOf(item["content"]).map(withoutExtras);
  // Some servers send the text in deltas alone.
  const own = said.endsWith(PARAGRAPH) ? said.slice(0, -PARAGRAPH.length) : said;
  const content = given.length > 0 ? given : [{ type: "output_text", text: own }];
  return { ...item, ...ids, content: withoutTexts(content, said, "") };
}

/** The call itself is among the response's tool calls. */
function callState(item: JsonObject, hasIds: boolean): Json | undefined {
  const { status: _, type: __, name: ___, arguments: ____, call_id: _____, id, ...more } = item;
  const ids = hasIds && id !== undefined ? { id } : {};
  const isMore = hasIds || Object.keys(more).length > 0;
  return isMore ? itemState({ ...more, ...ids }) : undefined;
}

/** Without its status, which servers refuse in a thought, and without what is null. */
function thought({ status: _, ...item }: JsonObject, said: string): JsonObject {
  const { summary, content, ...rest } = item as Untrusted<"summary" | "content"> & JsonObject;
  const known = Object.entries(rest).filter(([, value]) => value !== null);
  const summaries = listOf(summary);
  const contents = listOf(content);
  const isSummed = summaries.length > 0;
  return {
    ...Object.fromEntries(known),
    summary: isSummed ? withoutTexts(summaries, said, PARAGRAPH) : [],
    ...(contents.length === 0
      ? {}
      : { content: isSummed ? contents : withoutTexts(contents, said, PARAGRAPH) }),
  };
}

/** What says how sure the model was, and where a quotation stands, is for the client alone. */
function withoutExtras(part: Json): Json {
  const { logprobs: _, annotations: __, ...rest } = asObject<string>(part) ?? {};
  return rest as JsonObject;
}

/** The parts of an item that is no message, thought or call of ours: a picture, or a tool that the server has carried out itself. */
function ownParts(item: JsonObject, isKept: boolean): readonly ResponsePart[] {
  const { result, ...rest } = item;
  const image = typeOf(item) === "image_generation_call" ? asText(result) : undefined;
  if (image !== undefined) {
    const mediaType = `image/${asText(item["output_format"]) ?? "png"}`;
    const state = isKept ? { state: { data: itemState(rest) } } : {};
    return [{ type: "file", mediaType, data: image, ...state }];
  }
  const state = isKept ? { state: { data: itemState(item) } } : {};
  return [{ type: "custom", kind: typeOf(item), ...state }];
}

/** What an answer quotes; what a search has found. */
function sourcesIn(items: readonly JsonObject[]): readonly ResponsePart[] {
  const sources = new Sources();
  for (const item of items) {
    const { content, action, results } = item as Untrusted<"content" | "action" | "results">;
    for (const part of listOf(content)) sources.addAll(asObject<"annotations">(part)?.annotations);
    sources.addAll(asObject<"sources">(action)?.sources);
    if (typeOf(item) === "file_search_call") sources.addAll(results);
  }
  return sources.parts;
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
