import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const INDEX = new URL("../../dist/index.js", import.meta.url).href;
const COUNTER = new URL("../fixtures/behaviours/counter.ts", import.meta.url).href;
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
    { env: { ...process.env, OPENAI_API_KEY: "sk-not-to-be-seen" }, timeout: 50_000 },
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

  test("after close() nothing is left of all that there was, and the process ends by itself", async () => {
    const { value } = await run(
      `
      import { createServer } from "node:http";
      import { createHook } from "node:async_hooks";
      const server = createServer((_, response) => {
        // Node keeps a timer for the date.
        response.sendDate = false;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write('data: {"choices":[{"delta":{"content":"hello"}}]}\\n\\n');
        server.emit("asked", response);
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const baseURL = "http://127.0.0.1:" + server.address().port + "/v1";
      const http = openaiProvider({ model: "m", baseURL });
      const finish = (response) =>
        response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n');
      // The parent's ends of a thread's output are made with the first thread, and stay.
      process.stdout; process.stderr;
      // Also what does not keep the process alive: threads and their ports do not.
      const alive = new Map();
      const KINDS = /^(WORKER|MESSAGEPORT|Timeout|TCP|TCPSERVER|TCPCONNECT|PIPE|FSEVENT)/;
      const hook = createHook({
        init: (id, kind) => KINDS.test(kind) && alive.set(id, kind),
        destroy: (id) => alive.delete(id),
      }).enable();
      const before = process.getActiveResourcesInfo();

      const supervisor = await Supervisor.start({ providers: { main, http } });
      const session = supervisor.openSession();
      const worker = session.createWorker({ provider: "main" });
      await session.run(worker, { prompt: "go" }).wait();
      const batch = session.runAll([{ prompt: "a" }, { prompt: "b" }], { worker: { provider: "main" } });
      for await (const { outcome } of batch);
      server.once("asked", finish);
      const overHttp = session.createWorker({ provider: "http", timeouts: { totalMs: 600000 } });
      await session.run(overHttp, { prompt: "go" }).wait();
      const cancelled = session.run(overHttp, { prompt: "go on" });
      for await (const _ of cancelled) break;
      await cancelled.cancel();
      const behavior = new URL(${JSON.stringify(COUNTER)});
      const parked = session.createWorker({ behavior, parkAfterMs: 0 });
      await parked.ask("get");
      while (supervisor.inspect().sessions[0].workers.find(({ id }) => id === parked.id).threadId !== undefined)
        await new Promise((resolve) => setImmediate(resolve));
      const kept = session.createWorker({ behavior });
      await kept.ask("get");
      await kept.ask("nosuch").catch(() => {});
      const during = [...alive.values()];
      await supervisor.close();

      const after = process.getActiveResourcesInfo();
      const sockets = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      while ((await sockets()) > 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => server.close(resolve));
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
      hook.disable();
      const left = [...alive.values()];
      console.log(JSON.stringify({ before, after, during, left }));`,
    );
    const { before, after, during, left } = value as {
      readonly [when in "before" | "after" | "during" | "left"]: string[];
    };
    expect(after.sort()).toEqual(before.sort());
    expect(during).toEqual(expect.arrayContaining(["WORKER", "MESSAGEPORT", "Timeout"]));
    expect(left).toEqual([]);
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
