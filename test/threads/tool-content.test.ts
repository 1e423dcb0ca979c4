import { describe, expect, test } from "vitest";
import type { AnyTool, WorkerOptions } from "../../src/index.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, outcomesOf, toolsOf } from "../support/tools.ts";

const PNG = Buffer.from("89504e470d0a1a0a", "hex");
const image = { type: "image", mediaType: "image/png", data: PNG.toString("base64") } as const;
const text = { type: "text", text: "The page." } as const;
const words = "The page.\n[image: image/png, 8 bytes]";

function hostTool(execute: AnyTool["execute"]): Pick<WorkerOptions, "hostTools"> {
  return { hostTools: [{ name: "shot", parameters: {}, execute }] };
}

describe("a tool's image", () => {
  test.each<[string, Pick<WorkerOptions, "hostTools" | "tools">, string]>([
    ["a host tool", hostTool(() => [text, { ...image, data: PNG }]), "shot"],
    ["a tool in the actor", { tools: [toolsOf("camera")] }, "shot"],
    ["a tool in the pool", { tools: [toolsOf("camera")] }, "pool_shot"],
  ])("of %s is in the next request, and in the log by reference", async (_, worker, name) => {
    const { session, supervisor } = await startScripted(callsOf({ name }));
    const job = session.run(worker, { prompt: "go" });
    const [outcome] = await outcomesOf(job);
    expect(outcome).toMatchObject({
      result: words,
      isError: false,
      content: [text, { type: "image", mediaType: "image/png", sizeBytes: 8 }],
    });
    const [, second] = await supervisor.scripted("main").calls();
    expect(second?.request.messages.at(-1)).toMatchObject({ role: "tool", content: [text, image] });
    const part = outcome?.content?.[1];
    const ref = part !== undefined && "ref" in part ? part.ref : undefined;
    expect(job.media(ref ?? "")).toEqual({ mediaType: "image/png", data: image.data });
  });

  test("of more than maxToolMediaBytes is words that say so, and no error", async () => {
    const { session, supervisor } = await startScripted(callsOf({ name: "shot" }));
    const worker = { ...hostTool(() => [text, image]), maxToolMediaBytes: 7 };
    const [outcome] = await outcomesOf(session.run(worker, { prompt: "go" }));
    const result = expect.stringContaining("8 bytes, left out: a result may have 7 bytes");
    expect(outcome).toMatchObject({ isError: false, result });
    expect(outcome).not.toHaveProperty("content");
    const [, second] = await supervisor.scripted("main").calls();
    expect(second?.request.messages.at(-1)).toMatchObject({ role: "tool", content: result });
  });

  test("that is none is an error that says what", async () => {
    const { session } = await startScripted(callsOf({ name: "shot" }));
    const worker = hostTool(() => ({ ...image, data: "%" }));
    expect(await outcomesOf(session.run(worker, { prompt: "go" }))).toMatchObject([
      { error: { code: "TOOL_RESULT_INVALID" }, result: expect.stringContaining("base64") },
    ]);
  });

  test("is bounded by options with bounds of their own", async () => {
    const { session } = await startScripted([{ text: "done" }]);
    for (const maxToolMediaBytes of [-1, 1.5, 52_428_801]) {
      expect(() => session.createWorker({ maxToolMediaBytes })).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: "maxToolMediaBytes must be an integer from 0 to 52428800",
        }),
      );
    }
  });
});

describe("a tool choice that forces", () => {
  test.each<[string, "required" | { tool: string }]>([
    ["any tool", "required"],
    ["one tool", { tool: "shot" }],
  ])(
    "%s holds for the first model call of each job, then the model is free",
    async (_, toolChoice) => {
      const { session, supervisor } = await startScripted([
        ...callsOf({ name: "shot" }),
        ...callsOf({ name: "shot" }),
      ]);
      const worker = session.createWorker({ ...hostTool(() => "seen"), model: { toolChoice } });
      await session.run(worker, { prompt: "go" }).wait();
      await session.run(worker, { prompt: "again" }).wait();
      const calls = await supervisor.scripted("main").calls();
      expect(calls.map(({ request }) => request.settings.toolChoice)).toEqual([
        toolChoice,
        "auto",
        toolChoice,
        "auto",
      ]);
    },
  );

  test.each(["none", "auto"] as const)("is not what %s does: it stays", async (toolChoice) => {
    const { session, supervisor } = await startScripted(callsOf({ name: "shot" }));
    const options = { model: { toolChoice } };
    await session
      .run(
        hostTool(() => "seen"),
        { prompt: "go" },
        options,
      )
      .wait();
    const calls = await supervisor.scripted("main").calls();
    expect(calls.map(({ request }) => request.settings.toolChoice)).toEqual([
      toolChoice,
      toolChoice,
    ]);
  });
});
