import { defineTool } from "./define-tool.ts";
import type { FetchArguments } from "./http/fetch-url.ts";
import { fetchUrl, isSafe } from "./http/fetch-url.ts";
import type { HttpOptions } from "./http/settings.ts";
import { httpSettings } from "./http/settings.ts";
import type { JsonSchema, Tool } from "./tool.ts";

export type { HttpOptions } from "./http/settings.ts";

/**
 * The web, for agents: `fetch_url`. The worker needs `permissions.net`.
 *
 * Only hosts in `allow` are asked, also by way of redirects, of which there are at most five. A host whose address is private, loopback or link-local is refused, unless it is
 * named in `allow` itself; the address that was checked is the one that is connected to. GET and HEAD need no approval, all else does. A text is given as it is, HTML too; of
 * what is no text, only type and size. The socket is closed when the call is to stop.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function tools(options: HttpOptions): readonly Tool<JsonSchema>[] {
  const settings = httpSettings(options);
  const text = { type: "string", minLength: 1, maxLength: 1_000 } as const;
  const isReadOnly = settings.methods.every(isSafe);
  return [
    defineTool({
      name: "fetch_url",
      description:
        `Sends a request to a URL and gives the status and the text of the answer, ${settings.maxBytes} bytes at most. ` +
        `Hosts: ${options.allow.join(", ")}.`,
      parameters: {
        type: "object",
        properties: {
          url: { type: "string", minLength: 1, maxLength: 8_192 },
          method: { type: "string", enum: settings.methods, description: "Default GET" },
          accept: { ...text, description: "The Accept header" },
          ...(isReadOnly
            ? {}
            : {
                contentType: { ...text, description: "The type of the body" },
                body: { type: "string" },
              }),
        },
        required: ["url"],
        additionalProperties: false,
      },
      needsApproval: (args) => !isSafe((args as FetchArguments).method),
      idempotent: isReadOnly,
      execute: (args, ctx) => fetchUrl(settings, args as FetchArguments, ctx),
    }),
  ];
}
