import type { Transport } from "@modelcontextprotocol/client";
import type { ErrorDetails } from "../../protocol/error.ts";

/** The client's package, which is there only if the user has installed it. */
export type McpSdk = typeof import("@modelcontextprotocol/client");

/** How a server has ended, in words that follow its name. */
export type ServerEnd = { readonly how: string; readonly details: ErrorDetails };

/** The end that it has by `close()`. */
export const CLOSED: ServerEnd = { how: "was closed", details: {} };

/** What carries messages to a server and back, for one life of it. */
export interface McpTransport extends Transport {
  /** Undefined while the server is there. It is set before `onclose` is called. */
  readonly end: ServerEnd | undefined;
  /** What else is known of the server, for the message of an error; may be empty. */
  readonly notes: string;
  /** The process, if there is one. */
  readonly pid: number | undefined;
  /** Calls `onclose` at once, and resolves when nothing is left. Later calls are the same as the first. */
  close(): Promise<void>;
  /** Closes once all requests under way have their answer: nobody begins another. */
  retire(): void;
}

/** No message from a server may be longer. */
export const MAX_MESSAGE_BYTES: number = 10 * 1024 * 1024;
