import { randomBytes } from "node:crypto";
import { HeddleError } from "../../index.ts";

/** What clients need to be let in. `isNew`: nobody knows it yet, so it must be told. */
export type Access =
  | { readonly type: "open" }
  | { readonly type: "token"; readonly token: string; readonly isNew: boolean };

const TOKEN = /^[\x21-\x7e]{16,}$/;

/** @throws {HeddleError} `INVALID_OPTION` for a token that is too short, which is not shown. */
export function accessOf(auth: boolean, given: string | undefined): Access {
  if (!auth) return { type: "open" };
  if (given === undefined || given === "") {
    return { type: "token", token: randomBytes(32).toString("base64url"), isNew: true };
  }
  if (TOKEN.test(given)) return { type: "token", token: given, isNew: false };
  const message = "HEDDLE_TOKEN must be of 16 characters or more, printable and without spaces";
  throw new HeddleError("INVALID_OPTION", message, { details: { field: "HEDDLE_TOKEN" } });
}

/** What signs the state that clients keep; undefined: it is made at the start. @throws {HeddleError} `INVALID_OPTION` for one that is too short, which is not shown. */
export function stateKeyOf(given: string | undefined): string | undefined {
  if (given === undefined || given === "") return undefined;
  if (given.length >= 32) return given;
  const message = "HEDDLE_STATE_KEY must be of 32 characters or more";
  throw new HeddleError("INVALID_OPTION", message, { details: { field: "HEDDLE_STATE_KEY" } });
}
