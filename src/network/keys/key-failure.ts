import { HeddleError } from "../../errors.ts";

const MAX_WORDS = 500;
/** Who is shorter would be found in ordinary words. */
const MIN_SECRET = 4;
const SECRET_VARIABLE = /auth|key|token|secret|cookie|password/i;
/** What looks like a key: long, without a space, and not only letters. */
const TOKEN = /(?=[\w+/=.~-]*\d)[\w+/=.~-]{20,}/g;

/** A key cannot be had. */
export function noKey(why: string, retryable: boolean): HeddleError {
  return new HeddleError("PROVIDER_AUTH", `there is no API key: ${why}`, {
    details: { retryable },
  });
}

/** What others have said of it, in one short line and without what is or may be a key. Empty if they said nothing. */
export function foreignWords(
  text: string,
  env: { readonly [name: string]: string },
  secrets: readonly string[] = [],
): string {
  const inEnv = Object.entries(env).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) ? [value] : [],
  );
  const known = [...inEnv, ...secrets].filter((secret) => secret.length >= MIN_SECRET);
  const clean = known.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  const line = clean
    .replaceAll(TOKEN, "[secret]")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line === "" ? "" : `: ${line.slice(-MAX_WORDS)}`;
}
