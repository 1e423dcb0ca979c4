import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Session, Supervisor } from "../../src/index.ts";
import { openaiProvider } from "../../src/index.ts";
import { LocalServer } from "../cli/support/local-server.ts";
import { fallbacksOf } from "../support/providers.ts";
import { collect, startSupervisor } from "../support/supervisors.ts";
import { END, events, text, usage } from "./wire/bytes.ts";

/** A model server, and what it was asked. `answer` can be changed while it runs. */
type Model = {
  readonly url: string;
  readonly asked: Asked[];
  answer: (to: ServerResponse) => void;
};
type Asked = { readonly model: string; readonly key: string | undefined };

async function startModel(answer: Model["answer"]): Promise<Model> {
  const asked: Asked[] = [];
  const server = await LocalServer.start(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    asked.push({ model: body.model, key: request.headers.authorization });
    model.answer(response);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const model: Model = { url: server.url, asked, answer };
  return model;
}

function says(words: string): Model["answer"] {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(events(text(words), usage(3, 4)) + END);
  };
}

function refuses(status: number, headers = {}): Model["answer"] {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { message: "not now" } }));
  };
}

async function startBoth(
  main: Model,
  backup: Model,
): Promise<{ session: Session; supervisor: Supervisor }> {
  const provider = (url: string, name: string) =>
    openaiProvider({
      model: `${name}-model`,
      baseURL: url,
      apiKey: `${name}-key`,
      retry: { maxRetries: 1, initialDelayMs: 50, maxDelayMs: 1_000 },
      breaker: { failures: 2, pauseMs: 3_600_000 },
    });
  const supervisor = await startSupervisor({
    providers: { main: provider(main.url, "main"), backup: provider(backup.url, "backup") },
    defaults: { provider: "main", fallback: ["backup"] },
  });
  return { supervisor, session: supervisor.openSession() };
}

async function run(session: Session) {
  const job = session.run({}, { prompt: "go" });
  const outcome = await job.outcome;
  return { outcome, fallbacks: fallbacksOf(await collect(job.events())) };
}

describe("two model servers, one in place of the other", () => {
  test("the second answers after the first's retries, with its own model and key; a broken one is soon passed over", async () => {
    const main = await startModel(refuses(503));
    const backup = await startModel(says("from the backup"));
    const { session, supervisor } = await startBoth(main, backup);
    for (const code of ["PROVIDER_UNAVAILABLE", "PROVIDER_UNAVAILABLE", "BREAKER_OPEN"]) {
      const { outcome, fallbacks } = await run(session);
      const took = { inputTokens: 3, outputTokens: 4 };
      expect(outcome).toMatchObject({ result: { text: "from the backup", usage: took } });
      expect(fallbacks).toEqual([["main", "backup", code]]);
    }
    // Each of the first two jobs has tried it twice.
    expect(main.asked).toEqual(Array(4).fill({ model: "main-model", key: "Bearer main-key" }));
    expect(backup.asked).toEqual(
      Array(3).fill({ model: "backup-model", key: "Bearer backup-key" }),
    );
    expect(supervisor.inspect().providers).toMatchObject([
      { name: "main", inFlight: 0, breaker: { state: "open", openings: 1 } },
      { name: "backup", inFlight: 0, breaker: { state: "closed", openings: 0 } },
    ]);
  });

  test("a pause longer than maxDelayMs sends everybody to the second at once, and opens nothing", async () => {
    const main = await startModel(refuses(429, { "retry-after": "60" }));
    const backup = await startModel(says("x"));
    const { session, supervisor } = await startBoth(main, backup);
    for (let i = 0; i < 4; i++) {
      const { outcome, fallbacks } = await run(session);
      expect(outcome.status).toBe("completed");
      expect(fallbacks).toEqual([["main", "backup", "PROVIDER_RATE_LIMITED"]]);
    }
    expect(main.asked).toHaveLength(1);
    expect(supervisor.inspect().providers[0]?.breaker.state).toBe("closed");
  });

  test("a connection that breaks before the first word is the second's, one that breaks after it is nobody's", async () => {
    const main = await startModel((response) => response.destroy());
    const backup = await startModel(says("x"));
    const { session } = await startBoth(main, backup);
    expect((await run(session)).fallbacks).toEqual([["main", "backup", "PROVIDER_CONNECTION"]]);
    main.answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(text("half")), () => response.destroy());
    };
    const { outcome, fallbacks } = await run(session);
    expect(outcome).toMatchObject({ status: "failed", partial: { text: "half" } });
    expect(fallbacks).toEqual([]);
  });
});
