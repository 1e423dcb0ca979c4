import { randomBytes } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Supervisor, WorkerOptions } from "../index.ts";
import { HeddleError } from "../index.ts";
import type { AppEnv, AppParts } from "./app-env.ts";
import { OPEN_PATHS } from "./app-env.ts";
import { authenticator } from "./auth.ts";
import { limitBody } from "./body-limit.ts";
import { given } from "./given.ts";
import { guard } from "./guard.ts";
import { errorResponse, isClientGone, shownError } from "./http-error.ts";
import { refuseInvalid } from "./invalid-input.ts";
import { logJobs } from "./job-log.ts";
import { limitDepth } from "./json-depth.ts";
import { limitsOf } from "./limits.ts";
import type { ServerLogger } from "./log.ts";
import { SILENT } from "./log.ts";
import { refuseMethods } from "./method-not-allowed.ts";
import { nativeRoutes } from "./native/routes.ts";
import { isOpenaiPath, openaiErrorResponse } from "./openai/error-form.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { Metrics } from "./ops/metrics.ts";
import { opsRoutes } from "./ops/routes.ts";
import type { ServerOptions } from "./options.ts";
import { checkServerOptions } from "./options.ts";
import { requestLog } from "./request-log.ts";
import { logSupervisor } from "./supervisor-log.ts";
import type { TenantDesk } from "./tenant-desk.ts";
import { Tenants } from "./tenants.ts";
import { uiRoutes } from "./ui/routes.ts";
import { Views } from "./views.ts";

/** Who asks these needs no session: one is not opened for it, and none has to give way. */
const SESSIONLESS_PATHS = new Set(["/metrics"]);

/** The HTTP face of a supervisor: a Hono app, to be served as it is or mounted in another. */
export class ServerApp extends OpenAPIHono<AppEnv> {
  readonly #parts: AppParts;
  readonly #stopLog: () => void;

  /** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
  constructor(options: ServerOptions) {
    super({ defaultHook: refuseInvalid });
    checkServerOptions(options);
    const limits = limitsOf(options.limits);
    const agents = agentsOf(options);
    const { supervisor, logger: log = SILENT, openaiApprovals = "deny" } = options;
    const onOpened = (desk: TenantDesk) => logJobs(desk, log);
    const { stateKey = randomBytes(32).toString("base64url") } = options;
    const tenants = new Tenants({ supervisor, agents, limits, stateKey, onOpened });
    const views = new Views(limits);
    const tenantOf = authenticator(options.auth);
    const guarded = guard(options.allowHosts, options.allowOrigins);
    // Behind all that refuses options: what it begins is ended by close().
    const metrics = openMetrics(supervisor, tenants, views);
    this.#stopLog = logSupervisor(supervisor, log);
    this.#parts = { supervisor, agents, tenants, views, metrics, log, openaiApprovals };

    this.onError((thrown, c) => {
      const error = isClientGone(thrown, c.req.raw)
        ? new HeddleError("INVALID_INPUT", "the client has left", { cause: thrown })
        : thrown;
      const { code, message } = shownError(error);
      if (code === "INTERNAL") log.error({ err: error, path: c.req.path }, message);
      return answerError(c, error);
    });
    this.notFound((c) => answerError(c, new HeddleError("NOT_FOUND", "no such route")));
    if (options.logger) this.use(requestLog(log));
    if (!HeddleError.is(metrics)) this.use(metrics.countRequests);
    // What watches over servers calls them by their address, which need not be known here.
    this.use((c, next) => (OPEN_PATHS.has(c.req.path) ? next() : guarded(c, next)));
    this.use(async (c, next) => {
      if (OPEN_PATHS.has(c.req.path)) return await next();
      const tenant = await tenantOf(c.req.raw);
      c.set("tenant", tenant);
      if (!SESSIONLESS_PATHS.has(c.req.path)) c.set("desk", await tenants.deskOf(tenant));
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

  /** The logger that it was given. */
  get log(): ServerLogger {
    return this.#parts.log;
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
   * not read are cut off a second later. The supervisor stays open. Never rejects.
   *
   * @param drainMs @defaultValue 10_000
   */
  async close(drainMs: number = 10_000): Promise<void> {
    const { tenants, views, metrics } = this.#parts;
    await tenants.close(drainMs);
    await views.finish();
    if (!HeddleError.is(metrics)) metrics.close();
    this.#stopLog();
  }
}

/** Whoever has not installed what they need has none, and all else. */
function openMetrics(
  supervisor: Supervisor,
  tenants: Tenants,
  views: Views,
): Metrics | HeddleError {
  const agentOf = tenants.agentOf.bind(tenants);
  try {
    return new Metrics({ supervisor, views, agentOf });
  } catch (error) {
    if (HeddleError.is(error) && error.code === "SERVER_NOT_INSTALLED") return error;
    throw error;
  }
}

function answerError(c: Context, error: unknown): Response {
  return isOpenaiPath(c.req.path) ? openaiErrorResponse(c, error) : errorResponse(c, error);
}

/**
 * The HTTP face of a supervisor, as a Hono app: Heddle's own API under `/api`, OpenAI's under `/v1`, the AI SDK's UI message stream under `/api/chat`.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function createApp(options: ServerOptions): ServerApp {
  return new ServerApp(options);
}

/** As they are made: the supervisor's defaults count for them, too. */
function agentsOf({ supervisor, agents }: ServerOptions): ReadonlyMap<string, WorkerOptions> {
  const { defaults } = supervisor;
  const laid = Object.entries(agents).map(([name, own]) => {
    const model = { ...given(defaults.model), ...given(own.model) };
    return [name, { ...defaults, ...given(own), model }] as const;
  });
  return new Map(laid);
}
