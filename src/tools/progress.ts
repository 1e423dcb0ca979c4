import { describe, HeddleError } from "../errors.ts";
import { toJson } from "./json.ts";

export const MAX_PROGRESS_BYTES = 8_192;

/**
 * A copy of what a tool reports, as plain data.
 *
 * @throws {HeddleError} `INVALID_INPUT` for what JSON cannot hold, and for more than 8 KiB of it.
 */
export function plainProgress(value: unknown): unknown {
  const json = jsonOf(value);
  const sizeBytes = json === undefined ? 0 : Buffer.byteLength(json);
  if (json === undefined || sizeBytes > MAX_PROGRESS_BYTES) {
    throw refused(`at most ${MAX_PROGRESS_BYTES} bytes of plain data; it has ${sizeBytes}`);
  }
  return JSON.parse(json);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return toJson(value);
  } catch (error) {
    throw refused(`plain data: ${describe(error)}`, error);
  }
}

function refused(expected: string, cause?: unknown): HeddleError {
  return new HeddleError("INVALID_INPUT", `progress must be ${expected}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { field: "progress" },
  });
}
