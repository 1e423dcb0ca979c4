import type { Hono, MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { HeddleError } from "../index.ts";
import type { AppEnv } from "./app-env.ts";
import { errorBody, statusOf } from "./http-error.ts";

/** Answers a known path with another method: 405 with `Allow`. */
export function refuseMethods(app: Hono<AppEnv>): MiddlewareHandler {
  return methodNotAllowed({
    app: app as unknown as Hono,
    onMethodNotAllowed: (c, methods) => {
      const allow = methods.join(", ");
      const error = new HeddleError("METHOD_NOT_ALLOWED", `the route takes ${allow}`);
      return c.json(errorBody(error), statusOf(error.code), { allow });
    },
  });
}
