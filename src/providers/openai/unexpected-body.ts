import type { Readable } from "node:stream";
import type { HeddleError } from "../../errors.ts";
import { readText } from "./body.ts";
import { cancelled, protocolError } from "./failures.ts";
import type { MessageResponse } from "./http-transport.ts";
import { streamError } from "./server-error.ts";
import { asObject, parseJson } from "./untrusted.ts";

const MAX_BODY_BYTES = 64 * 1_024;

/**
 * Says why a successful answer cannot be read as an event stream; undefined when it can.
 *
 * An answer that is no stream is read to its end or cut, and its connection closed.
 */
export async function notAStream(
  { message, content }: MessageResponse,
  signal: AbortSignal,
): Promise<HeddleError | undefined> {
  const { statusCode, headers } = message;
  const { "content-type": contentType } = headers;
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  const answered = `the model server answered ${statusCode}`;
  if (statusCode === 204 || statusCode === 205) {
    message.destroy();
    return protocolError(`${answered}, which has no body, in place of an event stream`);
  }
  if (content === undefined) {
    message.destroy();
    const packing = quote(headers["content-encoding"] ?? "");
    return protocolError(`${answered} with the content encoding ${packing}, unasked`);
  }
  // Without a type it is given the benefit of the doubt: what is no event stream has no complete response in it.
  if (type === undefined || type === "text/event-stream") return undefined;
  const wrongType = `${answered} with ${quote(type)} in place of an event stream`;
  return explain(await readBodyOrAbort(content, signal), wrongType);
}

async function readBodyOrAbort(content: Readable, signal: AbortSignal): Promise<string> {
  const abort = (): void => void content.destroy();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    const body = await readText(content, MAX_BODY_BYTES);
    if (signal.aborted) throw cancelled(signal);
    return body;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function explain(body: string, wrongType: string): HeddleError {
  const json = asObject<"error" | "object" | "choices" | "output">(parseJson(body));
  if (json?.error) return streamError(json);
  if (Array.isArray(json?.choices) || Array.isArray(json?.output)) {
    return protocolError(
      `${wrongType}: it holds the whole response, so the server or a proxy ignores "stream": true`,
    );
  }
  const isHtml = /^\s*</.test(body);
  return protocolError(isHtml ? `${wrongType}: is the base URL that of an API?` : wrongType);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
