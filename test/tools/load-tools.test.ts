import { describe, expect, test } from "vitest";
import { loadTools } from "../../src/tools/load-tools.ts";

/** A tool module that has this text. */
function moduleOf(source: string, options?: unknown) {
  return { moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`, options };
}

/** One that exports a tool with these fields beside, or in place of, sound ones. */
function withTool(fields: string) {
  return moduleOf(
    `export const tools = [{ name: "add", parameters: {}, execute() {}, ${fields} }];`,
  );
}

const add = moduleOf(
  `export const tools = [{ name: "add", parameters: {}, execute: () => "added" }];`,
);

describe("loadTools()", () => {
  test("gives the tools of all modules in order", async () => {
    const two = moduleOf(
      `export const tools = ["b", "c"].map((name) => ({ name, parameters: {}, execute() {} }));`,
    );
    const { tools, isStateful } = await loadTools([two, add]);
    expect(tools.map(({ name }) => name)).toEqual(["b", "c", "add"]);
    expect(tools[2]?.execute({}, {} as never)).toBe("added");
    expect(isStateful).toBe(false);
  });

  test("no module is no tool", async () => {
    expect(await loadTools([])).toMatchObject({ tools: [], isStateful: false });
  });

  test.each(["", "async "])(
    "a function of the options makes the tools: %s(options) => …",
    async (kind) => {
      const source = `export const tools = ${kind}(options) => [{ name: options.name, parameters: {}, execute() {} }];`;
      const { tools } = await loadTools([moduleOf(source, { name: "mine" })]);
      expect(tools.map(({ name }) => name)).toEqual(["mine"]);
    },
  );

  test.each([
    [true, true],
    [false, false],
  ])("a module that says stateful = %s makes all of them so: %s", async (stateful, expected) => {
    const source = `export const stateful = ${stateful}; export const tools = [];`;
    const { isStateful } = await loadTools([add, moduleOf(source)]);
    expect(isStateful).toBe(expected);
  });

  test("takes everything that a tool can say", async () => {
    const { tools } = await loadTools([
      withTool(
        `name: "${"a".repeat(64)}", description: "d", needsApproval: () => true, runsIn: "pool", timeoutMs: 2147483647, idempotent: true`,
      ),
    ]);
    expect(tools).toMatchObject([{ name: "a".repeat(64), runsIn: "pool", idempotent: true }]);
  });

  const badModules: readonly (readonly [string, string, string])[] = [
    ["a module with an error in it", "export const tools = ;", "it cannot be loaded: "],
    ["a module that throws", "throw new Error('oops')", "it cannot be loaded: oops"],
    ["no tools", "export const a = 1, b = 2;", "it exports: a, b"],
    ["no export at all", "", "it exports: nothing"],
    ["tools that are no array", "export const tools = {};", "its `tools` must be an array"],
    [
      "a function that returns no array",
      "export const tools = () => ({});",
      "what its `tools()` returns must be an array",
    ],
    [
      "a function that throws",
      "export function tools() { throw new Error('no roots'); }",
      "its `tools()` threw: no roots",
    ],
    [
      "a function that rejects",
      "export async function tools() { throw new Error('no roots'); }",
      "its `tools()` threw: no roots",
    ],
    [
      "a stateful that is no boolean",
      "export const stateful = 'yes'; export const tools = [];",
      "`stateful` must be true or false",
    ],
    ["a tool that is null", "export const tools = [null];", "tools[0] must be an object"],
  ];
  test.each(badModules)("%s is refused", async (_, source, message) => {
    const module = moduleOf(source);
    await expect(loadTools([add, module])).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining(message),
      details: { module: module.moduleUrl },
    });
  });

  test.each([
    ["undefined"],
    ["42"],
    ["''"],
    ["'a b'"],
    ["'naïve'"],
    ["'a\\n'"],
    [`"${"a".repeat(65)}"`],
  ])("a tool with the name %s is refused", async (name) => {
    const module = withTool(`name: ${name}`);
    await expect(loadTools([module])).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining("tools[0].name must be 1 to 64 of a-z, A-Z, 0-9, _ and -"),
      details: { module: module.moduleUrl },
    });
  });

  test.each([
    ["execute: 1", "execute must be a function"],
    ["execute: undefined", "execute must be a function"],
    ["description: 1", "description must be a string"],
    ["needsApproval: 'yes'", "needsApproval must be true, false or a function"],
    ["needsApproval: null", "needsApproval must be true, false or a function"],
    ["runsIn: 'thread'", 'runsIn must be "actor" or "pool"'],
    ["timeoutMs: 0", "timeoutMs must be an integer from 1 to 2147483647"],
    ["timeoutMs: 2147483648", "timeoutMs must be an integer from 1 to 2147483647"],
    ["timeoutMs: 1.5", "timeoutMs must be an integer from 1 to 2147483647"],
    ["timeoutMs: '5'", "timeoutMs must be an integer from 1 to 2147483647"],
    ["timeoutMs: 5n", "timeoutMs must be an integer from 1 to 2147483647"],
    ["idempotent: 1", "idempotent must be true or false"],
    ["parameters: undefined", "parameters must be a JSON Schema"],
    ["parameters: []", "parameters must be a JSON Schema"],
    ["parameters: { a() {} }", "parameters has no keyword of JSON Schema, only a"],
  ])("a tool with %s is refused", async (fields, message) => {
    const module = withTool(fields);
    await expect(loadTools([module])).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining(`tool "add": ${message}`),
      details: { module: module.moduleUrl, tool: "add" },
    });
  });

  test("two tools of one name are refused, also over two modules", async () => {
    const other = withTool("");
    await expect(loadTools([add, other])).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining('there is already a tool "add"'),
      details: { module: other.moduleUrl, tool: "add" },
    });
  });

  test("what the module has thrown is the cause", async () => {
    await expect(loadTools([moduleOf("throw new RangeError('oops')")])).rejects.toMatchObject({
      cause: { name: "RangeError", message: "oops" },
    });
  });

  test("a file that is not there is refused with its cause", async () => {
    const moduleUrl = "file:///nowhere/tools.js";
    await expect(loadTools([{ moduleUrl, options: undefined }])).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining(`tool module ${moduleUrl}: it cannot be loaded`),
      cause: expect.anything(),
    });
  });
});
