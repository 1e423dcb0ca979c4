import { createHash } from "node:crypto";
import { HeddleError } from "../index.ts";
import type { Auth, Authenticate, Tenant } from "./options.ts";

const EVERYBODY: Tenant = { name: "default", isOperator: true };
const BEARER = /^Bearer +([^ ]+)$/i;

/** @throws {HeddleError} `INVALID_OPTION`. The function returned throws `UNAUTHORIZED`. */
export function authenticator(auth: Auth): (request: Request) => Promise<Tenant> {
  const tenantOf = authenticate(auth);
  return async (request) => {
    const tenant = await tenantOf(request);
    if (tenant) return tenant;
    throw new HeddleError("UNAUTHORIZED", "a valid token is needed: Authorization: Bearer TOKEN");
  };
}

function authenticate(auth: Auth): Authenticate {
  if (auth === "none") return () => EVERYBODY;
  if (typeof auth === "function") return auth;
  const tokens: unknown = (auth as Partial<Exclude<Auth, string | Authenticate>> | undefined)
    ?.tokens;
  if (typeof tokens !== "object" || tokens === null) {
    throw invalid("auth", 'must be { tokens }, a function, or "none"');
  }
  return byToken(Object.entries(tokens as { readonly [token: string]: string | Tenant }));
}

/** Tokens are found by their hash, so that the time it takes says nothing about them. */
function byToken(entries: readonly (readonly [string, string | Tenant])[]): Authenticate {
  if (entries.length === 0) throw invalid("auth.tokens", "must hold one token or more");
  const tenants = new Map(
    entries.map(([token, given]) => {
      if (token.length < 16 || !/^[\x21-\x7e]+$/.test(token))
        throw invalid(
          "auth.tokens",
          "must be of 16 characters or more, printable and without spaces",
        );
      const tenant = typeof given === "string" ? { name: given } : given;
      checkTenant(tenant);
      return [hashOf(token), tenant];
    }),
  );
  return (request) => {
    const [, token] = BEARER.exec(request.headers.get("authorization") ?? "") ?? [];
    return token === undefined ? undefined : tenants.get(hashOf(token));
  };
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkTenant(tenant: Tenant): void {
  const name: unknown = (tenant as Partial<Tenant> | null)?.name;
  if (typeof name !== "string" || name === "" || name.length > 128)
    throw invalid("auth", "must give tenants with a name of 1 to 128 characters");
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

function invalid(field: string, problem: string): HeddleError {
  return new HeddleError("INVALID_OPTION", `${field} ${problem}`, { details: { field } });
}
