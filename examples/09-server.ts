// Agents behind an HTTP server, and three kinds of clients of it: `node examples/09-server.ts`. With OPENAI_API_KEY set it asks a real model.
import { randomBytes } from "node:crypto";
import type { UIMessage } from "ai";
import { DefaultChatTransport, readUIMessageStream } from "ai";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { JobEvent } from "heddle";
import { defineTool, openaiProvider, Supervisor, scriptedProvider } from "heddle";
import { createApp, startServer } from "heddle/server";
import OpenAI from "openai";
import { z } from "zod";

const key = process.env["OPENAI_API_KEY"];
const mail = { name: "send_mail", args: { to: "ann", text: "Lunch?" } };
const ask = (responses: Parameters<typeof scriptedProvider>[0]["responses"]) =>
  key ? openaiProvider({ model: "gpt-5-mini" }) : scriptedProvider({ repeat: true, responses });

await using supervisor = await Supervisor.start({
  providers: {
    guide: ask([{ text: "A heddle lifts one thread on command.", chunksPerSecond: 50 }]),
    mailer: ask([{ toolCalls: [mail] }, { text: "I have asked Ann." }]),
  },
});

const sendMail = defineTool({
  name: "send_mail",
  description: "Sends a mail.",
  parameters: z.object({ to: z.string(), text: z.string() }),
  needsApproval: true,
  execute: ({ to, text }) => `sent to ${to}: ${text}`,
});
const token = randomBytes(32).toString("base64url");
const app = createApp({
  supervisor,
  agents: {
    guide: { provider: "guide", instructions: "Answer in one sentence." },
    mailer: { provider: "mailer", instructions: "Write mails.", hostTools: [sendMail] },
  },
  // Each tenant has a session of its own, and sees nothing of the others'.
  auth: { tokens: { [token]: "alice" } },
});
await using server = await startServer(app, { port: 0 });
const headers = { authorization: `Bearer ${token}` };

await native();
await openai();
await uiMessages();

/** Heddle's own API: every event of a job, from any place on, and decisions on its tool calls. */
async function native(): Promise<void> {
  say("/api: a worker, its job and the job's events");
  const { id: worker } = await post("/api/workers", { agent: "mailer" });
  const { id: job } = await post(`/api/workers/${worker}/jobs`, { prompt: "Ask Ann for lunch." });
  // Whoever loses the connection comes again with the id of the last event as Last-Event-ID.
  const response = await fetch(`${server.url}/api/jobs/${job}/events`, { headers });
  const events = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { id, data } of events ?? []) {
    const event = JSON.parse(data) as JobEvent;
    if (event.type === "confirmation-requested") {
      say(`  ${id}: may it ${event.toolName} ${JSON.stringify(event.args)}? Yes.`);
      await post(`/api/confirmations/${event.confirmationId}`, { approve: true });
    }
    if (event.type === "tool-finished") say(`  ${id}: ${event.result}`);
    if (event.type === "completed") say(`  ${id}: ${event.result.text}`);
  }
}

/** OpenAI's API: an agent's name is the model's name. */
async function openai(): Promise<void> {
  say("/v1: the openai client");
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: token });
  const stream = await client.chat.completions.create({
    model: "guide",
    stream: true,
    messages: [{ role: "user", content: "What is a heddle?" }],
  });
  let text = "";
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
  say(`  ${text}`);
}

/** The AI SDK's front end: a turn ends where a person is asked, and goes on with the answer. */
async function uiMessages(): Promise<void> {
  say("/api/chat: the AI SDK's transport");
  const transport = new DefaultChatTransport<UIMessage>({
    api: `${server.url}/api/chat`,
    headers,
    body: { agent: "mailer" },
  });
  const chat = { chatId: "lunch", trigger: "submit-message", messageId: undefined } as const;
  const parts = [{ type: "text" as const, text: "Ask Ann for lunch." }];
  let messages: UIMessage[] = [{ id: "1", role: "user", parts }];
  for (;;) {
    const stream = await transport.sendMessages({ ...chat, messages, abortSignal: undefined });
    let answer = messages.find(({ role }) => role === "assistant");
    const read = readUIMessageStream({ stream, ...(answer ? { message: answer } : {}) });
    for await (const message of read) answer = message;
    if (!answer) throw new TypeError("there was no answer");
    const approved = answer.parts.map(approve);
    const isAsked = approved.some((part, i) => part !== answer?.parts[i]);
    if (!isAsked) return say(`  ${answer.parts.map(textOf).join("")}`);
    messages = [...messages.slice(0, 1), { ...answer, parts: approved }];
  }
}

function approve(part: UIMessage["parts"][number]): UIMessage["parts"][number] {
  if (part.type !== "dynamic-tool" || part.state !== "approval-requested") return part;
  say(`  may it ${part.toolName} ${JSON.stringify(part.input)}? Yes.`);
  return { ...part, state: "approval-responded", approval: { ...part.approval, approved: true } };
}

function textOf(part: UIMessage["parts"][number]): string {
  return part.type === "text" ? part.text : "";
}

async function post(path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text === "" ? { id: "" } : JSON.parse(text);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
