import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../../src/index.ts";
import { defineTool } from "../../../src/index.ts";
import type { Native } from "../../support/ai-sdk.ts";
import { NATIVES, nativeProvider } from "../../support/ai-sdk.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import type { Block } from "../../support/thinking-servers.ts";
import { ThinkingServer } from "../../support/thinking-servers.ts";

const add = defineTool({
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

function turnsOf({ name }: Native): readonly (readonly Block[])[] {
  return TURNS[name] ?? [];
}

describe.for(NATIVES)("$name", (native) => {
  test("a tool loop of three steps: what a response came with goes back with it, verbatim, in its order", async () => {
    await using server = await ThinkingServer.start(native.dialect, turnsOf(native));
    const providers = { main: nativeProvider(native, server.url) };
    const session = (await startSupervisor({ providers })).openSession();
    const agent = session.createWorker({ hostTools: [add], model: native.thinking });
    const job = session.run(agent, { prompt: "Add them all." });
    const events: JobEvent[] = [];
    for await (const event of job.events()) events.push(event);
    expect(await job.wait()).toMatchObject({ text: "It is 21.", steps: 3, finishReason: "stop" });
    expect(events.filter(({ type }) => type === "warning")).toEqual([]);
    // The next job of the same worker, too.
    const next = await session.run(agent, { prompt: "Thanks." }).wait();
    expect(next.text).toBe("You are welcome.");
    expect(server.bodies).toHaveLength(4);
  });

  test("another provider's agent goes on with the conversation, and its own state stays at home", async () => {
    await using server = await ThinkingServer.start(native.dialect, turnsOf(native));
    const providers = {
      main: nativeProvider(native, server.url),
      other: nativeProvider(native, server.url),
    };
    const session = (await startSupervisor({ providers })).openSession();
    const agent = session.createWorker({
      provider: "main",
      hostTools: [add],
      model: native.thinking,
    });
    await session.run(agent, { prompt: "Add them all." }).wait();
    const heir = session.createWorker({
      provider: "other",
      transcript: agent.transcript,
      hostTools: [add],
      model: native.thinking,
    });
    // The server wants what it has made; to it this is somebody who has lost it.
    const error = await session
      .run(heir, { prompt: "Thanks." })
      .wait()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "PROVIDER_BAD_REQUEST" });
    expect(JSON.stringify(server.bodies.at(-1))).not.toContain("SIG-");
    expect(JSON.stringify(server.bodies.at(-2))).toContain(
      native.name === "Mistral" ? "first" : "SIG-",
    );
  });
});
