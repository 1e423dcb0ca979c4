import { HeddleError } from "../errors.ts";

/** What is looked at of an error's causes: they may be many, or go round. */
const MAX_LOOKED_AT = 100;

/**
 * What Node's permission model has refused, or a module that the thread does not have without a permission, if that is what `error`, one of its causes, or one of the errors gathered in it says.
 * `details.grant` names the permission of a worker that would allow it; for what no permission allows it is left out.
 *
 * A HeddleError `PERMISSION_DENIED` is returned as it is. Never throws.
 */
export function deniedAccess(error: unknown): HeddleError | undefined {
  if (HeddleError.is(error) && error.code === "PERMISSION_DENIED") return error;
  try {
    const refusal = findRefusal(error);
    return refusal && denied(refusal, error);
  } catch {
    // A getter has thrown. So it is no error of Node's.
    return undefined;
  }
}

/** What is thrown for `node:sqlite` in a thread that was started without it. */
const NO_SQLITE: Refusal = {
  code: "ERR_ACCESS_DENIED",
  message: "node:sqlite",
  permission: "Sqlite",
};

/** As Node 24 and 26 throw it. Of a network call, `permission` is there only where it listens; `syscall` is there where it is not. */
type Refusal = {
  readonly code: "ERR_ACCESS_DENIED";
  readonly message: string;
  readonly permission?: string;
  readonly resource?: string;
  readonly syscall?: string;
};

function findRefusal(error: unknown): Refusal | undefined {
  const found = new Set([error]);
  for (const value of found) {
    if (typeof value !== "object" || value === null) continue;
    const refusal = refusalOf(value);
    if (refusal) return refusal;
    for (const next of innerOf(value)) if (found.size < MAX_LOOKED_AT) found.add(next);
  }
  return undefined;
}

function refusalOf(error: { readonly code?: unknown; readonly message?: unknown }) {
  const { code, message } = error;
  if (code === "ERR_ACCESS_DENIED") return error as Refusal;
  const isMissing = code === "ERR_UNKNOWN_BUILTIN_MODULE" && /node:sqlite$/.test(String(message));
  return isMissing ? NO_SQLITE : undefined;
}

function innerOf(error: { readonly cause?: unknown; readonly errors?: unknown }): unknown[] {
  const { cause, errors } = error;
  return [cause, ...(Array.isArray(errors) ? errors.slice(0, MAX_LOOKED_AT) : [])];
}

function denied(refusal: Refusal, cause: unknown): HeddleError {
  const { permission = refusal.syscall === undefined ? "" : "Net", resource = "" } = refusal;
  const [doing, grant] = meaningOf(permission, resource);
  const what = doing ?? refusal.message;
  const message = grant === undefined ? what : `${what} takes ${grant}`;
  return new HeddleError("PERMISSION_DENIED", `permission denied: ${message}`, {
    cause,
    ...(grant === undefined ? {} : { details: { grant } }),
  });
}

/** What was tried, and what would allow it. */
function meaningOf(permission: string, resource: string): readonly [string?, string?] {
  switch (permission) {
    case "FileSystemRead":
      return [`to read ${resource}`, `permissions.fsRead: [${JSON.stringify(resource)}]`];
    case "FileSystemWrite":
      return [`to write ${resource}`, `permissions.fsWrite: [${JSON.stringify(resource)}]`];
    case "ChildProcess":
      return ["to start a process", "permissions.childProcess: true"];
    case "Net":
      return ["to use the network", "permissions.net: true"];
    case "Sqlite":
      return ["to use node:sqlite", "permissions.sqlite: true"];
    case "WorkerThreads":
      return ["to start a thread is not allowed"];
    default:
      return [];
  }
}
