import { describe, expect, test } from "vitest";
import type { Command, RunOptions } from "../../src/cli/arguments.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { StressOptions } from "../../src/cli/stress/arguments.ts";

const parse = (...argv: string[]): Command => parseArguments(argv, { isTerminal: true });

function options(...argv: string[]): RunOptions {
  const command = parse("run", ...argv);
  if (command.type !== "run") throw new TypeError(JSON.stringify(command));
  return command.options;
}

function problems(...argv: string[]): string {
  const command = parse("run", ...argv);
  return command.type === "refused" ? command.problems.join("\n") : `accepted: ${command.type}`;
}

describe("parseArguments()", () => {
  test("a file alone gets the defaults", () => {
    expect(options("in.jsonl")).toEqual({
      source: { type: "file", path: "in.jsonl" },
      provider: undefined,
      model: undefined,
      baseURL: undefined,
      api: undefined,
      instructions: undefined,
      temperature: undefined,
      maxOutputTokens: undefined,
      script: undefined,
      tools: [],
      grants: [],
      confirm: undefined,
      maxSteps: undefined,
      budgetTokens: undefined,
      concurrency: 16,
      timeoutMs: undefined,
      drainMs: 10_000,
      limit: undefined,
      out: undefined,
      resume: false,
      retryFailed: false,
      dryRun: false,
      events: false,
    });
  });

  test("every option is read, before and behind the file", () => {
    const argv =
      "--provider openai -m m --base-url http://h/v1 --api responses in.jsonl --instructions i -c 3 -o out --resume --retry-failed --limit 5 --timeout-ms 7 --drain 0 --max-output-tokens 9 --temperature 0.5 --dry-run --events --tools t.js --mcp http://h/mcp --grant net,env=A --grant fs-read=d --confirm deny --max-steps 4 --budget-tokens 500";
    expect(options(...argv.split(" "))).toEqual({
      source: { type: "file", path: "in.jsonl" },
      provider: "openai",
      model: "m",
      baseURL: "http://h/v1",
      api: "responses",
      instructions: "i",
      temperature: 0.5,
      maxOutputTokens: 9,
      script: undefined,
      tools: [
        { type: "module", module: "t.js", options: undefined },
        { type: "server", url: "http://h/mcp" },
      ],
      grants: [{ type: "net" }, { type: "env", value: "A" }, { type: "fs-read", value: "d" }],
      confirm: "deny",
      maxSteps: 4,
      budgetTokens: 500,
      concurrency: 3,
      timeoutMs: 7,
      drainMs: 0,
      limit: 5,
      out: "out",
      resume: true,
      retryFailed: true,
      dryRun: true,
      events: true,
    });
  });

  test.each(["007", "1e3", "0x10", "- one\n- two", "--prompt is an option"])(
    "a prompt is taken as it is written: %j",
    (prompt) => {
      expect(options("-p", prompt).source).toEqual({ type: "prompt", text: prompt });
    },
  );

  test("a prompt like an option is accepted behind an equals sign only", () => {
    expect(options("--prompt=-5").source).toEqual({ type: "prompt", text: "-5" });
    expect(problems("--prompt", "-5")).toContain("--prompt=-5");
  });

  test("a dash is standard input, and --out - is standard output", () => {
    expect(options("-").source).toEqual({ type: "stdin", asked: true });
    expect(options("-", "-o", "-").out).toBeUndefined();
  });

  test("without a file, what is piped in is read; on a terminal that is refused", () => {
    expect(parseArguments(["run"], { isTerminal: false })).toMatchObject({
      options: { source: { type: "stdin", asked: false } },
    });
    expect(problems()).toContain("nothing to run");
  });

  test.each([
    ["--concurency 3 in.jsonl", "unknown option --concurency: did you mean --concurrency?"],
    ["--temp 1 in.jsonl", "did you mean --temperature?"],
    ["-x in.jsonl", "unknown option -x"],
    ["-c 0 in.jsonl", "--concurrency must be a whole number from 1 to 1000"],
    ["-c 1001 in.jsonl", "--concurrency"],
    ["-c 1.5 in.jsonl", "--concurrency"],
    ["-c many in.jsonl", 'not "many"'],
    ["-c NaN in.jsonl", "--concurrency"],
    ["--limit 0 in.jsonl", "--limit must be a whole number, 1 or more"],
    ["--limit=-1 in.jsonl", "--limit"],
    ["--timeout-ms 2147483648 in.jsonl", "--timeout-ms"],
    ["--drain=-1 in.jsonl", "--drain must be a whole number from 0 to 2147483647"],
    ["--drain 10s in.jsonl", "--drain"],
    ["--temperature 2.1 in.jsonl", "--temperature must be a number from 0 to 2"],
    ["--max-output-tokens 0 in.jsonl", "--max-output-tokens"],
    ["--provider gemin in.jsonl", "--provider must be openai or anthropic or google"],
    ["--api rest in.jsonl", "--api must be chat or responses"],
    ["--base-url localhost:80 in.jsonl", "--base-url must be an http or https URL"],
    ["in.jsonl --out", "--out needs a value: FILE"],
    ["in.jsonl --out --resume", "--out needs a value"],
    ["in.jsonl --dry-run=yes", "--dry-run takes no value"],
    ["in.jsonl other.jsonl", "one FILE at a time"],
    ["in.jsonl -p hello", "FILE or --prompt, not both"],
    ["in.jsonl --resume", "--resume needs --out FILE"],
    ["-p hello -o out --resume", "--resume needs a FILE"],
    ["in.jsonl -o out --retry-failed", "--retry-failed needs --resume"],
    ["in.jsonl --provider scripted --base-url http://h", "--base-url has no meaning"],
    ["in.jsonl --script s.json", "--script needs --provider scripted"],
    ["in.jsonl --confirm yes", '--confirm must be ask or allow or deny, not "yes"'],
    ["in.jsonl --grant nett", "--grant is a list of net, child-process"],
    ["in.jsonl --mcp a|b", "--mcp: no shell reads it"],
    ["in.jsonl --tools x={", "--tools x: its options are no JSON"],
    ["in.jsonl --tools", "--tools needs a value: MODULE"],
    ["in.jsonl --max-steps 1001", "--max-steps must be a whole number from 1 to 1000"],
    ["in.jsonl --budget-tokens 0", "--budget-tokens must be a whole number from 1"],
    ["in.jsonl --agent x", "--agent is an option of heddle chat"],
    ["in.jsonl --tool x.js", "did you mean --tools?"],
  ])("%s is refused", (line, expected) => {
    expect(problems(...line.split(" "))).toContain(expected);
  });

  test("an empty text is refused", () => {
    expect(problems("-p", "")).toContain("--prompt is empty");
  });

  test("all problems are told at once", () => {
    expect(problems("in.jsonl", "-c", "0", "--temperature", "9").split("\n")).toHaveLength(2);
  });

  test("help and version win over anything else", () => {
    expect(parse("--help")).toEqual({ type: "help" });
    expect(parse("help")).toEqual({ type: "help" });
    expect(parse("run", "--nonsense", "-h")).toEqual({ type: "help" });
    expect(parse("--version")).toEqual({ type: "version" });
  });

  test("an unknown command is refused, with what was probably meant", () => {
    expect(parse("rum", "x")).toMatchObject({ problems: [expect.stringContaining("mean run?")] });
    expect(parse("in.jsonl")).toMatchObject({
      problems: [expect.stringContaining("heddle run in.jsonl")],
    });
    expect(parse()).toMatchObject({ type: "refused" });
  });
});

describe("heddle stress", () => {
  const stress = (...argv: string[]): StressOptions => {
    const command = parse("stress", ...argv);
    if (command.type !== "stress") throw new TypeError(JSON.stringify(command));
    return command.options;
  };

  test("without options it has the defaults", () => {
    expect(stress()).toEqual({
      agents: 100,
      chunks: 200,
      rate: 20,
      readers: 1,
      faults: { crash: 0, cancel: 0, stall: 0 },
      seed: 1,
      json: false,
    });
  });

  test("every option is read", () => {
    const argv =
      "--agents 10000 --chunks 7 --rate 0.5 --readers 3 --fault crash=.25,stall=0.5 --seed 9 --json";
    expect(stress(...argv.split(" "))).toEqual({
      agents: 10_000,
      chunks: 7,
      rate: 0.5,
      readers: 3,
      faults: { crash: 0.25, cancel: 0, stall: 0.5 },
      seed: 9,
      json: true,
    });
  });

  test("probabilities may add up to 1", () => {
    expect(stress("--fault", "crash=0.1,cancel=0.7,stall=0.2").faults.stall).toBe(0.2);
  });

  test.each([
    ["--agents 0", "--agents must be a whole number from 1 to 10000"],
    ["--agents 10001", "--agents"],
    ["--chunks 1.5", "--chunks must be a whole number from 1 to 100000"],
    ["--rate=-1", "--rate must be a number from 0 to 10000"],
    ["--rate fast", '--rate must be a number from 0 to 10000, not "fast"'],
    ["--readers 101", "--readers must be a whole number from 1 to 100"],
    ["--seed 4294967296", "--seed must be a whole number from 0 to 4294967295"],
    ["--fault crash", "--fault crash must be a probability from 0 to 1"],
    ["--fault crash=1.1", '--fault crash must be a probability from 0 to 1, not "1.1"'],
    ["--fault crsh=0.1", "--fault is a list of crash, cancel, stall"],
    ["--fault crash=0.1,", "--fault is a list of crash, cancel, stall"],
    ["--fault crash=0.1,crash=0.2", "--fault has crash twice"],
    ["--fault crash=0.6,stall=0.6", "--fault: the probabilities add up to 1.2"],
    ["--fault=", "--fault is empty"],
    ["--agents 10000 --chunks 1000 --readers 6", "at most 50000000"],
    ["--chunks 1000 --rate 0.01", "more than 24 hours"],
    ["in.jsonl", 'stress takes no FILE: "in.jsonl"'],
    ["-c 3", "--concurrency is an option of heddle run"],
  ])("%s is refused", (line, expected) => {
    const command = parse("stress", ...line.split(" "));
    expect(command.type === "refused" && command.problems.join("\n")).toContain(expected);
  });

  test("has a help of its own", () => {
    for (const argv of [
      ["stress", "--help"],
      ["--agents", "0", "stress", "-h"],
      ["help", "stress"],
    ]) {
      expect(parse(...argv)).toEqual({ type: "help", of: "stress" });
    }
    expect(problems("in.jsonl", "--agents", "3")).toBe(
      "--agents is an option of heddle chat and heddle stress and heddle serve",
    );
  });
});
