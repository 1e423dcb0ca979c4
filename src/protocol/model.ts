/** What a message can contain. Images and files are given inline (base64) or by a URL that the model's server can read. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | ({ readonly type: "image"; readonly detail?: "auto" | "low" | "high" } & MediaSource)
  | ({ readonly type: "file"; readonly filename?: string } & MediaSource);

/** Either `url`, or base64 `data` with its `mediaType`. A file by URL is for models that take one: OpenAI's Chat Completions do not. */
export type MediaSource =
  | { readonly url: string; readonly data?: never; readonly mediaType?: never }
  | { readonly data: string; readonly mediaType: string; readonly url?: never };

/** One message of a conversation, independent of any model's wire format. */
export type Message =
  | { readonly role: "user"; readonly content: string | readonly ContentPart[] }
  | AssistantMessage
  | {
      readonly role: "tool";
      readonly toolCallId: string;
      readonly toolName: string;
      readonly content: string;
      readonly isError?: boolean;
    };

export type AssistantMessage = {
  readonly role: "assistant";
  readonly content: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** The response was cut off by a cancel or a failure: `content` is what had arrived. */
  readonly interrupted?: true;
};

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
};

/** Settings of a model call. What is left out is left to the model's server. */
export type ModelSettings = {
  /** The model's name, as its server knows it. Left out: the provider's own default. */
  readonly name?: string;
  /** 0 to 2. */
  readonly temperature?: number;
  /** 1 or more. */
  readonly maxOutputTokens?: number;
  readonly toolChoice?: "auto" | "none" | "required" | { readonly tool: string };
  readonly reasoning?: {
    readonly effort: "none" | "minimal" | "low" | "medium" | "high" | "xhigh";
  };
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

/** A piece of a tool call. `id` and `name` come with the first piece of each `index`; the `argumentsText` of all pieces is joined. */
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
  readonly usage: Usage;
  /** The provider that answered: its name among the supervisor's providers. */
  readonly provider?: string;
  /** The model that answered, as the server names it. */
  readonly model?: string;
  /** The response's id on the server. */
  readonly id?: string;
};

export type ResponseFinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "refusal";

/** Tokens, as the server counted them. All 0 in a response whose server does not say. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
  /**
   * A part of it is estimated: of a model call that is under way or was cut off, or whose server did not say. Its input is then
   * its characters divided by 4 and 1,000 for each image or file, its output the bytes of all that has arrived divided by 4.
   */
  readonly estimated?: true;
};
