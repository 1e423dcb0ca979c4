import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { defineTool } from "../../src/index.ts";
import { ask, clientOf, logOf, serveObedient } from "../support/openai.ts";
import { serveScripted } from "../support/server-app.ts";
import { guarded, toolsOf } from "../support/tools.ts";

const ADD = {
  type: "function" as const,
  function: {
    name: "add",
    description: "Adds.",
    parameters: { type: "object", properties: { a: { type: "number" } } },
  },
};

describe("tools, with the openai client", () => {
  test("carries out the tools of its request, streamed and not", async () => {
    const served = await serveObedient();
    const openai = clientOf(served);
    const messages: ChatCompletionMessageParam[] = [
      { role: "system", content: "be brief" },
      { role: "user", content: 'call add {"a":1}\ncall add {"a":2}' },
    ];
    const request = { model: "helper", messages, tools: [ADD] };
    const called = await openai.chat.completions.create(request);
    const [choice] = called.choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.content).toBe(null);
    const stream = openai.chat.completions.stream(request);
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject(
      choice?.message.tool_calls?.map((call) => ({ ...call })) ?? [],
    );
    const results = (choice?.message.tool_calls ?? []).map((call, i) => ({
      role: "tool" as const,
      tool_call_id: call.id,
      content: String(i),
    }));
    const answer = await openai.chat.completions.create({
      ...request,
      messages: [...messages, choice?.message as ChatCompletionMessageParam, ...results],
    });
    expect(answer.choices[0]?.message.content).toBe("[be brief] add says 0, add says 1");
  });

  test("calls that it carries out are not carried out here, and their job's log says so", async () => {
    const served = await serveObedient();
    const openai = clientOf(served);
    const { id } = await openai.chat.completions.create({
      ...ask("call add not json\ncall unknown {}"),
      tools: [ADD],
    });
    const log = await logOf(served, id);
    expect(log.filter(({ type }) => type === "tool-started")).toEqual([]);
    expect(log.filter(({ type }) => type === "response")).toHaveLength(1);
    const finished = log.filter((event) => event.type === "tool-finished");
    expect(finished).toMatchObject([
      { toolName: "add", isError: true, error: { code: "JOB_CANCELLED" } },
      { toolName: "unknown", isError: true, error: { code: "JOB_CANCELLED" } },
    ]);
    expect(log.at(-1)).toMatchObject({ type: "cancelled" });
  });

  test("calls that a provider gives as a whole are streamed as a whole", async () => {
    const openai = clientOf(await serveObedient());
    const stream = openai.chat.completions.stream({
      ...ask('call-at-once add {"a":1}'),
      tools: [ADD],
    });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { id: "call_0", function: { name: "add", arguments: '{"a":1}' } },
    ]);
  });

  test("does not see what an agent calls by itself", async () => {
    const double = defineTool({
      name: "double",
      parameters: { type: "object", properties: { a: { type: "number" } } },
      execute: ({ a }) => Number(a) * 2,
    });
    const openai = clientOf(await serveObedient({ agent: { hostTools: [double] } }));
    const request = ask('call double {"a":21}');
    const answer = await openai.chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toBe("[] double says 42");
    const deltas = [];
    for await (const { choices } of await openai.chat.completions.create({
      ...request,
      stream: true,
    }))
      deltas.push(choices[0]?.delta ?? {});
    expect(deltas.map(({ content }) => content ?? "").join("")).toBe("[] double says 42");
    expect(deltas.filter(({ tool_calls }) => tool_calls)).toEqual([]);
    await expect(
      openai.chat.completions.create({ ...request, tools: [ADD] }),
    ).rejects.toMatchObject({ status: 400, param: "tools" });
  });

  test("shows the texts of an agent's responses one after the other", async () => {
    const agent = { tools: [toolsOf("calculator")] };
    const openai = clientOf(
      await serveScripted(
        [
          { text: "Let me see. ", toolCalls: [{ name: "add", args: { a: 1, b: 2 } }] },
          { text: "It is 3." },
        ],
        { agent },
      ),
    );
    const texts = [];
    for await (const { choices } of await openai.chat.completions.create({
      ...ask("1 + 2"),
      stream: true,
    }))
      texts.push(choices[0]?.delta.content ?? "");
    expect(texts.join("")).toBe("Let me see. It is 3.");
    const answer = await openai.chat.completions.create(ask("1 + 2"));
    expect(answer.choices[0]?.message.content).toBe("It is 3.");
  });
});

describe("a tool that needs approval", () => {
  const request = ask('call send {"to":"bob"}');
  const NOBODY = "it needs approval, and nobody can be asked for it over this protocol";

  test("is denied, and the model is told so", async () => {
    const called: unknown[] = [];
    const openai = clientOf(await serveObedient({ agent: guarded(called) }));
    const answer = await openai.chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toContain(NOBODY);
    expect(called).toEqual([]);
  });

  test("ends the request with APPROVAL_REQUIRED when the server is to refuse, once", async () => {
    const called: unknown[] = [];
    const served = await serveObedient({ agent: guarded(called), openaiApprovals: "refuse" });
    const openai = clientOf(served);
    const refused = { status: 409, code: "approval_required" };
    await expect(openai.chat.completions.create(request)).rejects.toMatchObject(refused);
    await expect(
      openai.chat.completions.create({ ...request, stream: true }),
    ).rejects.toMatchObject(refused);
    expect(called).toEqual([]);
    const [session] = served.supervisor.inspect().sessions;
    expect(session?.keptJobs).toBe(2);
  });

  test("is carried out when its agent allows it, and denied when its agent denies it, whatever the server does", async () => {
    const called: unknown[] = [];
    const hostTools = guarded(called);
    const openaiApprovals = "refuse";
    const allow = await serveObedient({
      agent: { ...hostTools, approvals: "allow" },
      openaiApprovals,
    });
    const answer = await clientOf(allow).chat.completions.create(request);
    expect(answer.choices[0]?.message.content).toBe("[] send says sent");
    expect(called).toEqual([{ to: "bob" }]);
    const deny = await serveObedient({
      agent: { ...hostTools, approvals: "deny" },
      openaiApprovals,
    });
    const denied = await clientOf(deny).chat.completions.create(request);
    expect(denied.choices[0]?.message.content).toContain("approvals are off here");
    expect(called).toHaveLength(1);
  });
});
