import type { MiddlewareHandler } from "hono";
import { HeddleError } from "../index.ts";

/** Nothing that is sent for a reason is nested so deeply; what is, may be there to exhaust the stack of whatever walks through it. */
const MAX_DEPTH = 100;

/** Refuses a body of JSON that is nested too deeply, before anything looks at what it says. @throws {HeddleError} `INVALID_INPUT`. */
export const limitDepth: MiddlewareHandler = async (c, next) => {
  const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(c.req.header("content-type") ?? "");
  if (isJson && depthOf(await c.req.text()) > MAX_DEPTH) {
    const message = `the body must be nested at most ${MAX_DEPTH} levels deep`;
    throw new HeddleError("INVALID_INPUT", message, { details: { maxDepth: MAX_DEPTH } });
  }
  await next();
};

/** Of brackets outside of strings. It need not be JSON. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (isString && char === "\\") i += 1;
    else if (char === '"') isString = !isString;
    else if (!isString) depth += stepOf(char);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function stepOf(char: string | undefined): -1 | 0 | 1 {
  if (char === "[" || char === "{") return 1;
  return char === "]" || char === "}" ? -1 : 0;
}
