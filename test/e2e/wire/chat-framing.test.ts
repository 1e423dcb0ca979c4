import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import {
  CHUNKED_END,
  chunk,
  chunkedHead,
  DONE,
  END,
  events,
  finish,
  HELLO,
  head,
  stream,
  text,
} from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

function splitEverywhere(whole: string): Buffer[] {
  return [...Buffer.from(whole)].map((byte) => Buffer.from([byte]));
}

const CASES: readonly Case[] = [
  [
    "a chunked body",
    [chunkedHead(), chunk(HELLO), chunk(events(finish())), chunk(DONE), CHUNKED_END],
    { text: "hello" },
  ],
  [
    "a chunk of HTTP for each half of an event",
    [chunkedHead(), chunk(HELLO.slice(0, 40)), chunk(HELLO.slice(40)), chunk(END), CHUNKED_END],
    { text: "hello" },
  ],
  [
    "the last event without its blank line",
    stream(HELLO, events(finish()), "data: [DONE]\n"),
    { text: "hello" },
  ],
  [
    "the last event without any line end",
    stream(HELLO, events(finish()).trimEnd()),
    { text: "hello", finishReason: "stop" },
  ],
  [
    "no space after the colon",
    stream(HELLO.replaceAll("data: ", "data:"), events(finish()), "data:[DONE]\n\n"),
    { text: "hello" },
  ],
  ["CRLF", stream((HELLO + END).replaceAll("\n", "\r\n")), { text: "hello", finishReason: "stop" }],
  [
    "CR only",
    stream((HELLO + END).replaceAll("\n", "\r")),
    { text: "hello", finishReason: "stop" },
  ],
  ["a byte order mark", stream(`\uFEFF${HELLO}`, END), { text: "hello" }],
  [
    "comments in between",
    stream(": OPENROUTER PROCESSING\n\n", HELLO, ": ping\n\n", END),
    { text: "hello" },
  ],
  [
    "ids, retries and unknown fields",
    stream("retry: 5\nid: 1\nfoo: bar\n\n", HELLO, END),
    { text: "hello" },
  ],
  ["an event with empty data", stream("data:\n\n", HELLO, END), { text: "hello" }],
  [
    "JSON over several data lines",
    stream(
      `data: {"choices":\ndata: [{"delta":{"content":"hello"},\ndata: "finish_reason":"stop"}]}\n\n`,
      DONE,
    ),
    { text: "hello" },
  ],
  [
    "characters cut between segments",
    [head(), ...splitEverywhere(events(text("é€😀"), finish())), DONE, "[end]"],
    { text: "é€😀" },
  ],
  [
    "bytes that are no UTF-8",
    stream(
      Buffer.concat([
        Buffer.from('data: {"choices":[{"delta":{"content":"a'),
        Buffer.from([0xff]),
        Buffer.from('b"}}]}\n\n'),
      ]),
      END,
    ),
    { text: "a\uFFFDb" },
  ],
  ["bytes after [DONE]", stream(HELLO, END, "garbage that is no event"), { text: "hello" }],
  ["events after [DONE]", stream(HELLO, END + events(text("more"))), { text: "hello" }],
  [
    "a connection that is left open after [DONE]",
    [head(), HELLO, END, "[stall]"],
    { text: "hello" },
  ],
  ["a lost connection after [DONE]", [head(), HELLO, END, "[reset]"], { text: "hello" }],
  [
    "no content type",
    [head().replace("content-type: text/event-stream\r\n", ""), HELLO, END, "[end]"],
    { text: "hello" },
  ],
  [
    "a content type with a charset, in capitals",
    [head({ "content-type": "Text/Event-Stream; charset=utf-8" }), HELLO, END, "[end]"],
    { text: "hello" },
  ],
];

describe("a chat stream is read however it is framed", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});
