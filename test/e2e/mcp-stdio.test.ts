import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContentPart } from "../../src/index.ts";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { schemaOf } from "../../src/tools/schema.ts";
import { resultEnd } from "../../src/tools/tool-end.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Caller, everything, fixture } from "../support/mcp.ts";

const { signal } = new AbortController();
const connections = new McpConnections({ clock: systemClock, random: Math.random });

afterAll(() => connections.close());

describe("the reference server over stdio", () => {
  let caller: Caller;

  beforeAll(async () => {
    caller = new Caller(await connections.toolsOf(everything(), signal));
  });

  test("its tools have their schemas, and need approval as it hints", async () => {
    const tools = await connections.toolsOf(everything({ prefix: "all_" }), signal);
    const sum = tools.find(({ name }) => name === "all_get-sum");
    expect(sum).toMatchObject({
      description: expect.stringContaining("sum"),
      needsApproval: false,
    });
    expect(schemaOf("parameters", sum?.parameters).json).toMatchObject({
      type: "object",
      properties: { a: { type: "number" } },
    });
  });

  test("text is given as it is", async () => {
    expect(await caller.call("echo", { message: "hällo" })).toBe("Echo: hällo");
    expect(await caller.call("get-sum", { a: 20, b: 22 })).toBe("The sum of 20 and 22 is 42.");
  });

  test("structured content that is there as text, too, is given once", async () => {
    const text = await caller.call("get-structured-content", { location: "Chicago" });
    expect(JSON.parse(String(text))).toEqual({
      temperature: 36,
      conditions: "Light rain / drizzle",
      humidity: 82,
    });
  });

  test("an image is given as an image, and in words; links are described", async () => {
    const image = await caller.call("get-tiny-image");
    const { result } = resultEnd(image, { maxBytes: 10_000, maxMediaBytes: 1_000_000 });
    expect(result).toMatch(/\n\[image: image\/png, \d+ bytes\]\n/);
    const parts = image as readonly ContentPart[];
    expect(parts.map(({ type }) => type)).toEqual(["text", "image", "text"]);
    expect(parts[1]).toMatchObject({ mediaType: "image/png", data: expect.any(String) });
    expect(await caller.call("get-resource-links", { count: 2 })).toMatch(
      /\n\[resource link: demo:\/\/.*\]\n\[resource link: demo:\/\//,
    );
  });

  test("of this process's environment it has paths, locale and network, and no more", async () => {
    const shown = {
      LC_ALL: "C.UTF-8",
      TMPDIR: "/tmp",
      HTTPS_PROXY: "http://proxy.test:1",
      TZ: "UTC",
    };
    const hidden = { NOT_TO_BE_SEEN: "secret", OPENAI_API_KEY: "secret", NODE_OPTIONS: "" };
    const before = { ...process.env };
    Object.assign(process.env, shown, hidden);
    const args = everything().server;
    const own = "command" in args ? { ...args, env: { GIVEN: "yes", TZ: "CET" } } : args;
    const source = { ...everything({ name: "own" }), server: own };
    const other = new Caller(await connections.toolsOf(source, signal));
    const env = JSON.parse(String(await other.call("get-env")));
    process.env = before;
    expect(env).toMatchObject({ ...shown, GIVEN: "yes", TZ: "CET", PATH: before["PATH"] });
    for (const name of Object.keys(hidden)) expect(env).not.toHaveProperty(name);
  });

  test("progress is passed on, and a call that is cancelled half-way ends at once", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const reported = caller.nextProgress();
    const call = caller.call(
      "trigger-long-running-operation",
      { duration: 20, steps: 100 },
      stop.signal,
    );
    await reported;
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(caller.progress[0]).toEqual({ progress: 1, total: 100 });
    expect(await caller.call("echo", { message: "still" })).toBe("Echo: still");
  });

  test("what it says of wrong arguments is thrown", async () => {
    await expect(caller.call("get-sum", { a: "x" })).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining("get-sum"),
    });
  });
});

describe("a server by hand", () => {
  test("it is told of a cancelled call", async () => {
    const caller = new Caller(await connections.toolsOf(fixture("good"), signal));
    const stop = new AbortController();
    const reported = caller.nextProgress();
    const call = caller.call("wait", {}, stop.signal);
    await reported;
    stop.abort("enough");
    await expect(call).rejects.toBe("enough");
    expect(JSON.parse(String(await caller.call("seen")))).toEqual([expect.any(Number)]);
    const [progress] = caller.progress;
    expect(progress).toEqual({ progress: 1, total: 2, message: "y".repeat(2_000) });
  });

  test("more progress than anybody can read is passed over", async () => {
    const timeless = new McpConnections({ clock: new FakeClock(), random: () => 0 });
    const caller = new Caller(await timeless.toolsOf(fixture("good"), signal));
    expect(await caller.call("chatter")).toBe("said it all");
    expect(caller.progress).toEqual([{ progress: 1 }]);
    await timeless.close();
  });

  test("a call that is cancelled before it begins is not made", async () => {
    const caller = new Caller(await connections.toolsOf(fixture("good"), signal));
    const before = await caller.call("seen");
    await expect(caller.call("grow", {}, AbortSignal.abort("never"))).rejects.toBe("never");
    const tools = await connections.toolsOf(fixture("good"), signal);
    expect(tools.some(({ name }) => name.startsWith("grown"))).toBe(false);
    expect(await caller.call("seen")).toBe(before);
  });

  test("when it says that its tools have changed, it is asked anew; else it is not", async () => {
    const source = fixture("good", { name: "growing" });
    const before = await connections.toolsOf(source, signal);
    expect(await connections.toolsOf(source, signal)).toBe(before);
    await new Caller(before).call("grow");
    const after = await connections.toolsOf(source, signal);
    expect(after.map(({ name }) => name)).toEqual(
      [...before.map(({ name }) => name), "grown-11"].toSorted(),
    );
  });

  test("what is no text is described", async () => {
    const caller = new Caller(await connections.toolsOf(fixture("good"), signal));
    expect(await caller.call("kinds")).toBe(
      [
        "one",
        "[audio: audio/wav, 3 bytes]",
        "[resource: a://text]\ninside",
        "[resource: a://blob, x/y, 2 bytes]",
        "[resource link: a://link, link]",
      ].join("\n"),
    );
    expect(await caller.call("structured")).toBe('{"a":[1,2]}');
  });

  test("names that models refuse are changed, and called by the server's own", async () => {
    const tools = await connections.toolsOf(fixture("names"), signal);
    expect(tools.length).toBe(13);
    for (const { name, description } of tools) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(await new Caller(tools).call(name)).toBe(`called ${description}`);
    }
  });

  test("all pages of a long list are read, and it is sorted", async () => {
    const tools = await connections.toolsOf(fixture("pages", { detail: "1000" }), signal);
    expect(tools.map(({ name }) => name)).toEqual(
      Array.from({ length: 1_000 }, (_, at) => `t${at}`).toSorted(),
    );
  });

  test.each([
    ["pages", "1001", 1_000, /more than 1000; the rest is left out/],
    ["endless", "", 1, /pages without an end/],
    ["large", "", 1, /a tool "large" that is left out: it takes \d+ bytes/],
  ])(
    "of a list without measure a part is taken, with a warning: %s",
    async (behaviour, detail, count, message) => {
      const source = fixture(behaviour, { detail, name: `too ${behaviour}` });
      const { tools, warnings } = await connections.to(source).offer(source, signal);
      expect(tools).toHaveLength(count);
      expect(warnings).toEqual([expect.stringMatching(message)]);
    },
  );

  test("one that has no tools is not asked for any", async () => {
    expect(await connections.toolsOf(fixture("no-tools"), signal)).toEqual([]);
  });

  test("output that is no message is passed over", async () => {
    const caller = new Caller(await connections.toolsOf(fixture("noisy"), signal));
    expect(await caller.call("structured")).toBe('{"a":[1,2]}');
  });
});
