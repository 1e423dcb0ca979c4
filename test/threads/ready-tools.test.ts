import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import type { Answer, Ask } from "../fixtures/tools/ready-tools.ts";
import { tree } from "../support/file-tree.ts";

const PROJECT = join(import.meta.dirname, "..", "..");
const CODE = ["src", "test"].map((name) => `--allow-fs-read=${join(PROJECT, name)}/*`);
const REFUSED = { code: "ERR_ACCESS_DENIED" };

/** Calls in a thread that may do what is granted. */
async function answers(grants: readonly string[], root: string, asks: readonly Ask[]) {
  const fixture = new URL("../fixtures/tools/ready-tools.ts", import.meta.url);
  const execArgv = ["--permission", ...CODE, ...grants];
  const thread = new Worker(fixture, { execArgv, env: {}, workerData: { root, asks } });
  onTestFinished(() => thread.terminate().then(() => {}));
  const [given] = (await once(thread, "message")) as [readonly Answer[]];
  return given;
}

const ALL: readonly Ask[] = [
  { name: "read_file", args: { path: "file" } },
  { name: "read_file", args: { path: "none" } },
  { name: "list_directory", args: {} },
  { name: "search_files", args: { text: "inside" } },
  { name: "write_file", args: { path: "new/file", content: "written" } },
  { name: "run_command", args: { argv: ["true"], cwd: "new" } },
  { name: "fetch_url", args: { url: "http://127.0.0.1:1/" } },
  { name: "fetch_url", args: { url: "http://localhost:1/" } },
];

test.each(["", "/", "/*"])(
  "files in a root that is granted as root%s are read and written",
  async (end) => {
    const root = tree({
      "root/file": "inside",
      "root/out": { link: "../secret" },
      secret: "secret",
    });
    const inRoot = join(root, "root");
    const grants = [`--allow-fs-read=${inRoot}${end}`, `--allow-fs-write=${inRoot}${end}`];
    const out = { name: "read_file", args: { path: "out" } };
    const given = await answers(grants, inRoot, [...ALL.slice(0, 5), out]);
    expect(given).toMatchObject([
      { result: { path: "file", text: "inside" } },
      { code: "TOOL_FAILED", message: "none: there is no such file or directory" },
      { result: { entries: [{ name: "file" }, { name: "out" }] } },
      { result: { matches: [{ path: "file", line: 1, text: "inside" }] } },
      { result: { path: "new/file", created: true } },
      { code: "PERMISSION_DENIED" },
    ]);
    expect(readFileSync(join(inRoot, "new/file"), "utf8")).toBe("written");
  },
);

test("a root is granted by the name it has in the options, also when that is a link", async () => {
  const base = tree({ "real/file": "inside", named: { link: "real" } });
  const root = join(base, "named");
  const [first] = await answers([`--allow-fs-read=${root}`], root, ALL.slice(0, 1));
  expect(first).toMatchObject({ result: { path: "file", text: "inside" } });
});

test("what is not granted is refused by Node, and never said not to be there", async () => {
  const root = tree({ file: "inside", "new/x": "" });
  const given = await answers([], root, ALL);
  expect(given).toMatchObject(ALL.map(() => REFUSED));
});

test("who may only read does not write", async () => {
  const root = tree({ file: "inside" });
  const given = await answers([`--allow-fs-read=${root}`], root, [
    { name: "write_file", args: { path: "file", content: "written" } },
    { name: "write_file", args: { path: "new", content: "written" } },
  ]);
  expect(given).toMatchObject([REFUSED, REFUSED]);
  expect(readFileSync(join(root, "file"), "utf8")).toBe("inside");
});
