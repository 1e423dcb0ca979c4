import { describe, HeddleError } from "../../errors.ts";
import type { NetworkProblem } from "../../network/problems.ts";
import type { ErrorDetails } from "../../protocol/error.ts";

/** What a request rejects with once its signal has aborted. */
export function cancelled(signal: AbortSignal): HeddleError {
  const reason: unknown = signal.reason;
  if (HeddleError.is(reason)) return reason;
  return new HeddleError("JOB_CANCELLED", describe(reason), { cause: reason });
}

/** The server broke the protocol: asking again would give the same. */
export function protocolError(message: string): HeddleError {
  return new HeddleError("PROVIDER_PROTOCOL", message, { details: { retryable: false } });
}

/** A field of an event has a type that the API does not have. */
export function malformed(field: string): HeddleError {
  return protocolError(`the model server sent a malformed event: ${field} has the wrong type`);
}

/** The answer makes sense, but not here. */
export function otherApi(api: "chat" | "responses"): HeddleError {
  return protocolError(
    `the model server answered in the form of another API: openaiProvider({ api: "${api}" }) reads it`,
  );
}

/** The server ended in good order, but its response did not. */
export function truncated(message: string): HeddleError {
  return new HeddleError("PROVIDER_TRUNCATED", message, { details: { retryable: true } });
}

const CONNECTION_MESSAGES: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "the model server refused the connection"],
  ["ECONNRESET", "the connection to the model server was lost"],
  ["EPIPE", "the connection to the model server was lost"],
  ["ENOTFOUND", "the model server's name was not found"],
  ["EAI_AGAIN", "the model server's name could not be looked up"],
  ["ETIMEDOUT", "the connection to the model server timed out"],
]);

/** Puts what `node:http` reports about a connection into words; those of `problem` where it has any. */
export function connectionError(
  cause: (Error & { code?: string }) | undefined,
  problem?: NetworkProblem,
): HeddleError {
  if (problem !== undefined) {
    return new HeddleError("PROVIDER_CONNECTION", problem.message, {
      ...(cause === undefined ? {} : { cause }),
      details: { retryable: problem.isPassing },
    });
  }
  const code = cause?.code ?? "ECONNRESET";
  if (code.startsWith("HPE_")) {
    // Without the cause: it carries the server's bytes as `rawPacket`.
    return protocolError(`the model server does not speak HTTP: ${describe(cause)} (${code})`);
  }
  const known = CONNECTION_MESSAGES.get(code);
  const message = known ?? `the connection to the model server failed: ${describe(cause)}`;
  return new HeddleError("PROVIDER_CONNECTION", `${message} (${code})`, {
    ...(cause === undefined ? {} : { cause }),
    details: { retryable: true },
  });
}

/** The same error with more details; those it has already are kept. */
export function withDetails(error: HeddleError, details: ErrorDetails): HeddleError {
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  return new HeddleError(error.code, error.message, {
    ...cause,
    details: { ...details, ...error.details },
  });
}

/**
 * `error` if nothing in it, as it would be printed, contains one of `secrets`; else a copy of its code, message and
 * details with the secrets blotted out. Servers do echo the key they refuse.
 */
export function withoutSecrets(error: HeddleError, secrets: readonly string[]): HeddleError {
  const printed = [error.message, error.stack, ...Object.values(error.details), ...causes(error)];
  if (!secrets.some((secret) => printed.some((text) => String(text).includes(secret))))
    return error;
  const blot = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  const details = Object.entries(error.details).map(([name, value]) => [
    name,
    typeof value === "string" ? blot(value) : value,
  ]);
  return new HeddleError(error.code, blot(error.message), {
    details: Object.fromEntries(details) as ErrorDetails,
  });
}

function causes(error: Error): readonly string[] {
  const texts: string[] = [];
  for (let cause = error.cause; cause instanceof Error && texts.length < 10; cause = cause.cause) {
    texts.push(cause.message, cause.stack ?? "");
  }
  return texts;
}

/** Whether the server has refused the key. The client wraps what its `fetch` throws. */
export function isUnauthorized(thrown: unknown): boolean {
  const cause = thrown instanceof Error && !HeddleError.is(thrown) ? thrown.cause : thrown;
  return HeddleError.is(cause) && cause.details["status"] === 401;
}
