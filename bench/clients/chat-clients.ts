import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { serveTask } from "./fork-clients.ts";

export type ChatTask = {
  readonly url: string;
  readonly token: string;
  readonly model: string;
  /** How many ask at once, each as soon as it has its answer. */
  readonly clients: number;
  /** How many requests each makes before it is counted, and then. */
  readonly warmUp: number;
  readonly requests: number;
  /** What an answer has in it, wherever it comes from. */
  readonly expected: string;
};

serveTask(async (task: ChatTask): Promise<{ readonly requestsPerSecond: number }> => {
  const agent = new Agent({ keepAlive: true, maxSockets: task.clients });
  await askAll(agent, task, task.warmUp);
  const startMs = performance.now();
  await askAll(agent, task, task.requests);
  const seconds = (performance.now() - startMs) / 1_000;
  agent.destroy();
  return { requestsPerSecond: (task.clients * task.requests) / seconds };
});

async function askAll(agent: Agent, task: ChatTask, requests: number): Promise<void> {
  await Promise.all(
    Array.from({ length: task.clients }, async () => {
      for (let i = 0; i < requests; i++) await ask(agent, task);
    }),
  );
}

/** @throws when the answer is not what was to be streamed. */
async function ask(agent: Agent, { url, token, model, expected }: ChatTask): Promise<void> {
  const messages = [{ role: "user", content: "Say hello." }];
  const body = JSON.stringify({ model, stream: true, messages });
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const asked = request(`${url}/v1/chat/completions`, { agent, method: "POST", headers }, (got) =>
      text(got).then(resolve, reject),
    );
    asked.on("error", reject).end(body);
  });
  if (!answer.includes(expected) || !answer.endsWith("data: [DONE]\n\n")) throw new Error(answer);
}
