import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

/** What an example prints when nobody is at a terminal and there is no key. */
async function linesOf(name: string): Promise<readonly string[]> {
  const env = { ...process.env, OPENAI_API_KEY: "" };
  const { stdout } = await run(process.execPath, [join(ROOT, "examples", `${name}.ts`)], { env });
  return stdout.trimEnd().split("\n");
}

describe("the examples about tools", () => {
  test("03-tools shows each call with its result, also one that was refused", async () => {
    const lines = await linesOf("03-tools");
    expect(lines.filter((line) => /^(->|<-) /.test(line))).toEqual([
      '-> find_order {"id":"A-7"}',
      '<- find_order {"item":"loom","total":120,"currency":"EUR"}',
      expect.stringMatching(/^<- convert refused \(TOOL_ARGUMENTS_INVALID\): /),
      '-> convert {"amount":120,"from":"EUR","to":"SEK"}',
      "<- convert 1344.00 SEK",
    ]);
    expect(lines.slice(-2)).toEqual(["Order A-7 comes to 1344.00 SEK.", "4 steps"]);
  });

  test("05-mcp calls the tools of a server, and a cancel reaches it", async () => {
    expect(await linesOf("05-mcp")).toEqual([
      "get-sum: The sum of 20 and 22 is 42.",
      "That makes 42.",
      "trigger-long-running-operation shows progress; it is cancelled",
      "job: cancelled, server: connected",
    ]);
  });

  test("04-confirm carries out what was approved, as it was edited, and asks no more than it must", async () => {
    const lines = await linesOf("04-confirm");
    expect(lines.filter((line) => line.startsWith("  sent"))).toEqual([
      "  sent to ann: Hi!",
      "  sent to bob: Hi.",
      "  sent to cat: Lunch?",
      "  sent to dan: Lunch?",
    ]);
    const asked = lines.filter((line) => line.startsWith("send_mail "));
    expect(asked.map((line) => /"to":"(\w+)"/.exec(line)?.[1])).toEqual([
      "ann",
      "everyone",
      "bob",
      "cat",
    ]);
    const decided = lines.filter((line) => line.includes("so I decide: "));
    expect(decided.map((line) => Object.keys(JSON.parse(line.split("decide: ")[1] ?? "")))).toEqual(
      [["approve"], ["deny"], ["edit"], ["approve", "remember"]],
    );
    expect(lines.indexOf("The session decides:")).toBeGreaterThan(lines.indexOf(asked[2] ?? ""));
  });

  test("06-output gives what the schema asks for, after the model was told what was wrong", async () => {
    const lines = await linesOf("06-output");
    expect(lines[0]).toBe("Weave a scarf: 120 minutes, warp, weave");
    expect(lines.filter((line) => line.startsWith("assistant: "))).toHaveLength(2);
    expect(lines).toContain("user: Your answer is not valid:");
    expect(lines.at(-1)).toBe("2 steps");
  });

  test("08-actors has one crawler fetch every page for three readers", async () => {
    const lines = await linesOf("08-actors");
    const fetched = lines.filter((line) => line.startsWith("site: GET "));
    const times = (count: number, path: string) => Array(count).fill(`site: GET ${path}`);
    expect(fetched.toSorted()).toEqual(
      ["/", "/heddles", "/looms", "/shuttles"].flatMap((path) => times(3, path)),
    );
    const answers = lines.filter((line) => /^(ann|bob|cat): Heddles lift threads/.test(line));
    expect(answers).toHaveLength(3);
    expect(lines.at(-1)).toBe("12 pages fetched, one at a time");
  });
});
