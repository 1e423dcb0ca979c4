import type { FetchLike } from "@modelcontextprotocol/client";
import type { NetworkOptions } from "../../network/options.ts";
import type { Clock } from "../../transport/clock.ts";
import { given } from "../check.ts";
import { HttpFetch } from "./http-fetch.ts";
import { MAX_MESSAGE_BYTES } from "./mcp-transport.ts";

/** How long one request to an authorization server may take. */
const REQUEST_MS = 30_000;
/** Parameters that are no secrets. What else is sent must not come back in the words of an error. */
const OPEN_PARAMETERS = ["grant_type", "client_id", "redirect_uri", "resource", "scope"];
const MIN_SECRET = 6;

export type McpAuthFetchOptions = {
  readonly clock: Clock;
  /** Ends all requests when it aborts. */
  readonly signal: AbortSignal;
  readonly onLate: () => Error;
  readonly network: NetworkOptions | undefined;
};

/**
 * Speaks to authorization servers, without the MCP server's own headers: those are nobody else's matter.
 *
 * The client's package writes what they answer to the console when they refuse something. So an answer that is none of success is given to it
 * without the secrets that were in the request.
 */
export function mcpAuthFetch({ clock, signal, onLate, network }: McpAuthFetchOptions): FetchLike {
  const http = new HttpFetch(network);
  return async (url, init) => {
    const late = new AbortController();
    const timer = clock.setTimer(REQUEST_MS, () => late.abort(onLate()));
    const signals = [late.signal, signal, ...(init?.signal ? [init.signal] : [])];
    // As text: a form is no body for `node:http`.
    const body = init?.body === undefined || init.body === null ? undefined : String(init.body);
    const headers = new Headers(init?.headers);
    try {
      const request = { ...init, headers, signal: AbortSignal.any(signals), ...given({ body }) };
      const response = await http.fetch(url, request);
      const text = (await response.text()).slice(0, MAX_MESSAGE_BYTES);
      const shown = response.ok ? text : blotted(text, secretsOf(headers, body));
      const { status, statusText } = response;
      const hasBody = response.body !== null;
      return new Response(hasBody ? shown : null, {
        status,
        statusText,
        headers: response.headers,
      });
    } catch (error) {
      late.signal.throwIfAborted();
      signal.throwIfAborted();
      throw error;
    } finally {
      timer.cancel();
    }
  };
}

function secretsOf(headers: Headers, body = ""): readonly string[] {
  const isForm = headers.get("content-type")?.includes("urlencoded") ?? false;
  const parameters = isForm ? [...new URLSearchParams(body)] : [];
  return [
    ...parameters.filter(([name]) => !OPEN_PARAMETERS.includes(name)).map(([, value]) => value),
    ...(headers.get("authorization")?.split(" ") ?? []),
  ].filter((value) => value.length >= MIN_SECRET);
}

function blotted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}
