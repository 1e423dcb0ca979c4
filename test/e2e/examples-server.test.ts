import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

/** What an example prints when there is no key. It ends by itself. */
async function linesOf(name: string): Promise<readonly string[]> {
  const env = { ...process.env, OPENAI_API_KEY: "" };
  const file = join(ROOT, "examples", `${name}.ts`);
  const { stdout, stderr } = await run(process.execPath, [file], { env });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

describe("the examples about servers", () => {
  test("09-server is asked by three kinds of clients, two of whom approve a call", async () => {
    const may = expect.stringContaining('may it send_mail {"to":"ann","text":"Lunch?"}? Yes.');
    expect(await linesOf("09-server")).toEqual([
      "/api: a worker, its job and the job's events",
      may,
      expect.stringMatching(/^ {2}\d+: sent to ann: Lunch\?$/),
      expect.stringMatching(/^ {2}\d+: I have asked Ann\.$/),
      "/v1: the openai client",
      "  A heddle lifts one thread on command.",
      "/api/chat: the AI SDK's transport",
      may,
      "  I have asked Ann.",
    ]);
  });

  test.each(["10-express-embed", "10-hono-embed"])(
    "%s goes on where a client has lost its connection",
    async (name) => {
      const numbers = Array.from({ length: 20 }, (_, i) => i + 1).join(" ");
      expect(await linesOf(name)).toEqual([
        "first connection: events 0 to 7, then it is lost",
        expect.stringMatching(/^second connection: from 8 to \d+$/),
        "0 are missing or came twice",
        `completed: ${numbers}`,
        "cancelled: cooperative, and its stream ends with cancelled",
        "a job that is not there: 404",
      ]);
    },
  );
});
