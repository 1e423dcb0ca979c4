import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

/** What a user would write, for any test runner: nothing but the run keeps the process alive. */
const program = `
  import { runInline, testContext } from "heddle/testing";
  import { defineTool } from "heddle/actor";

  const parameters = { type: "object", properties: { n: { type: "number" } } };
  const deaf = defineTool({ name: "deaf", parameters, timeoutMs: 5, execute: () => new Promise(() => {}) });
  const twice = defineTool({ name: "twice", parameters, execute: ({ n }) => 2 * n });
  const { status, calls } = await runInline({
    tools: [deaf, twice],
    graceMs: 5,
    responses: [
      { toolCalls: [{ name: "deaf" }, { name: "twice", args: { n: 4 } }, { name: "twice", args: { n: "4" } }] },
      { text: "done" },
    ],
  });
  const ends = calls.map(({ end }) => end.error?.code ?? end.result);
  console.log(JSON.stringify([status, ends, await twice.execute({ n: 1 }, testContext())]));
`;

test("heddle/testing works as it is published, and ends by itself", async () => {
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, args, { cwd: ROOT });
  const ends = ["TOOL_TIMEOUT", "8", "TOOL_ARGUMENTS_INVALID"];
  expect(JSON.parse(stdout)).toEqual(["completed", ends, 2]);
});
