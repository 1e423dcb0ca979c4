import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool, scriptedProvider } from "../../src/index.ts";
import { ask } from "../support/openai.ts";
import { serveApp, serveScripted } from "../support/server-app.ts";
import { startSupervisor } from "../support/supervisors.ts";

const send = defineTool({
  name: "send",
  parameters: z.object({}),
  needsApproval: true,
  execute: () => "sent",
});

describe("the supervisor's defaults count for the agents of a server", () => {
  test("a system message comes behind their instructions; tools among them refuse a client's, and nobody is asked", async () => {
    const main = scriptedProvider({
      responses: [{ toolCalls: [{ name: "send", args: {} }] }, { text: "It was denied." }],
    });
    const supervisor = await startSupervisor({
      providers: { main },
      defaults: { instructions: "You help.", hostTools: [send] },
    });
    const { request } = await serveApp({ supervisor, agents: { helper: {} } });
    const tools = [{ type: "function", function: { name: "add", parameters: {} } }];
    const refused = await request("/v1/chat/completions", { json: { ...ask("go"), tools } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: "tools" } });
    const messages = [{ role: "system", content: "Be brief." }, ...ask("go").messages];
    const answered = await request("/v1/chat/completions", { json: { ...ask("go"), messages } });
    expect(await answered.json()).toMatchObject({
      choices: [{ message: { content: "It was denied." } }],
    });
    const [call] = await supervisor.scripted("main").calls();
    expect(call?.request.instructions).toBe("You help.\n\nBe brief.");
  });
});

describe("a schema of a client's", () => {
  test("that could hold up everybody is refused before the model is asked", async () => {
    const { request, supervisor } = await serveScripted([{ text: "{}" }]);
    const schema = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
    const response = await request("/v1/chat/completions", {
      json: { ...ask("go"), response_format },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: "response_format.json_schema.schema.properties.a.pattern" },
    });
    expect(await supervisor.scripted("main").calls()).toEqual([]);
  });
});

describe("a page of an allowed origin", () => {
  test("may send the headers that OpenAI's client sends", async () => {
    const { url } = await serveScripted([{ text: "x" }], { allowOrigins: ["https://app.example"] });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-stainless-lang",
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-headers")).toContain("x-stainless-lang");
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });
});
