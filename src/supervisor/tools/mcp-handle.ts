import { HeddleError } from "../../errors.ts";
import { checkFields, refuse } from "../check.ts";
import type { McpConnection } from "./mcp-connection.ts";
import type {
  McpPrompt,
  McpPromptMessages,
  McpResource,
  McpResourceContents,
  McpResourceTemplate,
} from "./mcp-resources.ts";
import {
  getPrompt,
  listPrompts,
  listResources,
  listResourceTemplates,
  readResource,
} from "./mcp-resources.ts";

/** How one of the server's answers is waited for. */
export type McpReadOptions = {
  /** Ends the waiting when it aborts: the call rejects with its reason. */
  readonly signal?: AbortSignal;
};

/**
 * What an MCP server has beside its tools, for the host. The connection is the one that the session's workers share: it is made when it is first needed.
 *
 * Each call rejects with `MCP_NOT_INSTALLED`, `MCP_CONNECT_FAILED`, `MCP_SERVER_LOST`, `MCP_FAILED`, `SESSION_CLOSED`.
 */
export interface McpHandle {
  /** At most 1,000; none if the server says that it has none. */
  resources(options?: McpReadOptions): Promise<readonly McpResource[]>;
  resourceTemplates(options?: McpReadOptions): Promise<readonly McpResourceTemplate[]>;
  readResource(uri: string, options?: McpReadOptions): Promise<readonly McpResourceContents[]>;
  prompts(options?: McpReadOptions): Promise<readonly McpPrompt[]>;
  /** A prompt, filled in with `args`: messages that `session.run(worker, { messages })` takes. */
  prompt(
    name: string,
    args?: { readonly [name: string]: string },
    options?: McpReadOptions,
  ): Promise<McpPromptMessages>;
}

/** `connection` gives the session's connection to the server, each time that it is wanted. */
export function mcpHandle(connection: () => McpConnection): McpHandle {
  const ask: Ask = async (request, options = {}) => {
    checkFields("options", options, ["signal"]);
    const { signal = new AbortController().signal } = options;
    if (!(signal instanceof AbortSignal)) refuse("signal", "an AbortSignal");
    return await connection().request(request, signal, true);
  };
  return {
    resources: (options) => ask(listResources, options),
    resourceTemplates: (options) => ask(listResourceTemplates, options),
    readResource: async (uri, options) => await ask(readResource(text("uri", uri)), options),
    prompts: (options) => ask(listPrompts, options),
    prompt: async (name, args = {}, options) =>
      await ask(getPrompt(text("name", name), texts("args", args)), options),
  };
}

type Ask = <T>(
  request: Parameters<typeof McpConnection.prototype.request<T>>[0],
  options: McpReadOptions | undefined,
) => Promise<T>;

function text(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(field, "a string that is not empty");
}

function texts(field: string, value: unknown): { readonly [name: string]: string } {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject && Object.values(value).every((one) => typeof one === "string")) {
    return value as { readonly [name: string]: string };
  }
  throw wrong(field, "an object of strings");
}

function wrong(field: string, expected: string): HeddleError {
  const message = `${field} must be ${expected}`;
  return new HeddleError("INVALID_INPUT", message, { details: { field } });
}
