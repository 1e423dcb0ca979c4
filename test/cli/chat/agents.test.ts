import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { layOver, loadAgent } from "../../../src/cli/chat/agents.ts";
import type { WorkerOptions } from "../../../src/index.ts";
import { TemporaryDirectory } from "../support/command.ts";

const programs = fileURLToPath(new URL("../../fixtures/programs", import.meta.url));

describe("loadAgent()", () => {
  test("by its name, from a module that is found from the working directory", async () => {
    const agent = await loadAgent("agents.ts", "other", programs);
    expect(agent).toEqual({ name: "other", options: { instructions: "Be other." } });
  });

  test("the only one needs no name", async () => {
    using directory = new TemporaryDirectory();
    writeFileSync(directory.file("one.mjs"), "export const agents = { solo: {} };");
    expect(await loadAgent("one.mjs", undefined, directory.path)).toEqual({
      name: "solo",
      options: {},
    });
  });

  test.each([
    ["agents.ts", undefined, 'has several: say which by --agent NAME, one of "counter", "other"'],
    ["agents.ts", "othr", 'has no agent "othr": did you mean "other"?'],
    ["agents.ts", "toString", 'has no agent "toString": there are "counter", "other"'],
    ["nowhere.ts", "x", "--agents nowhere.ts cannot be loaded: "],
    ["../tools/calculator.ts", "x", "must export `agents`"],
  ])("%s, %s is refused", async (path, name, message) => {
    await expect(loadAgent(path, name, programs)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });
});

describe("layOver()", () => {
  test("the command line goes before the agent; tools and grants are added; the provider is the command's", () => {
    const agent: WorkerOptions = {
      provider: "main",
      instructions: "a",
      tools: ["/a.js"],
      model: { temperature: 1, maxOutputTokens: 7 },
      permissions: { env: ["HOME"] },
      timeouts: { toolMs: 5 },
      approvals: "deny",
    };
    const command: WorkerOptions = {
      tools: ["/b.js"],
      model: { temperature: 0 },
      permissions: { net: true },
      timeouts: { totalMs: 9 },
      approvals: "allow",
    };
    expect(layOver(agent, command)).toEqual({
      instructions: "a",
      tools: ["/a.js", "/b.js"],
      model: { temperature: 0, maxOutputTokens: 7 },
      permissions: {
        env: ["HOME"],
        net: true,
        childProcess: false,
        sqlite: false,
        fsRead: [],
        fsWrite: [],
      },
      timeouts: { toolMs: 5, totalMs: 9 },
      budget: {},
      approvals: "allow",
    });
  });
});
