import type { MiddlewareHandler } from "hono";
import { HeddleError } from "../index.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses requests that a page has brought here by a name of its own (DNS rebinding), and those of pages that are not allowed to.
 *
 * A request without an `Origin` does not come from a page's script. Allowed origins are answered by name, never by `*`, and without credentials.
 *
 * @throws {HeddleError} `INVALID_OPTION`.
 */
export function guard(
  allowHosts: readonly string[] = [],
  allowOrigins: readonly string[] = [],
): MiddlewareHandler {
  const hosts = new Set([...LOOPBACK, ...allowHosts.map(checkedHost)]);
  const origins = new Set(allowOrigins.map(checkedOrigin));
  return async (c, next) => {
    const { host, hostname } = hostOf(c.req.raw);
    if (!hosts.has(host) && !hosts.has(hostname))
      throw new HeddleError("HOST_NOT_ALLOWED", "the server is not known by that name (Host)");
    const origin = c.req.header("origin");
    if (origin === undefined) return await next();
    if (URL.parse(origin)?.host !== host && !origins.has(origin))
      throw new HeddleError("ORIGIN_NOT_ALLOWED", "pages of that origin may not use the server");
    c.header("access-control-allow-origin", origin);
    c.header("access-control-expose-headers", "x-vercel-ai-ui-message-stream, retry-after");
    c.header("vary", "origin");
    if (c.req.method !== "OPTIONS") return await next();
    c.header("access-control-allow-methods", "GET, POST, DELETE");
    // Whatever its clients send: who the page is was decided above.
    c.header("access-control-allow-headers", c.req.header("access-control-request-headers") ?? "");
    c.header("access-control-max-age", "600");
    return c.body(null, 204);
  };
}

/** As the client has called the server. */
function hostOf(request: Request): { readonly host: string; readonly hostname: string } {
  const named = request.headers.get("host") ?? URL.parse(request.url)?.host ?? "";
  const { host = "", hostname = "" } = URL.parse(`http://${named}`) ?? {};
  return { host, hostname };
}

function checkedHost(host: string): string {
  const url = URL.parse(`http://${host}`);
  if (url && url.host === host.toLowerCase()) return url.host;
  throw invalid("allowHosts", 'must be names such as "example.org" or "example.org:8080"');
}

function checkedOrigin(origin: string): string {
  if (URL.parse(origin)?.origin === origin) return origin;
  throw invalid("allowOrigins", 'must be origins such as "https://example.org"');
}

function invalid(field: string, problem: string): HeddleError {
  return new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
