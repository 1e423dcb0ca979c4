import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const INDEX = new URL("../../dist/index.js", import.meta.url).href;
const START = `
  import { Supervisor, scriptedProvider, openaiProvider } from ${JSON.stringify(INDEX)};
  const main = scriptedProvider({ repeat: true, responses: [{ text: "hello", chunks: 5 }] });
  const openai = openaiProvider({ model: "m" });
`;

type Printed = { readonly value: unknown; readonly lines: readonly string[] };

/** Runs a program of its own, on the built package, and gives what it printed. */
async function run(program: string, flags: readonly string[] = []): Promise<Printed> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...flags, "--input-type=module", "-e", START + program],
    { env: { ...process.env, OPENAI_API_KEY: "sk-not-to-be-seen" } },
  );
  return { value: JSON.parse(stdout), lines: stderr.split("\n") };
}

describe("threads", () => {
  test("only the gateway loads openai; an actor loads one file, and nothing else", async () => {
    const hook = `
      import { writeSync } from "node:fs";
      import { registerHooks } from "node:module";
      import { isMainThread, threadName } from "node:worker_threads";
      const where = isMainThread ? "main" : threadName.startsWith("gateway") ? "gateway" : "actor";
      registerHooks({ load(url, context, next) {
        writeSync(2, where + " " + url + "\\n");
        return next(url, context);
      } });`;
    const { value, lines } = await run(
      `const supervisor = await Supervisor.start({ providers: { main, openai } });
       const { text } = await supervisor.openSession().run({ provider: "main" }, { prompt: "go" }).wait();
       await supervisor.close();
       console.log(JSON.stringify(text));`,
      ["--import", `data:text/javascript,${encodeURIComponent(hook)}`],
    );
    expect(value).toBe("hello");
    const loading = (name: string) =>
      new Set(
        lines
          .filter((line) => line.includes(`/node_modules/${name}/`))
          .map((line) => line.split(" ")[0]),
      );
    expect(loading("openai")).toEqual(new Set(["gateway"]));
    expect(loading("rxjs")).toEqual(new Set(["main"]));
    expect(loading("comlink")).toEqual(new Set(["main", "gateway"]));
    const inActors = lines.filter((line) => line.startsWith("actor file:"));
    expect(new Set(inActors)).toEqual(new Set([`actor ${new URL("actors/entry.js", INDEX)}`]));
  });

  test("after close() nothing is left, and the process ends by itself", async () => {
    const { value } = await run(`
      // The parent's ends of a thread's output are made with the first thread, and stay.
      process.stdout; process.stderr;
      const before = process.getActiveResourcesInfo();
      const supervisor = await Supervisor.start({ providers: { main, openai } });
      const session = supervisor.openSession();
      const worker = session.createWorker({ provider: "main" });
      await session.run(worker, { prompt: "go" }).wait();
      const batch = session.runAll([{ prompt: "a" }, { prompt: "b" }], { worker: { provider: "main" } });
      for await (const { outcome } of batch);
      await supervisor.close();
      console.log(JSON.stringify({ before, after: process.getActiveResourcesInfo() }));
    `);
    const { before, after } = value as { before: string[]; after: string[] };
    expect(after.sort()).toEqual(before.sort());
  });

  test("a supervisor that nobody closes does not keep the process alive when no job runs", async () => {
    const { value } = await run(`
      const supervisor = await Supervisor.start({ providers: { main } });
      const session = supervisor.openSession();
      const worker = session.createWorker();
      await session.run(worker, { prompt: "go" }).wait();
      const { text } = await session.run({}, { prompt: "go" }).wait();
      console.log(JSON.stringify(text));
    `);
    expect(value).toBe("hello");
  });
});
