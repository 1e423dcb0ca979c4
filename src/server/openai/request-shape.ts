import { z } from "@hono/zod-openapi";
import { EFFORTS } from "../efforts.ts";

/*
 * What is read of a request for a chat completion. Where OpenAI takes null for "left out", so does this.
 *
 * Ignored, because an answer without it is still what was asked for: `user`, `safety_identifier`, `metadata`, `store` (nothing is
 * kept), `service_tier`, `prompt_cache_key`, `prediction`, `verbosity`, `strict` of a tool, the `name` of a message, and every field
 * that is not known.
 *
 * Refused, because ignoring it would be a lie: `n` other than 1, `logprobs`, `top_logprobs`, `logit_bias`, `functions` and
 * `function_call`, `audio` and other modalities than text, `web_search_options`, custom tools, and messages with the role `function`.
 */

type Nullish<T> = T | null | undefined;

export type WireTextPart = { type: "text"; text: string };
export type WireUserPart =
  | WireTextPart
  | { type: "image_url"; image_url: { url: string; detail?: Nullish<"auto" | "low" | "high"> } }
  | { type: "file"; file: { file_data: string; filename?: Nullish<string> } };
export type WireAssistantPart = WireTextPart | { type: "refusal"; refusal: string };
/** `extra_content` is what Gemini's API has clients keep with a call: the seal of the response is there. */
export type WireRequestCall = {
  id: string;
  function: { name: string; arguments: string };
  extra_content?: Nullish<{ google?: Nullish<{ thought_signature?: Nullish<string> }> }>;
};
export type WireAssistantMessage = {
  role: "assistant";
  content?: Nullish<string | WireAssistantPart[]>;
  refusal?: Nullish<string>;
  tool_calls?: Nullish<WireRequestCall[]>;
};
export type WireMessage =
  | { role: "system" | "developer"; content: string | WireTextPart[] }
  | { role: "user"; content: string | WireUserPart[] }
  | WireAssistantMessage
  | { role: "tool"; tool_call_id: string; content: string | WireTextPart[] };
export type WireTool = {
  function: {
    name: string;
    description?: Nullish<string>;
    parameters?: Nullish<Record<string, unknown>>;
  };
};
export type WireToolChoice = "auto" | "none" | "required" | { function: { name: string } };
export type WireResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: { schema: Record<string, unknown> } };

export type ChatRequest = {
  model: string;
  messages: WireMessage[];
  stream?: Nullish<boolean>;
  stream_options?: Nullish<{ include_usage?: Nullish<boolean> }>;
  temperature?: Nullish<number>;
  max_tokens?: Nullish<number>;
  max_completion_tokens?: Nullish<number>;
  reasoning_effort?: Nullish<(typeof EFFORTS)[number]>;
  top_p?: Nullish<number>;
  seed?: Nullish<number>;
  stop?: Nullish<string | string[]>;
  frequency_penalty?: Nullish<number>;
  presence_penalty?: Nullish<number>;
  parallel_tool_calls?: Nullish<boolean>;
  tools?: Nullish<WireTool[]>;
  tool_choice?: Nullish<WireToolChoice>;
  response_format?: Nullish<WireResponseFormat>;
};

const Text = z.object({ type: z.literal("text"), text: z.string() });
const Texts = z.union([z.string(), z.array(Text)], {
  error: "must be a string, or an array of text parts",
});

const Image = z.object({
  type: z.literal("image_url"),
  image_url: z.object({
    url: z.string().min(1),
    detail: z.enum(["auto", "low", "high"]).nullish(),
  }),
});
const File = z.object({
  type: z.literal("file"),
  file: z.object({
    file_data: z.string("must be a data: URL; there are no stored files (file_id)").min(1),
    filename: z.string().nullish(),
  }),
});
const UserPart = z.discriminatedUnion("type", [Text, Image, File], {
  error: 'must be "text", "image_url" or "file"; "input_audio" is not supported',
});
const AssistantPart = z.discriminatedUnion(
  "type",
  [Text, z.object({ type: z.literal("refusal"), refusal: z.string() })],
  { error: 'must be "text" or "refusal"' },
);
const ToolCall = z.object({
  id: z.string().min(1),
  type: z.literal("function", 'must be "function": custom tools are not supported').optional(),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
  extra_content: z
    .object({ google: z.object({ thought_signature: z.string().nullish() }).nullish() })
    .nullish(),
});
const parts = { error: "must be a string, or an array of parts" };
const Message = z.discriminatedUnion(
  "role",
  [
    z.object({ role: z.enum(["system", "developer"]), content: Texts }),
    z.object({ role: z.literal("user"), content: z.union([z.string(), z.array(UserPart)], parts) }),
    z.object({
      role: z.literal("assistant"),
      content: z.union([z.string(), z.array(AssistantPart)], parts).nullish(),
      refusal: z.string().nullish(),
      tool_calls: z.array(ToolCall).nullish(),
      function_call: unsupported("use tool_calls"),
      audio: unsupported("answers are text only"),
    }),
    z.object({ role: z.literal("tool"), tool_call_id: z.string().min(1), content: Texts }),
  ],
  {
    error:
      'must be "system", "developer", "user", "assistant" or "tool"; "function" is not supported, use tools',
  },
);

/** A schema of a library is known by its `~standard`; what comes from outside is data only. */
const JsonSchema = z
  .record(z.string(), z.unknown())
  .refine((schema) => !Object.hasOwn(schema, "~standard"), "must be a JSON Schema");

const Tool = z.object({
  type: z.literal("function", 'must be "function": custom tools are not supported'),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "must be 1 to 64 of a-z, A-Z, 0-9, _ and -"),
    description: z.string().nullish(),
    parameters: JsonSchema.nullish(),
  }),
});
const ToolChoice = z.union(
  [
    z.enum(["auto", "none", "required"]),
    z.object({ type: z.literal("function"), function: z.object({ name: z.string().min(1) }) }),
  ],
  { error: 'must be "auto", "none", "required", or { type: "function", function: { name } }' },
);
const ResponseFormat = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("text") }),
    z.object({ type: z.literal("json_object") }),
    z.object({ type: z.literal("json_schema"), json_schema: z.object({ schema: JsonSchema }) }),
  ],
  { error: 'must be "text", "json_object" or "json_schema"' },
);
const stops = { error: "must be a string, or an array of at most 4 strings" };
const Tokens = z.number().int().min(1).max(10_000_000);

export const ChatRequestShape: z.ZodType<ChatRequest> = z
  .object({
    model: z.string().min(1),
    messages: z.array(Message).min(1),
    stream: z.boolean().nullish(),
    stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    max_tokens: Tokens.nullish(),
    max_completion_tokens: Tokens.nullish(),
    reasoning_effort: z.enum(EFFORTS).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    seed: z.int().nullish(),
    stop: z.union([z.string(), z.array(z.string()).max(4)], stops).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    tools: z.array(Tool).max(128).nullish(),
    tool_choice: ToolChoice.nullish(),
    response_format: ResponseFormat.nullish(),
    n: only((n) => n === 1, "must be 1: there is one choice"),
    logprobs: only((wanted) => wanted === false, "must be false: they are not known"),
    top_logprobs: only((count) => count === 0, "must be 0: logprobs are not known"),
    logit_bias: only(isEmpty, "is not supported"),
    functions: only(isEmpty, "is not supported: use tools"),
    function_call: unsupported("use tool_choice"),
    modalities: only(
      (given) => Array.isArray(given) && given.every((one) => one === "text"),
      'must be ["text"]',
    ),
    audio: unsupported("answers are text only"),
    web_search_options: unsupported("give the agent a tool of its own"),
  })
  .openapi("ChatCompletionRequest");

/** A field that is not read, and is to say what holds anyway. */
function only(holds: (value: unknown) => boolean, problem: string): z.ZodOptional<z.ZodUnknown> {
  return z
    .unknown()
    .refine((value) => value === null || holds(value), problem)
    .optional();
}

function unsupported(instead: string): z.ZodOptional<z.ZodUnknown> {
  return only(() => false, `is not supported: ${instead}`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
