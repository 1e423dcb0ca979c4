import { describe, expect, test } from "vitest";
import { openaiProvider, Supervisor } from "../../../src/index.ts";
import type { Answer, Body } from "../../support/strict-model-server.ts";
import {
  assistantsOf,
  mustBe,
  refusal,
  StrictModelServer,
} from "../../support/strict-model-server.ts";
import { endOf, look, runTwice } from "../../support/thinking-loop.ts";
import { DONE, delta, events, finish, text } from "./bytes.ts";

/*
 * A thinking model with a tool, over three steps and a second job, against servers that refuse what the real ones refuse.
 */

function called(id: string, more: object = {}) {
  return { id, type: "function", ...more, function: { name: "look", arguments: "{}" } };
}

/** A call as it is streamed. */
function calls(...made: readonly object[]): object {
  return delta({ tool_calls: made.map((call, index) => ({ index, ...call })) });
}

/** What the server has said in each step, as it wants it back. */
function inSteps(
  said: readonly Body[],
  streams: readonly string[],
): (body: Body, before: number) => Answer {
  return (body, before) =>
    mustBe(assistantsOf(body), said.slice(0, before)) ?? (streams[before] as string);
}

describe("a thinking model with tools, over the chat API", () => {
  test("DeepSeek: the thoughts of each message, also of the answer, also where there is none", async () => {
    const said = [
      { role: "assistant", content: null, reasoning_content: "First.", tool_calls: [called("c1")] },
      { role: "assistant", content: "Now.", reasoning_content: "", tool_calls: [called("c2")] },
      { role: "assistant", content: "done", reasoning_content: "Last." },
    ];
    const thought = (words: string) => delta({ content: null, reasoning_content: words });
    const { one, two } = await runTwice(
      inSteps(said, [
        events(
          thought(""),
          thought("Fir"),
          thought("st."),
          calls(called("c1")),
          finish("tool_calls"),
        ) + DONE,
        events(thought(""), text("Now."), calls(called("c2")), finish("tool_calls")) + DONE,
        events(thought("Last."), text("done"), finish()) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect(one).toEqual({ text: "done", reasoning: "First.Last.", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
  });

  test("DeepSeek R1: no thoughts in a conversation without tools", async () => {
    const { two } = await runTwice((body, before) =>
      assistantsOf(body).some((message) => "reasoning_content" in message)
        ? refusal("reasoning_content is not allowed in the input")
        : events(delta({ reasoning_content: "hm" }), text(`answer ${before}`), finish()) + DONE,
    );
    expect(two).toEqual({ text: "answer 1", reasoning: "hm", warnings: [] });
  });

  test("Kimi: the thoughts of calls, and its own ids, which must not come twice", async () => {
    const id = "functions.look:0";
    const said = [
      { role: "assistant", content: null, reasoning_content: "First.", tool_calls: [called(id)] },
      {
        role: "assistant",
        content: null,
        reasoning_content: "Once more.",
        tool_calls: [called("functions.look:1")],
      },
      { role: "assistant", content: "done", reasoning_content: "So." },
    ];
    const step = (words: string) =>
      events(delta({ reasoning_content: words }), calls(called(id)), finish("tool_calls")) + DONE;
    const { one, two } = await runTwice(
      inSteps(said, [
        step("First."),
        step("Once more."),
        events(delta({ reasoning_content: "So." }), text("done"), finish()) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect(one).toMatchObject({ text: "done", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
  });

  test("Gemini: the signature of a call, and of an answer, where it stood", async () => {
    const signed = (thought_signature: string) => ({
      extra_content: { google: { thought_signature } },
    });
    const withoutId = (more: object = {}) => ({ ...called(""), ...more, index: 0 });
    let ids: readonly string[] = [];
    const { one, two } = await runTwice((body, before) => {
      const sent = assistantsOf(body);
      ids = sent.flatMap(({ tool_calls = [] }) => tool_calls.map((call: Body) => call["id"]));
      const said = [
        {
          role: "assistant",
          content: null,
          tool_calls: [called(ids[0] ?? "", signed("s1")), called(ids[1] ?? "")],
        },
        { role: "assistant", content: null, tool_calls: [called(ids[2] ?? "", signed("s2"))] },
        { role: "assistant", content: "done", ...signed("s3") },
      ];
      const streams = [
        delta({ tool_calls: [withoutId(signed("s1")), withoutId()] }),
        delta({ tool_calls: [withoutId(signed("s2"))] }),
        delta({ content: "done" }),
        delta({ content: "again" }),
      ];
      const last = before === 2 ? [delta(signed("s3"))] : [];
      return (
        mustBe(sent, said.slice(0, before)) ??
        events(streams[before], ...last, finish("stop")) + DONE
      );
    });
    expect(one).toMatchObject({ text: "done", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
    expect(new Set(ids).size).toBe(3);
  });

  test("Mistral: thoughts are items of the content, and no other field is known", async () => {
    const thought = (words: string) => ({
      type: "thinking",
      thinking: [{ type: "text", text: words }],
      signature: `of ${words}`,
      closed: true,
    });
    const piece = (words: string, more: object = {}) =>
      delta({
        content: [{ type: "thinking", thinking: [{ type: "text", text: words }], ...more }],
      });
    const end = (words: string) => ({ signature: `of ${words}`, closed: true });
    const said = [
      { role: "assistant", content: [thought("two and two")], tool_calls: [called("aaaaaaaa1")] },
      { role: "assistant", content: null, tool_calls: [called("aaaaaaaa2")] },
      {
        role: "assistant",
        content: [
          thought("so"),
          { type: "text", text: "It is 4" },
          { type: "reference", reference_ids: [1] },
        ],
      },
    ];
    const { one, two } = await runTwice(
      inSteps(said, [
        events(
          piece("two "),
          piece("and two", end("two and two")),
          calls(called("aaaaaaaa1")),
          finish("tool_calls"),
        ) + DONE,
        events(calls(called("aaaaaaaa2")), finish("tool_calls")) + DONE,
        events(
          piece("so", end("so")),
          delta({ content: [{ type: "text", text: "It is " }] }),
          delta({ content: "4" }),
          delta({ content: [{ type: "reference", reference_ids: [1] }] }),
          finish(),
        ) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect(one).toEqual({ text: "It is 4", reasoning: "two and twoso", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
  });

  test("OpenRouter: its details, verbatim and in their order, which are shown where nothing else is", async () => {
    const piece = (...details: readonly object[]) => delta({ reasoning_details: details });
    const details = [
      {
        type: "reasoning.text",
        text: "First I look.",
        signature: "sig",
        format: "anthropic-claude-v1",
        index: 0,
      },
      {
        type: "reasoning.encrypted",
        data: "ZW5j",
        id: "rs_1",
        format: "anthropic-claude-v1",
        index: 1,
      },
    ];
    const said = [
      { role: "assistant", content: null, reasoning_details: details, tool_calls: [called("c1")] },
      { role: "assistant", content: null, tool_calls: [called("c2")] },
      { role: "assistant", content: "done" },
    ];
    const about = { type: "reasoning.text", format: "anthropic-claude-v1", index: 0 };
    const { one, two } = await runTwice(
      inSteps(said, [
        events(
          piece({ ...about, text: "First " }),
          piece({ ...about, text: "I look." }),
          piece({ ...about, signature: "sig" }, details[1] as object),
          calls(called("c1")),
          finish("tool_calls"),
        ) + DONE,
        events(calls(called("c2")), finish("tool_calls")) + DONE,
        events(text("done"), finish()) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect(one).toEqual({ text: "done", reasoning: "First I look.", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
  });

  test("OpenAI: nothing but what it knows", async () => {
    const said = [
      { role: "assistant", content: null, tool_calls: [called("c1")] },
      { role: "assistant", content: "Now.", tool_calls: [called("c2")] },
      { role: "assistant", content: "done" },
    ];
    const { one, two, requests } = await runTwice(
      inSteps(said, [
        events(calls(called("c1")), finish("tool_calls")) + DONE,
        events(text("Now."), calls(called("c2")), finish("tool_calls")) + DONE,
        events(text("done"), finish()) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect([one.text, two.text]).toEqual(["done", "again"]);
    for (const { body } of requests) {
      expect(Object.keys(body).sort()).toEqual([
        "messages",
        "model",
        "stream",
        "stream_options",
        "tools",
      ]);
    }
  });

  test("a model without a parser for its thoughts: they are shown, and go back between their tags", async () => {
    const said = [
      { role: "assistant", content: "<think>\nhm\n</think>\n\n", tool_calls: [called("c1")] },
      { role: "assistant", content: "<think>so</think>done" },
    ];
    const { one, two } = await runTwice(
      inSteps(said, [
        events(
          text("<thi"),
          text("nk>\nhm\n</thin"),
          text("k>\n\n"),
          calls(called("c1")),
          finish("tool_calls"),
        ) + DONE,
        events(text("<think>so</think>done"), finish()) + DONE,
        events(text("again"), finish()) + DONE,
      ]),
    );
    expect(one).toEqual({ text: "done", reasoning: "\nhm\nso", warnings: [] });
    expect(two).toMatchObject({ text: "again", warnings: [] });
  });

  test("a server that refuses its own thoughts gets none from then on, and the job is told", async () => {
    await using server = await StrictModelServer.start((body, before) => {
      const [said] = assistantsOf(body);
      if (said && "reasoning" in said) return refusal("property 'reasoning' is unsupported");
      const isFirst = before === 0;
      return isFirst
        ? events(delta({ reasoning: "hm" }), calls(called("c1")), finish("tool_calls")) + DONE
        : events(text("done"), finish()) + DONE;
    });
    const provider = openaiProvider({ baseURL: server.url, apiKey: "none", model: "m" });
    await using supervisor = await Supervisor.start({ providers: { main: provider } });
    const job = supervisor.openSession().run({ hostTools: [look] }, { prompt: "go" });
    expect(await endOf(job)).toMatchObject({
      text: "done",
      warnings: [expect.stringMatching(/refuses what it has sent/)],
    });
    expect(server.requests).toHaveLength(3);
  });
});
