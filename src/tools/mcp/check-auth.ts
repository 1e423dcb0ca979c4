import { checkKeySource, isKeySource, plainKeySource } from "../../network/keys/key-source.ts";
import type { McpAuth, McpClientAuth, McpCrossAppAuth, McpSignInAuth } from "./auth.ts";
import type { FieldCheck, Fields } from "./field-check.ts";
import { isText } from "./field-check.ts";

const TYPES = ["authorization-code", "client-credentials", "cross-app-access"] as const;
const MAX_CLIENT_NAME = 64;

/** A copy of `value`. Its functions are the same ones. @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkedMcpAuth(check: FieldCheck, value: unknown): McpAuth {
  const auth = check.object("auth", value);
  if ("token" in auth) return checkedToken(check, auth);
  const type = TYPES.find((one) => one === auth["type"]);
  switch (type) {
    case "authorization-code":
      return checkedSignIn(check, auth);
    case "client-credentials":
      return checkedClient(check, auth);
    case "cross-app-access":
      return checkedCrossApp(check, auth);
    case undefined:
      check.refuse(
        "auth.type",
        `${TYPES.map((one) => `"${one}"`).join(", ")}, or auth.token given`,
      );
      break;
    default:
      return type satisfies never;
  }
}

function checkedToken(check: FieldCheck, auth: Fields): McpAuth {
  check.known(auth, ["token"], "auth.");
  const { token } = auth;
  if (typeof token === "function") return { token: token as () => Promise<string> };
  if (typeof token === "string" && isBearerToken(token)) return { token };
  if (isKeySource(token)) {
    checkKeySource("auth.token", token, (field, expected) => check.refuse(field, expected));
    return { token: structuredClone(plainKeySource(token)) };
  }
  const expected = "a bearer token, a function that returns one, or a module, command or file";
  check.refuse("auth.token", expected);
}

/** What may stand in an `Authorization` header. */
export function isBearerToken(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

function checkedSignIn(check: FieldCheck, auth: Fields): McpSignInAuth {
  const own = ["redirectUrl", "clientMetadataUrl", "clientName", "signInMs"];
  check.known(auth, ["type", "clientId", "clientSecret", "scope", "issuer", ...own], "auth.");
  const { clientName } = auth;
  const clientId = word(check, "auth.clientId", auth["clientId"]);
  if (clientId === undefined) {
    for (const field of ["clientSecret", "issuer"]) {
      if (auth[field] !== undefined) check.refuse(`auth.${field}`, "given with a clientId only");
    }
  } else if (auth["clientMetadataUrl"] !== undefined) {
    check.refuse("auth.clientMetadataUrl", "left out where there is a clientId");
  }
  if (clientName !== undefined && !isName(clientName)) {
    check.refuse("auth.clientName", `1 to ${MAX_CLIENT_NAME} characters`);
  }
  return {
    type: "authorization-code",
    redirectUrl: redirectUrl(check, auth["redirectUrl"]),
    ...known({
      clientId,
      clientSecret: word(check, "auth.clientSecret", auth["clientSecret"]),
      clientMetadataUrl: metadataUrl(check, auth["clientMetadataUrl"]),
      clientName: clientName as string | undefined,
      scope: word(check, "auth.scope", auth["scope"]),
      issuer: issuer(check, auth["issuer"]),
      signInMs: check.deadline("auth.signInMs", auth["signInMs"]),
    }),
  };
}

function checkedClient(check: FieldCheck, auth: Fields): McpClientAuth {
  const own = ["clientSecret", "privateKey", "algorithm"];
  check.known(auth, ["type", "clientId", "scope", "issuer", ...own], "auth.");
  const plain = {
    type: "client-credentials" as const,
    clientId: needed(check, auth, "clientId"),
    ...known({
      scope: word(check, "auth.scope", auth["scope"]),
      issuer: issuer(check, auth["issuer"]),
    }),
  };
  if ("clientSecret" in auth === "privateKey" in auth) {
    check.refuse("auth", "an object with either a clientSecret or a privateKey");
  }
  if ("clientSecret" in auth) {
    if ("algorithm" in auth) check.refuse("auth.algorithm", "given with a privateKey only");
    return { ...plain, clientSecret: needed(check, auth, "clientSecret") };
  }
  const privateKey = needed(check, auth, "privateKey");
  return { ...plain, privateKey, algorithm: needed(check, auth, "algorithm") };
}

function checkedCrossApp(check: FieldCheck, auth: Fields): McpCrossAppAuth {
  check.known(auth, ["type", "clientId", "clientSecret", "assertion", "issuer"], "auth.");
  const { assertion } = auth;
  if (typeof assertion !== "function") check.refuse("auth.assertion", "a function");
  return {
    type: "cross-app-access",
    clientId: needed(check, auth, "clientId"),
    clientSecret: needed(check, auth, "clientSecret"),
    assertion: assertion as McpCrossAppAuth["assertion"],
    ...known({ issuer: issuer(check, auth["issuer"]) }),
  };
}

function word(check: FieldCheck, field: string, value: unknown): string | undefined {
  if (value === undefined || (isText(value) && value.trim() !== "")) return value;
  check.refuse(field, "a string that is not empty");
}

function needed(check: FieldCheck, auth: Fields, field: string): string {
  return word(check, `auth.${field}`, auth[field]) ?? check.refuse(`auth.${field}`, "given");
}

/** A scheme of the program's own is fine, as native applications have it. */
function redirectUrl(check: FieldCheck, value: unknown): string {
  const url = parsed(value);
  if (!url || ["javascript:", "data:", "blob:"].includes(url.protocol)) {
    check.refuse("auth.redirectUrl", "a URL");
  }
  if (url.hash !== "") check.refuse("auth.redirectUrl", "a URL without a fragment");
  // As it was given: authorization servers compare it letter by letter.
  return String(value);
}

function metadataUrl(check: FieldCheck, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const url = parsed(value);
  if (url?.protocol === "https:" && url.pathname !== "/") return String(value);
  check.refuse("auth.clientMetadataUrl", "an https URL with a path");
}

function issuer(check: FieldCheck, value: unknown): string | undefined {
  if (value === undefined || parsed(value) !== null) return value as string | undefined;
  check.refuse("auth.issuer", "a URL");
}

function parsed(value: unknown): URL | null {
  return value instanceof URL || typeof value === "string" ? URL.parse(value) : null;
}

function isName(value: unknown): boolean {
  return (
    typeof value === "string" && value.length <= MAX_CLIENT_NAME && /^[^\p{Cc}]+$/u.test(value)
  );
}

/** Without what is undefined. */
function known<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: NonNullable<T[Name]> };
}
