import { expect, onTestFinished } from "vitest";
import type { JobEvent } from "../../../src/index.ts";
import { readEvents } from "../../support/server-client.ts";
import type { StartOptions } from "./command.ts";
import { Running } from "./command.ts";

export const TOKEN = "a-token-of-the-environment";

type Greeting = {
  readonly url: string;
  readonly agents: readonly string[];
  readonly token?: string;
  readonly curl: string;
};

/** A server that runs, as its user and its clients see it. */
export class Served {
  readonly running: Running;
  readonly greeting: Greeting;

  private constructor(running: Running, greeting: Greeting) {
    this.running = running;
    this.greeting = greeting;
  }

  static async start(args: readonly string[], options: StartOptions = {}): Promise<Served> {
    const env = { HEDDLE_TOKEN: TOKEN, ...options.env };
    const running = new Running(["serve", "--port", "0", "--json", ...args], { ...options, env });
    // One that does not end by itself is what is tested.
    onTestFinished(() => running.kill("SIGKILL"));
    const text = await running.until("stderr", /\n/);
    return new Served(running, JSON.parse(text.split("\n")[0] ?? "") as Greeting);
  }

  async request(path: string, json?: unknown): Promise<Response> {
    return await fetch(`${this.greeting.url}${path}`, {
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
    });
  }

  /** A job that runs, and its stream from its first chunk on. */
  async job(agent = "default"): Promise<{ id: string; ended: Promise<JobEvent[]> }> {
    const made = await this.request("/api/workers", { agent });
    expect(made.status).toBe(201);
    const { id: worker } = (await made.json()) as { id: string };
    const given = await this.request(`/api/workers/${worker}/jobs`, { prompt: "go" });
    const { id } = (await given.json()) as { id: string };
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const response = await this.request(`/api/jobs/${id}/events`);
    const ended = readEvents(response, (events) => {
      if (events.some(({ type }) => type === "chunk" || type === "failed")) resolve();
      return false;
    }).then(({ events }) => events);
    await begun;
    return { id, ended };
  }
}
