import type { IncomingMessage } from "node:http";
import { describe } from "../../errors.ts";
import type { Network } from "../../network/network.ts";
import { wantsCredentials } from "../../network/problems.ts";
import { denied, failed, isFinal, throwIfCancelled } from "../refusal.ts";
import type { ToolContext } from "../tool.ts";
import type { Body } from "./body.ts";
import { readBody } from "./body.ts";
import type { HttpSettings } from "./settings.ts";
import type { Target } from "./target.ts";
import { checkForProxy, targetOf } from "./target.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Not sent on to another origin. */
const CREDENTIALS: readonly string[] = ["authorization", "cookie", "proxy-authorization"];
const SAFE: readonly string[] = ["GET", "HEAD"];

export type FetchArguments = {
  readonly url: string;
  readonly method?: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
};

export type FetchResult = {
  /** Where the answer is from, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly contentType?: string;
} & Body;

type Exchange = {
  readonly target: Target;
  readonly method: string;
  readonly body: string | undefined;
  readonly headers: { readonly [name: string]: string };
};

/** Whether a method only asks. */
export function isSafe(method: string = "GET"): boolean {
  return SAFE.includes(method);
}

export async function fetchUrl(
  settings: HttpSettings,
  args: FetchArguments,
  ctx: ToolContext,
): Promise<FetchResult> {
  throwIfCancelled(ctx);
  const deadline = AbortSignal.timeout(settings.timeoutMs);
  const signal = AbortSignal.any([ctx.signal, deadline]);
  let exchange = firstExchange(settings, args);
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await send(settings.network, exchange, signal);
      try {
        const next = redirected(settings, exchange, response);
        if (next === undefined) return await resultOf(exchange, response, settings.maxBytes);
        if (redirects === MAX_REDIRECTS) throw failed(`more than ${MAX_REDIRECTS} redirects`);
        exchange = next;
      } finally {
        // The connection goes with it: it is nobody else's.
        response.destroy();
      }
    }
  } catch (error) {
    throw problemOf(error, exchange.target.url, settings, ctx, deadline);
  }
}

function firstExchange(settings: HttpSettings, args: FetchArguments): Exchange {
  const { url, method = "GET", accept, contentType, body } = args;
  if (!settings.methods.includes(method)) throw denied(`the method ${method} is not allowed`);
  if (isSafe(method) && body !== undefined) throw failed(`a ${method} has no body`);
  return {
    target: targetOf(settings, url),
    method,
    body,
    headers: {
      ...(accept === undefined ? {} : { accept }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      // The options' own come last: a model cannot change them.
      ...settings.headers,
      "accept-encoding": "identity",
    },
  };
}

async function send(
  network: Network,
  { target, method, body, headers }: Exchange,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { url, lookup } = target;
  const proxy = network.proxyFor(url);
  if (proxy !== undefined) await checkForProxy(target);
  signal.throwIfAborted();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = network.request(url, { method, headers, lookup, signal }, resolve);
    request.on("error", reject);
    request.end(body);
  });
  if (proxy === undefined || response.statusCode !== 407) return response;
  response.destroy();
  throw failed(wantsCredentials(proxy));
}

/** What is to be asked next; undefined when this is the answer. */
function redirected(
  settings: HttpSettings,
  exchange: Exchange,
  { statusCode = 0, headers: { location } }: IncomingMessage,
): Exchange | undefined {
  if (location === undefined || !REDIRECTS.includes(statusCode)) return undefined;
  const target = targetOf(settings, location, exchange.target.url);
  const isElsewhere = target.url.origin !== exchange.target.url.origin;
  const keepsMethod = isSafe(exchange.method) || statusCode === 307 || statusCode === 308;
  if (isElsewhere && keepsMethod && !isSafe(exchange.method)) {
    throw denied(`a redirect would send the ${exchange.method} to ${target.url.host}`);
  }
  const dropped = [...(isElsewhere ? CREDENTIALS : []), ...(keepsMethod ? [] : ["content-type"])];
  const kept = Object.entries(exchange.headers).filter(([name]) => !dropped.includes(name));
  return {
    target,
    headers: Object.fromEntries(kept),
    ...(keepsMethod
      ? { method: exchange.method, body: exchange.body }
      : { method: "GET", body: undefined }),
  };
}

async function resultOf(
  { target, method }: Exchange,
  response: IncomingMessage,
  maxBytes: number,
): Promise<FetchResult> {
  const { statusCode: status = 0, headers } = response;
  const { "content-type": contentType } = headers;
  const body: Body =
    method === "HEAD" ? { text: "", isTruncated: false } : await readBody(response, maxBytes);
  return {
    url: target.url.href,
    status,
    ...(contentType === undefined ? {} : { contentType }),
    ...body,
  };
}

function problemOf(
  error: unknown,
  url: URL,
  { timeoutMs, network }: HttpSettings,
  ctx: ToolContext,
  deadline: AbortSignal,
): unknown {
  if (ctx.signal.aborted) return ctx.signal.reason;
  if (isFinal(error)) return error;
  if (deadline.aborted) return failed(`${url.host}: no whole answer within ${timeoutMs} ms`);
  const known = network.problemOf(error, url)?.message;
  return failed(known ?? `${url.host}: ${reasonOf(error)}`, error);
}

/** Of several addresses that were tried, each has an error of its own. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError
    ? error.errors.map((one) => describe(one)).join("; ")
    : describe(error);
}
