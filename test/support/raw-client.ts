import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** A client that sends exactly the bytes it is told, at its own pace, and keeps what it gets. It is gone after the test. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves with all that came when the connection is gone, whoever has closed it. */
  readonly closed: Promise<string>;
  readonly #waiting = new Set<() => void>();
  #text = "";
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    // To be reset is a way to be closed.
    socket.on("error", () => {});
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#text += text;
      for (const check of this.#waiting) check();
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve(this.#text);
      });
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const client: RawClient = new RawClient(connect(port, "127.0.0.1"));
    onTestFinished(() => void client.socket.destroy());
    await once(client.socket, "connect");
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(...lines: readonly string[]): this {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(""));
    return this;
  }

  /** Sends a piece every few milliseconds, for as long as there is somebody to take it. */
  drip(piece: string, everyMs: number): void {
    const timer = setInterval(() => this.socket.write(piece), everyMs);
    void this.closed.then(() => clearInterval(timer));
  }

  /** Resolves with all that has come once `pattern` is in it; rejects when the connection ends without. */
  async until(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = (): void => {
      if (pattern.test(this.#text)) resolve(this.#text);
    };
    this.#waiting.add(check);
    check();
    const text = await Promise.race([promise, this.closed]);
    this.#waiting.delete(check);
    if (pattern.test(text)) return text;
    throw new TypeError(`it ended without ${pattern}: ${JSON.stringify(text)}`);
  }
}
