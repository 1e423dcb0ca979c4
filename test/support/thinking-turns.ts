import { defineTool } from "../../src/index.ts";
import type { Native } from "./ai-sdk.ts";
import type { Block } from "./thinking-servers.ts";

/** Conversations of three steps with tools, and a word of thanks. */

export const add = defineTool({
  name: "add",
  description: "Adds two numbers.",
  parameters: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"],
  },
  execute: ({ a, b }) => String(Number(a) + Number(b)),
});

function call(id: string, a: number, b: number, signature?: string): Block {
  const input = { a, b };
  return {
    type: "call",
    id,
    name: "add",
    input,
    ...(signature === undefined ? {} : { signature }),
  };
}

const TURNS: { readonly [name: string]: readonly (readonly Block[])[] } = {
  Anthropic: [
    [
      { type: "thinking", text: "first this", signature: "SIG-1" },
      { type: "redacted", data: "HIDDEN" },
      { type: "text", text: "Let me see." },
      call("toolu_1", 1, 2),
    ],
    [
      // Nothing is to be seen of it, and it is signed all the same.
      { type: "thinking", text: "", signature: "SIG-2" },
      call("toolu_2", 3, 4),
      { type: "thinking", text: "and between two calls", signature: "SIG-3" },
      call("toolu_3", 5, 6),
    ],
    [
      { type: "thinking", text: "now I know", signature: "SIG-4" },
      { type: "text", text: "It is 21." },
    ],
    [{ type: "text", text: "You are welcome." }],
  ],
  Gemini: [
    [
      { type: "thinking", text: "first this", signature: "" },
      call("c1", 1, 2, "SIG-1"),
      // Only the first of calls at once is signed.
      call("c2", 3, 4),
    ],
    [{ type: "text", text: "Hm. ", signature: "SIG-2" }, call("c3", 5, 6, "SIG-3")],
    [{ type: "text", text: "It is 21.", signature: "SIG-4" }],
    [{ type: "text", text: "You are welcome." }],
  ],
  Bedrock: [
    [
      { type: "thinking", text: "first this", signature: "SIG-1" },
      { type: "redacted", data: "SElEREVO" },
      { type: "text", text: "Let me see." },
      call("tooluse_1", 1, 2),
    ],
    [
      { type: "thinking", text: "and then", signature: "SIG-2" },
      call("tooluse_2", 3, 4),
      call("tooluse_3", 5, 6),
    ],
    [
      { type: "thinking", text: "now I know", signature: "SIG-3" },
      { type: "text", text: "It is 21." },
    ],
    [{ type: "text", text: "You are welcome." }],
  ],
  Mistral: [
    [{ type: "thinking", text: "first this", signature: "" }, call("abcdefgh1", 1, 2)],
    [
      { type: "thinking", text: "and then", signature: "" },
      { type: "text", text: "Two more." },
      call("abcdefgh2", 3, 4),
      call("abcdefgh3", 5, 6),
    ],
    [
      { type: "thinking", text: "now I know", signature: "" },
      { type: "text", text: "It is 21." },
    ],
    [{ type: "text", text: "You are welcome." }],
  ],
};

export function turnsOf({ name }: Native): readonly (readonly Block[])[] {
  return TURNS[name] ?? [];
}
