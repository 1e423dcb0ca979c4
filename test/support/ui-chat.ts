import type { ChatInit, ChatState, ChatStatus, UIMessage, UIMessageChunk } from "ai";
import { AbstractChat, DefaultChatTransport, uiMessageChunkSchema } from "ai";
import { expect, vi } from "vitest";
import type { AnyTool } from "../../src/index.ts";
import { defineTool } from "../../src/index.ts";
import type { ServedApp } from "./server-app.ts";
import { TOKEN } from "./server-app.ts";
import { readEvents } from "./server-client.ts";

/** A chat's state without a front end. */
class PlainState implements ChatState<UIMessage> {
  status: ChatStatus = "ready";
  error: Error | undefined;
  messages: UIMessage[];

  constructor(messages: readonly UIMessage[] = []) {
    this.messages = [...messages];
  }

  pushMessage(message: UIMessage): void {
    this.messages = [...this.messages, message];
  }

  popMessage(): void {
    this.messages = this.messages.slice(0, -1);
  }

  replaceMessage(index: number, message: UIMessage): void {
    this.messages = this.messages.with(index, this.snapshot(message));
  }

  snapshot<T>(thing: T): T {
    return structuredClone(thing);
  }
}

export type UIClientOptions = {
  readonly token?: string;
  readonly agent?: string;
};

/** The SDK's own client of an app, with a token, that checks every chunk it is sent. `chunks` are all of them; `cut` kills the connections. */
export class UIClient {
  readonly transport: DefaultChatTransport<UIMessage>;
  readonly chunks: UIMessageChunk[] = [];
  /** Of every answer. */
  readonly statuses: number[] = [];
  #connection = new AbortController();

  constructor({ url }: Pick<ServedApp, "url">, { token = TOKEN, agent }: UIClientOptions = {}) {
    this.transport = new DefaultChatTransport({
      api: `${url}/api/chat`,
      headers: { authorization: `Bearer ${token}` },
      ...(agent === undefined ? {} : { body: { agent } }),
      fetch: async (input, init) => {
        const { signal: cut } = this.#connection;
        const signal = init?.signal ? AbortSignal.any([init.signal, cut]) : cut;
        const response = await fetch(input, { ...init, signal });
        this.statuses.push(response.status);
        if (!response.ok) return response;
        return new Response(response.body?.pipeThrough(this.#checked()) ?? null, response);
      },
    });
  }

  cut(): void {
    this.#connection.abort(new TypeError("fetch failed: the network is gone"));
    this.#connection = new AbortController();
  }

  chat(init: Omit<ChatInit<UIMessage>, "transport"> = {}): UIChat {
    return new UIChat(this, init);
  }

  /** Passes bytes on, and notes the chunks in them. */
  #checked(): TransformStream<Uint8Array, Uint8Array> {
    const utf8 = new TextDecoder();
    let text = "";
    return new TransformStream({
      transform: async (bytes, controller) => {
        text += utf8.decode(bytes, { stream: true });
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          if (event === "data: [DONE]" || event.startsWith(":")) continue;
          const chunk: unknown = JSON.parse(event.replace(/^data: /, ""));
          this.chunks.push(await checkedChunk(chunk));
        }
        controller.enqueue(bytes);
      },
    });
  }
}

export class UIChat extends AbstractChat<UIMessage> {
  readonly client: UIClient;

  constructor(
    client: UIClient,
    { messages = [], ...init }: Omit<ChatInit<UIMessage>, "transport">,
  ) {
    super({ ...init, transport: client.transport, state: new PlainState(messages) });
    this.client = client;
  }

  /** The parts of the last message, as far as tests look at them. */
  get lastParts(): UIMessage["parts"] {
    return this.lastMessage?.parts ?? [];
  }

  /** The id of the job behind the last message. */
  get jobId(): string {
    const { jobId } = (this.lastMessage?.metadata ?? {}) as { readonly jobId?: string };
    return jobId ?? "";
  }

  get text(): string {
    return this.lastParts.map((part) => (part.type === "text" ? part.text : "")).join("");
  }
}

/** Resolves when the chat's answer has begun to show. */
export async function hasText(chat: UIChat): Promise<void> {
  await vi.waitFor(() => expect(chat.text.length).toBeGreaterThan(10), { timeout: 30_000 });
}

/** Resolves when the job behind the last message has ended. */
export async function jobHasEnded({ request }: ServedApp, chat: UIChat): Promise<void> {
  const { events } = await readEvents(await request(`/api/jobs/${chat.jobId}/events`));
  expect(events).not.toEqual([]);
}

/** Resolves when no client reads any more. */
export async function streamsHaveEnded({ app }: ServedApp): Promise<void> {
  await vi.waitFor(() => expect(app.openStreams).toBe(0), { timeout: 30_000 });
}

/** A tool whose calls end when it is opened: whoever has called it still runs. */
export function gate(): { readonly tool: AnyTool; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const tool = defineTool({
    name: "gate",
    parameters: { type: "object" },
    execute: () => promise,
  });
  return { tool, open: () => resolve("open") };
}

/** Whether it is a chunk as the SDK knows them. */
export async function checkedChunk(chunk: unknown): Promise<UIMessageChunk> {
  const result = await uiMessageChunkSchema().validate?.(chunk);
  expect(result, JSON.stringify(chunk)).toMatchObject({ success: true });
  return chunk as UIMessageChunk;
}
