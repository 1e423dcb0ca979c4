import { describe, expect, test } from "vitest";
import { defineTool, mcp, Supervisor, scriptedProvider } from "../../src/index.ts";
import { fixture } from "../support/mcp.ts";
import { play, serve } from "../support/mcp-jobs.ts";
import { rpcError, status, tool } from "../support/mcp-scripted-server.ts";

const DOWN = { command: process.execPath, args: ["-e", "process.exit(3)"] };

describe("a tool that is odd", () => {
  test("is left out with a warning, and the others are there", async () => {
    const server = await serve([
      tool("good"),
      { name: "bare", description: "no schema" },
      tool("wrong", { inputSchema: { type: "string" } }),
      tool("list", { inputSchema: [] }),
      { inputSchema: { type: "object" } },
      "no tool at all",
      tool("task", { execution: { taskSupport: "required" } }),
      tool("good", { description: "another" }),
      tool("null", { inputSchema: { type: "object", properties: null, required: null } }),
      tool("empty", { inputSchema: {} }),
      tool("odd", { description: 7, annotations: "none", outputSchema: "no", icons: {} }),
    ]);
    const { offered, warnings, end } = await play({ tools: [server.source()] });
    expect(end?.type).toBe("completed");
    expect(offered).toEqual([["empty", "good", "null", "odd"]]);
    expect(warnings.map(({ source, message }) => [source, message])).toEqual([
      [
        "mcp:scripted",
        expect.stringContaining('has a tool "bare" that is left out: it has no inputSchema'),
      ],
      [
        "mcp:scripted",
        expect.stringContaining(
          'has a tool "wrong" that is left out: it has an inputSchema that is no',
        ),
      ],
      [
        "mcp:scripted",
        expect.stringContaining(
          'has a tool "list" that is left out: it has an inputSchema that is no',
        ),
      ],
      ["mcp:scripted", expect.stringContaining("a tool without a name; it is left out")],
      ["mcp:scripted", expect.stringContaining("a tool that is no object; it is left out")],
      [
        "mcp:scripted",
        expect.stringContaining(
          'has a tool "task" that is left out: it can only be called as a task',
        ),
      ],
      ["mcp:scripted", expect.stringContaining('"good" that is left out: it is listed twice')],
    ]);
  });

  test("what a schema means here is checked here; the rest, and defaults, are the server's", async () => {
    const inputSchema = {
      type: "object",
      properties: {
        scale: { type: "string", default: "css" },
        code: { pattern: "\\p{Nope}" },
        size: { type: "integer", maximum: 3 },
      },
      required: ["scale"],
    };
    const server = await serve([{ name: "shot", inputSchema }]);
    const { results } = await play({ tools: [server.source()] }, [
      ["shot"],
      ["shot", { code: "x", more: [1] }],
      ["shot", { size: 4 }],
    ]);
    const ends = results.map(({ result, isError }) => [result, isError]);
    expect(ends.toSorted(([one], [other]) => String(other).localeCompare(String(one)))).toEqual([
      [expect.stringMatching(/The arguments of "shot" are invalid.*\n- size: /s), true],
      ["{}", false],
      ['{"code":"x","more":[1]}', false],
    ]);
  });
});

describe("a server that is down", () => {
  test("fails the job, by itself", async () => {
    const { end, requests } = await play({ tools: [mcp(DOWN, { name: "down" })] });
    expect(end).toMatchObject({ type: "failed", error: { code: "MCP_CONNECT_FAILED" } });
    expect(requests).toEqual([]);
  });

  test.each<[what: string, options: object]>([
    ["there is no such program", { command: "no-such-program-as-this" }],
    ["it ends at once", DOWN],
    ["nobody listens", { url: "http://127.0.0.1:9/mcp" }],
  ])(
    "costs itself only if it is optional, which reader and model are told: %s",
    async (_, given) => {
      const server = await serve([tool("good")]);
      const down = mcp(given as { url: string }, { name: "down", optional: true });
      const { end, offered, warnings, requests } = await play({
        instructions: "Be brief.",
        tools: [down, server.source()],
      });
      expect(end?.type).toBe("completed");
      expect(offered).toEqual([["good"]]);
      expect(warnings).toMatchObject([
        {
          source: "mcp:down",
          message: expect.stringContaining("the job goes on without it: MCP server"),
        },
      ]);
      expect(requests[0]?.instructions).toBe(
        'Be brief.\n\n<mcp-server name="down">\nThis server cannot be reached now: its tools are missing.\n</mcp-server>',
      );
    },
  );

  test("is there for a later job when it is up again", async () => {
    const failures = [status(500)];
    const server = await serve([tool("good")], {
      "server/discover": () => failures.shift() ?? rpcError(-32_601, "Method not found"),
    });
    const responses = [{ text: "one" }, { text: "two" }];
    const main = scriptedProvider({ responses });
    await using supervisor = await Supervisor.start({ providers: { main } });
    const session = supervisor.openSession();
    const worker = session.createWorker({ tools: [server.source({ optional: true })] });
    await session.run(worker, { prompt: "go" }).wait();
    await session.run(worker, { prompt: "go" }).wait();
    const calls = await supervisor.scripted("main").calls();
    expect(calls.map(({ request }) => request.tools?.map(({ name }) => name))).toEqual([
      undefined,
      ["good"],
    ]);
  });
});

describe("a list that changes", () => {
  test("is seen at the next model call of the same job, in the same order", async () => {
    const { offered, end } = await play({ tools: [fixture("good", { approvals: "never" })] }, [
      ["grow"],
    ]);
    expect(end?.type).toBe("completed");
    expect(offered[0]).not.toContain("grown-11");
    expect(offered[1]).toEqual([...(offered[0] ?? []), "grown-11"].toSorted());
  });

  test("is the same to the model in whatever order the server gives it", async () => {
    const tools = [tool("b"), tool("c"), tool("a")];
    const server = await serve(tools, { "tools/list": () => ({ tools: tools.reverse() }) });
    for (let job = 0; job < 2; job += 1) {
      const { offered } = await play({ tools: [server.source()] });
      expect(offered).toEqual([["a", "b", "c"]]);
    }
  });

  test("a new tool under a name that is taken is left out with a warning", async () => {
    const own = defineTool({
      name: "grown-11",
      parameters: { type: "object", properties: {} },
      execute: () => "mine",
    });
    const source = fixture("good", { approvals: "never" });
    const { results, warnings } = await play(
      { tools: [source], hostTools: [own] },
      [["grow"]],
      [["grown-11"]],
    );
    expect(results.map(({ result }) => result)).toEqual(["grown", "mine"]);
    expect(warnings).toMatchObject([
      { message: expect.stringContaining("another one of that name") },
    ]);
  });

  test("a server that is lost in the middle costs its call only", async () => {
    const source = fixture("good", { approvals: "never" });
    const { results, end } = await play({ tools: [source] }, [["die"]], [["seen"]]);
    expect(results[0]).toMatchObject({ isError: true, error: { code: "MCP_SERVER_LOST" } });
    expect(results[1]).toMatchObject({ isError: false, result: "[]" });
    expect(end?.type).toBe("completed");
  });
});
