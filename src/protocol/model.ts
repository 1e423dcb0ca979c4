/** What a message can contain. Images and files are given inline (base64) or by a URL that the model's server can read. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | ({ readonly type: "image"; readonly detail?: "auto" | "low" | "high" } & MediaSource)
  | ({ readonly type: "file"; readonly filename?: string } & MediaSource);

/** Plain JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/**
 * Either `url`, or base64 `data` with its `mediaType`. A file by URL is for models that take one: OpenAI's Chat Completions do not.
 *
 * The third form stands only in a job's log, which holds no bytes: `job.media(ref)` gives them. It cannot be handed in.
 */
export type MediaSource =
  | {
      readonly url: string;
      readonly data?: never;
      readonly mediaType?: string;
      readonly ref?: never;
    }
  | {
      readonly data: string;
      readonly mediaType: string;
      readonly url?: never;
      readonly ref?: never;
    }
  | {
      readonly ref: string;
      readonly mediaType: string;
      readonly sizeBytes: number;
      readonly url?: never;
      readonly data?: never;
    };

/** One message of a conversation, independent of any model's wire format. */
export type Message =
  | { readonly role: "user"; readonly content: string | readonly ContentPart[] }
  | AssistantMessage
  | {
      readonly role: "tool";
      readonly toolCallId: string;
      readonly toolName: string;
      /** Parts where the tool has returned images or files. */
      readonly content: string | readonly ContentPart[];
      readonly isError?: boolean;
    };

export type AssistantMessage = {
  readonly role: "assistant";
  readonly content: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** The whole response in its order, with what its provider wants back. Left out where `content`, `refusal` and `toolCalls` say it all. */
  readonly parts?: readonly ResponsePart[];
  /** The response was cut off by a cancel or a failure: `content` is what had arrived. It has no `parts`. */
  readonly interrupted?: true;
};

/**
 * What a provider keeps with a part of a response: a signature, an encrypted item, the name of a field.
 *
 * `data` is opaque to everybody else. It is sent back verbatim with the conversation, but only to the provider and the model that
 * made it. A provider of your own gives `data` alone: its gateway adds the other two, and leaves out what is not the provider's
 * before the provider sees a request. At most 1 MiB of JSON for all parts of a response: more than that is left out, with a warning.
 */
export type PartState = {
  /** The provider's name among the supervisor's `providers`. */
  readonly provider?: string;
  /** The model that was asked for; "" for the default of a provider that does not name it. */
  readonly model?: string;
  readonly data: Json;
};

/** One piece of a whole response, in the order in which the model made them. */
export type ResponsePart = (
  | {
      readonly type: "text";
      readonly text: string;
      /** A remark on the way to the answer, which is no part of the output. */
      readonly isCommentary?: true;
    }
  | { readonly type: "reasoning"; readonly text: string }
  /** `index` is the call's place in `toolCalls`. */
  | { readonly type: "tool-call"; readonly index: number }
  | ({ readonly type: "file"; readonly filename?: string } & MediaSource)
  /** What the model has read. At least one of the first two is there. */
  | {
      readonly type: "source";
      readonly url?: string;
      readonly title?: string;
      readonly mediaType?: string;
    }
  /** Something that only its provider knows, such as a tool that the model's server has carried out itself. */
  | { readonly type: "custom"; readonly kind: string }
) & { readonly state?: PartState };

/** A tool call as the model wrote it. `argumentsText` is untrusted and may not even be JSON. */
export type ToolCall = {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
};

/** A tool as the model sees it. `parameters` is a JSON Schema. */
export type ToolSpec = {
  readonly name: string;
  readonly description?: string;
  readonly parameters: { readonly [key: string]: unknown };
  /** The model's server is to hold the arguments to the schema. @defaultValue false */
  readonly strict?: boolean;
};

/** Settings of a model call. What is left out is left to the model's server. */
export type ModelSettings = {
  /** The model's name, as its server knows it. Left out: the provider's own default. */
  readonly name?: string;
  /** 0 to 2. */
  readonly temperature?: number;
  /** 1 or more. */
  readonly maxOutputTokens?: number;
  /** `required` and a named tool hold for the first model call of a job; after it the model may answer. */
  readonly toolChoice?: "auto" | "none" | "required" | { readonly tool: string };
  /** Whether the model may call several tools in one response. */
  readonly parallelToolCalls?: boolean;
  readonly reasoning?: ReasoningSettings;
  /** 0 to 1. */
  readonly topP?: number;
  /** 1 or more. */
  readonly topK?: number;
  /** Texts that end a response: 1 to 16 of them, none empty. */
  readonly stop?: readonly string[];
  /** A whole number from -2^53 to 2^53. */
  readonly seed?: number;
  /** -2 to 2. */
  readonly frequencyPenalty?: number;
  /** -2 to 2. */
  readonly presencePenalty?: number;
  /**
   * `auto` marks what is the same in every call (tools, instructions, the conversation so far), where the model's server wants such
   * marks to keep it in its prompt cache; `off` marks nothing. @defaultValue "off"
   */
  readonly cache?: "auto" | "off";
  /**
   * Fields for the body of a request, as the model's server names them, by the provider's name among the supervisor's `providers`;
   * for `aiSdkProvider`, the `providerOptions` of the AI SDK under the names of that SDK.
   */
  readonly providerOptions?: { readonly [name: string]: JsonObject };
  /** Fields for the body of a request to any provider that sends JSON. They may not replace what Heddle sends itself. */
  readonly extraBody?: JsonObject;
  /** Query parameters for the URL of a request. */
  readonly query?: { readonly [name: string]: string };
};

export type ReasoningSettings = {
  readonly effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
  /** A summary of what the model has thought, to be read as reasoning, where the server makes one. */
  readonly summary?: "auto" | "concise" | "detailed";
  /** How many tokens it may think. 1 or more. */
  readonly budgetTokens?: number;
};

/** What the text of a response is to be: JSON by this JSON Schema. The text is checked whatever the model's server makes of it. */
export type OutputSpec = {
  readonly name: string;
  readonly schema: { readonly [key: string]: unknown };
};

export type ModelRequest = {
  readonly instructions?: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolSpec[];
  /** Left out: any text. */
  readonly output?: OutputSpec;
  readonly settings: ModelSettings;
  /** Who asks, for logs and for providers that answer by position. */
  readonly origin: RequestOrigin;
};

export type RequestOrigin = {
  readonly workerId: string;
  readonly workerName: string;
  readonly jobId: string;
  /** How many model calls this worker has made before this one, over all its jobs. Retries do not count, and asking another provider does not. */
  readonly callIndex: number;
};

/** A piece of a response, as it arrives. */
export type ModelResponseChunk =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "refusal"; readonly text: string }
  | ToolCallChunk;

/**
 * A piece of a tool call. `id` and `name` come with the first piece of each `index`; the `argumentsText` of all pieces is joined. A
 * later `name` replaces it: some servers send it in pieces.
 */
export type ToolCallChunk = {
  readonly type: "tool-call";
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly argumentsText: string;
};

/** A whole response. `text` is exactly the text chunks joined. */
export type ModelResponse = {
  readonly text: string;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: ResponseFinishReason;
  /** The server's own word for it, where it is not one of those that everybody knows. */
  readonly rawFinishReason?: string;
  readonly usage: Usage;
  /**
   * All of it in its order, with what the provider wants back. Left out where `text`, `refusal` and `toolCalls` say it all. Its text
   * parts joined are `text`, and it names each of the `toolCalls` once.
   */
  readonly parts?: readonly ResponsePart[];
  /** What was asked for and not done; each is a `warning` event of the job, once. */
  readonly warnings?: readonly string[];
  /** The provider that answered: its name among the supervisor's `providers`. */
  readonly provider?: string;
  /** The model that answered, as the server names it. */
  readonly model?: string;
  /** The response's id on the server. */
  readonly id?: string;
};

/** `error` and `other` are no success: without tool calls the job fails with `PROVIDER_FINISH_REASON`. */
export type ResponseFinishReason =
  | "stop"
  | "length"
  | "tool-calls"
  | "content-filter"
  | "refusal"
  | "error"
  | "other";

/** Tokens, as the server counted them. All 0 in a response whose server does not say. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Of the input, what the server had in its prompt cache. */
  readonly cachedInputTokens?: number;
  /** Of the input, what it has put into its prompt cache. */
  readonly cacheWriteInputTokens?: number;
  readonly reasoningTokens?: number;
  /**
   * A part of it is estimated: of a model call that is under way or was cut off, or whose server did not say. Its input is then
   * its characters divided by 4 and 1,000 for each image or file, its output the bytes of all that has arrived divided by 4.
   */
  readonly estimated?: true;
};
