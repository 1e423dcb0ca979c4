import type { Hono, MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { HeddleError } from "../index.ts";
import type { AppEnv } from "./app-env.ts";

/** Refuses a known path with another method: 405 with `Allow`. @throws {HeddleError} `METHOD_NOT_ALLOWED`. */
export function refuseMethods(app: Hono<AppEnv>): MiddlewareHandler {
  return methodNotAllowed({
    app: app as unknown as Hono,
    onMethodNotAllowed: (c, methods) => {
      const allow = methods.join(", ");
      c.header("allow", allow);
      throw new HeddleError("METHOD_NOT_ALLOWED", `the route takes ${allow}`);
    },
  });
}
