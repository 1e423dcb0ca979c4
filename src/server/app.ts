import { OpenAPIHono } from "@hono/zod-openapi";
import { HeddleError } from "../index.ts";
import type { AppEnv, AppParts } from "./app-env.ts";
import { OPEN_PATHS } from "./app-env.ts";
import { authenticator } from "./auth.ts";
import { limitBody } from "./body-limit.ts";
import { guard } from "./guard.ts";
import { errorResponse, shownError } from "./http-error.ts";
import { refuseInvalid } from "./invalid-input.ts";
import { limitDepth } from "./json-depth.ts";
import { limitsOf } from "./limits.ts";
import { SILENT } from "./log.ts";
import { refuseMethods } from "./method-not-allowed.ts";
import { nativeRoutes } from "./native/routes.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { opsRoutes } from "./ops/routes.ts";
import type { ServerOptions } from "./options.ts";
import { checkServerOptions } from "./options.ts";
import { Tenants } from "./tenants.ts";
import { uiRoutes } from "./ui/routes.ts";
import { Views } from "./views.ts";

/** The HTTP face of a supervisor: a Hono app, to be served as it is or mounted in another. */
export class ServerApp extends OpenAPIHono<AppEnv> {
  readonly #parts: AppParts;

  /** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
  constructor(options: ServerOptions) {
    super({ defaultHook: refuseInvalid });
    checkServerOptions(options);
    const limits = limitsOf(options.limits);
    const agents = new Map(Object.entries(options.agents));
    const tenants = new Tenants({ supervisor: options.supervisor, agents, limits });
    const { supervisor, logger: log = SILENT, openaiApprovals = "deny" } = options;
    const views = new Views(limits);
    this.#parts = { supervisor, agents, tenants, views, log, openaiApprovals };
    const tenantOf = authenticator(options.auth);

    this.onError((error, c) => {
      const { code, message } = shownError(error);
      if (code === "INTERNAL") log.error({ err: error, path: c.req.path }, message);
      return errorResponse(c, error);
    });
    this.notFound((c) => errorResponse(c, new HeddleError("NOT_FOUND", "no such route")));
    this.use(guard(options.allowHosts, options.allowOrigins));
    this.use(async (c, next) => {
      if (OPEN_PATHS.has(c.req.path)) return await next();
      const tenant = await tenantOf(c.req.raw);
      c.set("tenant", tenant);
      c.set("desk", await tenants.deskOf(tenant));
      return await next();
    });
    this.use(limitBody(limits.bodyBytes));
    this.use(limitDepth);
    this.use(refuseMethods(this));
    nativeRoutes(this, this.#parts);
    openaiRoutes(this, this.#parts);
    uiRoutes(this, this.#parts);
    opsRoutes(this, this.#parts);
  }

  /** Streams that are open. */
  get openStreams(): number {
    return this.#parts.views.size;
  }

  /** Nothing new is begun from now on: what would begin a job is refused with `DRAINING`, and `/readyz` answers 503. */
  drain(): void {
    this.#parts.tenants.drain();
  }

  /**
   * Ends what the app has begun: running jobs may end within `drainMs`, then they are cancelled; streams end with the end of their jobs, and those that are
   * not read are cut off. The supervisor stays open. Never rejects.
   *
   * @param drainMs @defaultValue 10_000
   */
  async close(drainMs: number = 10_000): Promise<void> {
    await this.#parts.tenants.close(drainMs);
  }
}

/**
 * The HTTP face of a supervisor, as a Hono app: Heddle's own API under `/api`, OpenAI's under `/v1`, the AI SDK's UI message stream under `/api/chat`.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function createApp(options: ServerOptions): ServerApp {
  return new ServerApp(options);
}
