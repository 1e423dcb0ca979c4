import { describe, HeddleError } from "../errors.ts";
import type { ToolContext } from "./tool.ts";

/** A call that the tool's options do not allow; the message is for the model. */
export function denied(message: string): HeddleError {
  return new HeddleError("PERMISSION_DENIED", message);
}

/** A call that cannot be carried out; the message is for the model. */
export function failed(message: string, cause?: unknown): HeddleError {
  return new HeddleError("TOOL_FAILED", message, cause === undefined ? {} : { cause });
}

/** What Node's permission model, or this package, has refused is passed on as it is. */
export function isFinal(error: unknown): boolean {
  return codeOf(error) === "ERR_ACCESS_DENIED" || HeddleError.is(error);
}

/** Says by the path that the model knows why the system has refused something. */
export function fileProblem(path: string, error: unknown): unknown {
  if (isFinal(error)) return error;
  return failed(`${path}: ${REASONS[codeOf(error)] ?? describe(error)}`, error);
}

/** Throws when the call is to stop; also where nothing that waits for `signal` has had a turn. */
export function throwIfCancelled(ctx: Pick<ToolContext, "signal" | "cancelled">): void {
  ctx.signal.throwIfAborted();
  if (ctx.cancelled) throw new HeddleError("TOOL_INTERRUPTED", "the call was cancelled");
}

export function codeOf(error: unknown): string {
  const { code } = Object(error);
  return typeof code === "string" ? code : "";
}

const REASONS: { readonly [code: string]: string } = {
  ENOENT: "there is no such file or directory",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "this is a directory",
  EACCES: "the system does not permit it",
  EPERM: "the system does not permit it",
  ELOOP: "there are too many symbolic links, or one where a file was expected",
  ENAMETOOLONG: "the path is too long",
  ENOSPC: "there is no space left",
  EROFS: "it is read-only",
  ENXIO: "this is not a regular file",
};
