import type { ContentPart, Message } from "../../protocol/model.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { McpRequest } from "./mcp-connection.ts";
import { partOf, wordsOf } from "./mcp-content.ts";
import { listPages } from "./mcp-listing.ts";

/** Something that a server lets its clients read. */
export type McpResource = {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly size?: number;
};

/** URIs that a server lets its clients read, as a template of RFC 6570: `"file:///{path}"`. */
export type McpResourceTemplate = Omit<McpResource, "uri" | "size"> & {
  readonly uriTemplate: string;
};

/** What a resource holds: text, or base64. */
export type McpResourceContents = { readonly uri: string; readonly mimeType?: string } & (
  | { readonly text: string }
  | { readonly blob: string }
);

/** A prompt that a server has, and what it is to be filled in with. */
export type McpPrompt = {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly required?: boolean;
  }[];
};

/** A prompt as it is filled in. `messages` can be handed to `session.run` as they are. */
export type McpPromptMessages = {
  readonly description?: string;
  readonly messages: readonly Message[];
};

const WITHOUT_END = { timeout: MAX_TIMER_MS };

export const listResources: McpRequest<readonly McpResource[]> = async ({ client }, signal) => {
  if (!client.getServerCapabilities()?.resources) return [];
  const { entries } = await listPages(
    (params) => client.request({ method: "resources/list", params }, { ...WITHOUT_END, signal }),
    ({ resources }) => resources,
  );
  return entries as readonly McpResource[];
};

export const listResourceTemplates: McpRequest<readonly McpResourceTemplate[]> = async (
  { client },
  signal,
) => {
  if (!client.getServerCapabilities()?.resources) return [];
  const options = { ...WITHOUT_END, signal };
  const { entries } = await listPages(
    (params) => client.request({ method: "resources/templates/list", params }, options),
    ({ resourceTemplates }) => resourceTemplates,
  );
  return entries as readonly McpResourceTemplate[];
};

export function readResource(uri: string): McpRequest<readonly McpResourceContents[]> {
  return async ({ client }, signal) => {
    const request = { method: "resources/read" as const, params: { uri } };
    const { contents } = await client.request(request, { ...WITHOUT_END, signal });
    return contents as readonly McpResourceContents[];
  };
}

export const listPrompts: McpRequest<readonly McpPrompt[]> = async ({ client }, signal) => {
  if (!client.getServerCapabilities()?.prompts) return [];
  const { entries } = await listPages(
    (params) => client.request({ method: "prompts/list", params }, { ...WITHOUT_END, signal }),
    ({ prompts }) => prompts,
  );
  return entries as readonly McpPrompt[];
};

export function getPrompt(
  name: string,
  args: { readonly [name: string]: string },
): McpRequest<McpPromptMessages> {
  return async ({ client }, signal) => {
    const request = { method: "prompts/get" as const, params: { name, arguments: { ...args } } };
    const { description, messages } = await client.request(request, { ...WITHOUT_END, signal });
    return {
      ...(description === undefined ? {} : { description }),
      messages: messages.map(({ role, content }) =>
        role === "user"
          ? { role, content: userContent(partOf(content)) }
          : { role, content: wordsOf(content) },
      ),
    };
  };
}

function userContent(part: ContentPart): string | readonly ContentPart[] {
  return part.type === "text" ? part.text : [part];
}
