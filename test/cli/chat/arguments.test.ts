import { describe, expect, test } from "vitest";
import type { Command } from "../../../src/cli/arguments.ts";
import { parseArguments } from "../../../src/cli/arguments.ts";

const parse = (...argv: string[]): Command => parseArguments(argv, { isTerminal: true });

describe("chat", () => {
  const chat = (...argv: string[]): Command => parse("chat", ...argv);

  test("its options may be called as those of other commands, and be different", () => {
    const argv =
      "--agents agents.js --agent a --resume chat.json -m m --tools a.js --tools b.js --confirm ask";
    expect(chat(...argv.split(" "))).toMatchObject({
      type: "chat",
      options: {
        agents: "agents.js",
        agent: "a",
        resume: "chat.json",
        model: "m",
        tools: [{ module: "a.js" }, { module: "b.js" }],
        confirm: "ask",
      },
    });
    expect(parse("--resume", "chat.json", "chat")).toMatchObject({
      options: { resume: "chat.json" },
    });
    expect(parse("run", "in.jsonl", "-o", "out", "--resume")).toMatchObject({
      options: { resume: true },
    });
    expect(parse("stress", "--agents", "3")).toMatchObject({ options: { agents: 3 } });
  });

  test.each([
    ["hello", 'chat takes no FILE and no prompt: "hello"'],
    ["--resume", "--resume needs a value: FILE"],
    ["--agent a", "--agent needs --agents MODULE"],
    ["--resum f", "did you mean --resume?"],
    ["--concurrency 3", "--concurrency is an option of heddle run"],
    ["--rate 3", "--rate is an option of heddle stress"],
    ["--max-steps 0", "--max-steps"],
  ])("%s is refused", (line, expected) => {
    const command = chat(...line.split(" "));
    expect(command.type === "refused" && command.problems.join("\n")).toContain(expected);
  });

  test("has a help of its own", () => {
    expect(parse("chat", "--help")).toEqual({ type: "help", of: "chat" });
    expect(parse("help", "chat")).toEqual({ type: "help", of: "chat" });
  });
});
