import { HeddleError } from "../errors.ts";

const MAX_DEPTH = 8;

/** What of a worker's `permissions` would have allowed what Node's permission model has refused, by its name for that. */
const GRANTS: ReadonlyMap<unknown, (resource: string) => string> = new Map<
  unknown,
  (resource: string) => string
>([
  ["FileSystemRead", (path) => `permissions.fsRead: [${JSON.stringify(path)}]`],
  ["FileSystemWrite", (path) => `permissions.fsWrite: [${JSON.stringify(path)}]`],
  ["ChildProcess", () => "permissions.childProcess: true"],
  ["Net", () => "permissions.net: true"],
]);

type AccessDenied = { readonly permission?: unknown; readonly resource?: unknown };

/** The error of code that has met its worker's permissions, wherever in `thrown` it is; undefined: it has not. */
export function permissionDenied(thrown: unknown): HeddleError | undefined {
  const denied = find(thrown, 0);
  if (!denied) return undefined;
  const { permission, resource = "" } = denied;
  const grant = GRANTS.get(permission)?.(String(resource));
  const what = `${String(permission)} ${String(resource)}`.trim();
  const hint = grant === undefined ? "nothing would allow it" : `what would allow it: ${grant}`;
  const details = grant === undefined ? {} : { grant };
  return new HeddleError("PERMISSION_DENIED", `access was denied (${what}); ${hint}`, {
    cause: thrown,
    details,
  });
}

function find(error: unknown, depth: number): AccessDenied | undefined {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (code === "ERR_ACCESS_DENIED") return error as AccessDenied;
  const inside = [cause, ...(Array.isArray(errors) ? errors.slice(0, MAX_DEPTH) : [])];
  return inside.map((one) => find(one, depth + 1)).find((found) => found !== undefined);
}
