import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HeddleError } from "../index.ts";
import type { AppEnv, AppParts } from "./app-env.ts";
import { authenticator } from "./auth.ts";
import { guard } from "./guard.ts";
import { errorResponse, isClientGone, shownError } from "./http-error.ts";
import { logJobs } from "./job-log.ts";
import { limitsOf } from "./limits.ts";
import type { ServerLogger } from "./log.ts";
import { SILENT } from "./log.ts";
import { nativeRoutes } from "./native/routes.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { opsRoutes } from "./ops/routes.ts";
import type { ServerOptions } from "./options.ts";
import { checkServerOptions } from "./options.ts";
import { requestLog } from "./request-log.ts";
import { logSupervisor } from "./supervisor-log.ts";
import type { TenantDesk } from "./tenant-desk.ts";
import { Tenants } from "./tenants.ts";
import { uiRoutes } from "./ui/routes.ts";
import { Views } from "./views.ts";

/** Anybody may ask these: they say nothing of anybody. */
const OPEN_PATHS = new Set(["/healthz", "/readyz"]);

/** The HTTP face of a supervisor: a Hono app, to be served as it is or mounted in another. */
export class ServerApp extends OpenAPIHono<AppEnv> {
  readonly #parts: AppParts;
  readonly #stopLog: () => void;

  /** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
  constructor(options: ServerOptions) {
    super({
      defaultHook: (result) => {
        if (result.success) return;
        const [issue] = result.error.issues;
        const field = [result.target === "json" ? "" : result.target, ...(issue?.path ?? [])]
          .filter((part) => part !== "")
          .join(".");
        const details = field === "" ? {} : { field };
        const message = `${field === "" ? "the body" : field}: ${issue?.message ?? "is not valid"}`;
        throw new HeddleError("INVALID_INPUT", message, { details });
      },
    });
    checkServerOptions(options);
    const limits = limitsOf(options.limits);
    const agents = new Map(Object.entries(options.agents));
    const { supervisor, logger: log = SILENT, openaiApprovals = "deny" } = options;
    const onOpened = (desk: TenantDesk) => logJobs(desk, log);
    const tenants = new Tenants({ supervisor, agents, limits, onOpened });
    const views = new Views(limits);
    this.#parts = { supervisor, agents, tenants, views, log, openaiApprovals };
    const tenantOf = authenticator(options.auth);
    const address = guard(options.allowHosts, options.allowOrigins);
    this.#stopLog = logSupervisor(supervisor, log);

    this.onError((thrown, c) => {
      const error = isClientGone(thrown, c.req.raw)
        ? new HeddleError("INVALID_INPUT", "the client has left", { cause: thrown })
        : thrown;
      const { code, message } = shownError(error);
      if (code === "INTERNAL") log.error({ err: error, path: c.req.path }, message);
      return errorResponse(c, error);
    });
    this.notFound((c) => errorResponse(c, new HeddleError("NOT_FOUND", "no such route")));
    if (options.logger) this.use(requestLog(log));
    this.use(address);
    this.use(async (c, next) => {
      if (OPEN_PATHS.has(c.req.path)) return await next();
      const tenant = await tenantOf(c.req.raw);
      c.set("tenant", tenant);
      c.set("desk", tenants.deskOf(tenant));
      return await next();
    });
    this.use(
      bodyLimit({
        maxSize: limits.bodyBytes,
        onError: () => {
          const message = `the body must be of at most ${limits.bodyBytes} bytes`;
          const details = { bodyBytes: limits.bodyBytes };
          throw new HeddleError("BODY_TOO_LARGE", message, { details });
        },
      }),
    );
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
    const { tenants, views } = this.#parts;
    await tenants.close(drainMs);
    await views.finish();
    this.#stopLog();
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
