import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const REPOSITORY = dirname(dirname(import.meta.dirname));
const SHARED = `export const first = 41;`;
const BEHAVIOR = `
  import { become, defineBehavior } from "heddle/actor";
  import { first } from "shared";
  export const behavior = defineBehavior({
    start: () => first,
    receive: { get: (count: number) => become(count + 1, { reply: count + 1 }) },
  });`;
const MAIN = `
  import { scriptedProvider, Supervisor } from "heddle";
  await using supervisor = await Supervisor.start({ providers: { main: scriptedProvider({ responses: [{ text: "x" }] }) } });
  const behavior = new URL("./behavior.js", import.meta.url);
  const worker = supervisor.openSession().createWorker({ behavior });
  console.log(await worker.ask("get", undefined, { timeoutMs: 60_000 }));`;

/** A package of a user's own in a workspace: it has heddle, and a package beside it, by links. */
function userPackage(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "heddle-package-")));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("app/package.json", `{ "type": "module" }`);
  write("app/main.js", MAIN);
  write("app/behavior.ts", BEHAVIOR);
  write("shared/package.json", `{ "name": "shared", "type": "module", "exports": "./index.js" }`);
  write("shared/index.js", SHARED);
  mkdirSync(join(root, "app/node_modules"));
  symlinkSync(REPOSITORY, join(root, "app/node_modules/heddle"));
  symlinkSync(join(root, "shared"), join(root, "app/node_modules/shared"));
  return root;
}

test.each(["app", "shared", "/"])(
  "a behaviour in a user's package loads, run from %s",
  async (from) => {
    const root = userPackage();
    const cwd = from === "/" ? "/" : join(root, from);
    const main = join(root, "app/main.js");
    const { stdout } = await promisify(execFile)(process.execPath, [main], { cwd });
    expect(stdout.trim()).toBe("42");
  },
);
