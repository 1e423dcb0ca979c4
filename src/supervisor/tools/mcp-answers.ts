import type { JSONRPCMessage } from "@modelcontextprotocol/client";
import { mendedResult } from "./mcp-mend.ts";

/** What a transport's answers are to: what is odd in them is mended before the client sees it. */
export class McpAnswers {
  readonly #methods = new Map<string | number, string>();

  /** A message goes to the server. */
  asked(message: JSONRPCMessage): void {
    if ("method" in message && "id" in message) this.#methods.set(message.id, message.method);
  }

  /** The server's message, as the client is given it. */
  mended(message: JSONRPCMessage): JSONRPCMessage {
    if ("method" in message || message.id === undefined) return message;
    const method = this.#methods.get(message.id);
    this.#methods.delete(message.id);
    if (method === undefined || !("result" in message)) return message;
    return { ...message, result: mendedResult(method, message.result) as typeof message.result };
  }
}
