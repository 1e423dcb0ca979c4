import { describe, expect, test } from "vitest";
import type { Answer, Body } from "../../support/strict-model-server.ts";
import { mustBe, refusal } from "../../support/strict-model-server.ts";
import { runTwice } from "../../support/thinking-loop.ts";
import { named } from "./bytes.ts";

/*
 * A thinking model with a tool, over three steps and a second job, by the Responses API without storage.
 */

type Event = Body & { readonly type: string };

const RESPONSES = { api: "responses" } as const;
const ENCRYPTED = "reasoning.encrypted_content";

function thought(id: string, ...summary: readonly string[]): Body {
  const texts = summary.map((text) => ({ type: "summary_text", text }));
  return { type: "reasoning", id, summary: texts, encrypted_content: `enc ${id}` };
}

function message(id: string, text: string, phase?: string): Body {
  return {
    type: "message",
    role: "assistant",
    status: "completed",
    id,
    ...(phase === undefined ? {} : { phase }),
    content: [{ annotations: [], type: "output_text", text }],
  };
}

function call(id: string, call_id: string): Body {
  return { type: "function_call", id, call_id, name: "look", arguments: "{}" };
}

/** An item as it is streamed. */
function streamed(item: Body, output_index: number): readonly Event[] {
  const place = { output_index, item_id: item["id"] };
  const deltas = (): readonly Event[] => {
    switch (item["type"]) {
      case "message":
        return [{ type: "response.output_text.delta", delta: item["content"][0].text, ...place }];
      case "reasoning":
        return item["summary"].flatMap(({ text }: Body, summary_index: number) => [
          { type: "response.reasoning_summary_part.added", summary_index, ...place },
          { type: "response.reasoning_summary_text.delta", summary_index, delta: text, ...place },
          { type: "response.reasoning_summary_text.done", summary_index, text, ...place },
        ]);
      default:
        return [];
    }
  };
  const { content: _, summary: __, encrypted_content: ___, ...begun } = item;
  return [
    { type: "response.output_item.added", output_index, item: { ...begun, status: "in_progress" } },
    ...deltas(),
    { type: "response.output_item.done", output_index, item: { status: "completed", ...item } },
  ];
}

function response(...items: readonly Body[]): string {
  const completed = {
    type: "response.completed",
    response: { id: "r", model: "m", status: "completed", output: items },
  };
  return named(...items.flatMap(streamed), completed);
}

function madeBy(body: Body): readonly Body[] {
  const ofOthers = new Set(["user", undefined]);
  return body["input"].filter(
    ({ type, role }: Body) => type !== "function_call_output" && !(role && ofOthers.has(role)),
  );
}

/** Refuses what OpenAI refuses, and input that is not what it has said. */
function strict(steps: readonly (readonly Body[])[]): (body: Body, before: number) => Answer {
  return (body, before) => {
    const isAsked = body["store"] === false && body["include"]?.includes(ENCRYPTED);
    if (!isAsked) return refusal("this server stores nothing");
    const expected = steps.slice(0, before).flat();
    return mustBe(madeBy(body), expected) ?? response(...(steps[before] ?? []));
  };
}

describe("a thinking model with tools, over the Responses API", () => {
  test("its items go back as they came, in their order", async () => {
    const { one, two } = await runTwice(
      strict([
        [thought("rs_1", "First.", "Then."), call("fc_1", "c1")],
        [
          message("msg_1", "Let me look again.", "commentary"),
          thought("rs_2"),
          call("fc_2", "c2"),
          call("fc_3", "c3"),
        ],
        [thought("rs_3", "So."), message("msg_2", "done", "final_answer")],
        [message("msg_3", "again")],
      ]),
      RESPONSES,
    );
    expect(one).toEqual({ text: "done", reasoning: "First.\n\nThen.So.", warnings: [] });
    expect(two).toMatchObject({ text: "again" });
  });

  test("a server without encrypted thoughts is asked once, and gets neither thoughts nor ids", async () => {
    const steps = [
      [{ ...thought("rs_1", "Hm."), encrypted_content: null }, call("fc_1", "c1")],
      [call("fc_2", "c2")],
      [message("msg_1", "done")],
      [message("msg_2", "again")],
    ];
    const said = [
      { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
      { type: "function_call", call_id: "c2", name: "look", arguments: "{}" },
      { role: "assistant", content: "done" },
    ];
    let answered = 0;
    const { one, two, requests } = await runTwice((body) => {
      if (body["include"]) return refusal("Encrypted content is not supported with this model.");
      const wrong = mustBe(madeBy(body), said.slice(0, answered));
      return wrong ?? response(...(steps[answered++] ?? []));
    }, RESPONSES);
    expect(one).toEqual({ text: "done", reasoning: "Hm.", warnings: [] });
    expect(two).toMatchObject({ text: "again" });
    // Each of the two supervisors has asked once.
    expect(requests).toHaveLength(6);
  });

  test("a tool that the server has carried out, and a compaction, go back as they came", async () => {
    const search = {
      type: "web_search_call",
      id: "ws_1",
      status: "completed",
      action: { type: "search", query: "q", sources: [{ type: "url", url: "https://a.test/" }] },
    };
    const compaction = {
      type: "compaction",
      id: "cmp_1",
      status: "completed",
      encrypted_content: "e",
    };
    const { one, two } = await runTwice(
      strict([
        [thought("rs_1"), search, compaction, call("fc_1", "c1")],
        [thought("rs_2"), call("fc_2", "c2")],
        [thought("rs_3"), message("msg_1", "done")],
        [message("msg_2", "again")],
      ]),
      RESPONSES,
    );
    expect([one.text, two.text]).toEqual(["done", "again"]);
  });
});
