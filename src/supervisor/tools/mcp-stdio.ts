import type { JSONRPCMessage } from "@modelcontextprotocol/client";
import type { McpStdioServer } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import { McpAnswers } from "./mcp-answers.ts";
import type { McpSdk, McpTransport, ServerEnd } from "./mcp-transport.ts";
import { CLOSED, MAX_MESSAGE_BYTES } from "./mcp-transport.ts";
import { MessageLines } from "./message-lines.ts";
import { ServerProcess } from "./server-process.ts";

const MAX_NOISE = 200;

/** Speaks to a server over the standard input and output of its process. Output that is no message is passed over, as servers do print. */
export class McpStdioTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** That it is there tells the client that this is a process. */
  readonly stderr = null;
  readonly #server: McpStdioServer;
  readonly #answers = new McpAnswers();
  readonly #parse: McpSdk["parseJSONRPCMessage"];
  readonly #clock: Clock;
  readonly #lines = new MessageLines(MAX_MESSAGE_BYTES);
  #process: ServerProcess | undefined;
  #end: ServerEnd | undefined;
  #closing: Promise<void> | undefined;
  /** The first line that was no message. */
  #noise = "";

  constructor(server: McpStdioServer, { parseJSONRPCMessage }: McpSdk, clock: Clock) {
    this.#server = server;
    this.#parse = parseJSONRPCMessage;
    this.#clock = clock;
  }

  get end(): ServerEnd | undefined {
    return this.#end;
  }

  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  get notes(): string {
    const stderr = this.#process?.lastLines ?? "";
    const noise = this.#noise === "" ? "" : `; its output was no JSON-RPC: ${this.#noise}`;
    return stderr === "" ? noise : `${noise}; it has written: ${stderr}`;
  }

  async start(): Promise<void> {
    const server = await ServerProcess.start(this.#server, this.#clock);
    this.#process = server;
    const { child } = server;
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    // Who does not speak any more will not answer; one that is ending is not hurried.
    child.stdout.once("end", () => void server.stop());
    void server.ended.then(() => this.#over(endOf(child)));
  }

  /** If it does not read any more, it is ending, or is ended: how is told before this rejects. */
  async send(message: JSONRPCMessage): Promise<void> {
    const server = this.#process;
    if (!server || this.#end) return;
    this.#answers.asked(message);
    const line = `${JSON.stringify(message)}\n`;
    const failure = await new Promise((resolve) => server.child.stdin.write(line, resolve));
    if (!failure) return;
    await server.stop();
    throw failure;
  }

  close(): Promise<void> {
    this.#closing ??= this.#process?.stop() ?? Promise.resolve();
    this.#over(CLOSED);
    return this.#closing;
  }

  retire(): void {
    void this.close();
  }

  #read(chunk: Buffer): void {
    if (this.#end) return;
    const lines = this.#lines.push(chunk);
    if (!lines) {
      const how = `has sent a message of more than ${MAX_MESSAGE_BYTES} bytes`;
      this.#over({ how, details: { maxBytes: MAX_MESSAGE_BYTES } });
      this.#process?.kill("SIGKILL");
      return;
    }
    for (const line of lines) if (line !== "") this.#receive(line);
  }

  #receive(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = this.#parse(JSON.parse(line));
    } catch {
      this.#noise ||= line.slice(0, MAX_NOISE);
      return;
    }
    this.onmessage?.(this.#answers.mended(message));
  }

  #over(end: ServerEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.onclose?.();
  }
}

function endOf({ exitCode, signalCode }: ServerProcess["child"]): ServerEnd {
  if (signalCode === null) {
    const details = { exitCode: exitCode ?? -1 };
    return { how: `has ended with exit code ${exitCode}`, details };
  }
  return { how: `was ended by ${signalCode}`, details: { signal: signalCode } };
}
