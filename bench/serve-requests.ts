import { Supervisor, scriptedProvider } from "../dist/index.js";
import { createApp, startServer } from "../dist/server/api.js";
import type { ChatTask } from "./clients/chat-clients.ts";
import { runClients } from "./clients/fork-clients.ts";
import type { Bench, Figures, Size } from "./harness.ts";
import { atLeast, cpuSeconds, times } from "./harness.ts";
import { serveBare } from "./peers/bare-hono.ts";

const SIZES = {
  full: { clients: 32, warmUp: 200, requests: 600 },
  tiny: { clients: 2, warmUp: 1, requests: 2 },
};
const TOKEN = "a-token-for-the-bench";
const TEXT = "Hello.";
const BARE = "bare Hono route";
const HEDDLE = "heddle /v1/chat/completions";

export const bench: Bench = {
  question:
    "How many requests a second does /v1/chat/completions take, beside a bare route that streams the same bytes?",
  baseline: BARE,
  rounds: 5,
  contestants: { [BARE]: bare, [HEDDLE]: heddle },
  targets: [{ figure: "requests/s", contestant: HEDDLE, bound: atLeast(times(1 / 3, BARE)) }],
};

/** Streams what Heddle streams for one chunk, in as many pieces. */
async function bare(size: Size): Promise<Figures> {
  const pieces = [
    event({ role: "assistant", content: "" }, null) + event({ content: TEXT }, null),
    `${event({}, "stop")}data: [DONE]\n\n`,
  ];
  await using server = await serveBare("/v1/chat/completions", pieces);
  return await measure(server.url, size);
}

async function heddle(size: Size): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: TEXT, chunks: 1 }] });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const agents = { hello: {} };
  const app = createApp({ supervisor, agents, auth: { tokens: { [TOKEN]: "all" } } });
  await using server = await startServer(app, { port: 0 });
  return await measure(server.url, size);
}

/** CPU is that of this process alone, warm-up included: the clients have one of their own. */
async function measure(url: string, size: Size): Promise<Figures> {
  const { clients, warmUp, requests } = SIZES[size];
  const cpu = process.cpuUsage();
  const task = { url, token: TOKEN, model: "hello", clients, warmUp, requests, expected: TEXT };
  const { requestsPerSecond } = await runClients<ChatTask, { requestsPerSecond: number }>(
    "chat-clients",
    task,
  );
  return {
    "requests/s": requestsPerSecond,
    "CPU µs/request": (cpuSeconds(cpu) * 1e6) / (clients * (warmUp + requests)),
  };
}

function event(delta: object, finishReason: "stop" | null): string {
  return `data: ${JSON.stringify({
    id: "chatcmpl-01234567-89ab-cdef-0123-456789abcdef",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "hello",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })}\n\n`;
}
