import { readFileSync, writeFileSync } from "node:fs";
import type { ChatCompletionRequest } from "@copilotkit/aimock";
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, test } from "vitest";
import { heddle, jsonLines, TemporaryDirectory } from "./support/command.ts";
import { LocalServer } from "./support/local-server.ts";

const KEY = "sk-secret-0123456789";

const answerTo = (prompt: string): string => `Answer to ${prompt}: größer, 日本語 😀\n`.repeat(3);

function promptOf({ messages }: ChatCompletionRequest): string {
  const content = messages.findLast(({ role }) => role === "user")?.content;
  return typeof content === "string" ? content : "";
}

describe("heddle run over HTTP", () => {
  test("200 prompts at 100 at once: 200 completed lines, whose text is what the server sent", async () => {
    using directory = new TemporaryDirectory();
    const [file, out] = [directory.file("in.jsonl"), directory.file("out.jsonl")];
    const inputs = Array.from({ length: 200 }, (_, i) => ({
      id: `id-${i}`,
      prompt: `prompt ${i}.`,
    }));
    writeFileSync(file, inputs.map((input) => `${JSON.stringify(input)}\n`).join(""));
    const mock = new LLMock({ port: 0, chunkSize: 7 });
    mock.onMessage(/.*/, (request) => ({ content: answerTo(promptOf(request)) }));
    await mock.start();
    try {
      const args = ["run", file, "-o", out, "-c", "100", "-m", "mock-model"];
      const env = { OPENAI_BASE_URL: `${mock.url}/v1`, OPENAI_API_KEY: KEY };
      const { code, stderr } = await heddle(args, { env });
      expect(stderr).toContain("200 completed");
      expect(code).toBe(0);
      const lines = jsonLines(readFileSync(out, "utf8"));
      expect(lines).toHaveLength(200);
      const texts = new Map(lines.map(({ id, text }) => [id, text]));
      for (const { id, prompt } of inputs) expect(texts.get(id)).toBe(answerTo(prompt));
      for (const { status, model } of lines) {
        expect({ status, model }).toEqual({ status: "completed", model: "mock-model" });
      }
    } finally {
      await mock.stop();
    }
  });

  test("settings and instructions reach the server; a line's own instructions go first", async () => {
    const mock = new LLMock({ port: 0 });
    mock.onMessage(/.*/, { content: "ok" });
    await mock.start();
    try {
      const args = ["run", "-", "--base-url", `${mock.url}/v1`, "-m", "m", "-c", "1"];
      const settings = [
        "--temperature",
        "0.5",
        "--max-output-tokens",
        "9",
        "--instructions",
        "all",
      ];
      const input =
        '{"id":"a","prompt":"p"}\n{"id":"b","prompt":"p","instructions":"own"}\n{"id":"c","prompt":"p","instructions":""}\n';
      const { code } = await heddle([...args, ...settings], { input });
      expect(code).toBe(0);
      const bodies = mock.getRequests().map(({ body }) => body as ChatCompletionRequest);
      const roles = bodies.map(({ messages }) => messages.map(({ content }) => content).join());
      expect(roles).toEqual(["all,p", "own,p", "p"]);
      expect(bodies[0]).toMatchObject({ model: "m", temperature: 0.5 });
    } finally {
      await mock.stop();
    }
  });

  test("a server that is not there: failed lines, exit 1, and no key anywhere", async () => {
    const closed = await LocalServer.start(() => {});
    const { url } = closed;
    await closed[Symbol.asyncDispose]();
    const args = ["run", "-", "--base-url", url, "-m", "m"];
    const input = '{"id":"a","prompt":"p"}\n{"id":"b","prompt":"p"}\n';
    const { code, stdout, stderr } = await heddle(args, { input, env: { OPENAI_API_KEY: KEY } });
    expect(code).toBe(1);
    for (const line of jsonLines(stdout)) {
      expect(line).toMatchObject({
        status: "failed",
        text: "",
        error: { code: "PROVIDER_CONNECTION" },
        firstChunkMs: null,
      });
    }
    expect(jsonLines(stdout)).toHaveLength(2);
    expect(stderr).toContain("PROVIDER_CONNECTION 2");
    expect(stdout + stderr).not.toContain("sk-secret");
  });

  test.each([[[]], [["--events"]]])(
    "a key that the server gives back stays out of all output %j",
    async (more) => {
      await using server = await LocalServer.start((request, response) => {
        const { authorization } = request.headers;
        response.writeHead(401, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: { message: `bad header: ${authorization}` } }));
      });
      const args = ["run", "-p", "hello", "--base-url", server.url, "-m", "m", ...more];
      const { code, stdout, stderr } = await heddle(args, { env: { OPENAI_API_KEY: KEY } });
      expect(code).toBe(1);
      expect(stdout).toContain("PROVIDER_AUTH");
      expect(stdout + stderr).not.toContain("sk-secret");
    },
  );

  test("a key that comes back as an answer stays out, too", async () => {
    const mock = new LLMock({ port: 0 });
    mock.onMessage(/.*/, { content: `The key is ${KEY}.` });
    await mock.start();
    try {
      const args = ["run", "-p", "hello", "--base-url", `${mock.url}/v1`, "-m", "m"];
      const { stdout } = await heddle(args, { env: { OPENAI_API_KEY: KEY } });
      expect(jsonLines(stdout)).toMatchObject([{ text: "The key is [redacted]." }]);
    } finally {
      await mock.stop();
    }
  });

  test("OpenAI needs a key, and it must be usable", async () => {
    const keyless = await heddle(["run", "-p", "x", "--provider", "openai"]);
    expect(keyless).toMatchObject({ code: 2, stdout: "" });
    const broken = await heddle(["run", "-p", "x"], { env: { OPENAI_API_KEY: "sk-\nbroken" } });
    expect(broken).toMatchObject({ code: 2, stdout: "" });
    expect(broken.stderr).not.toContain("broken");
  });
});
