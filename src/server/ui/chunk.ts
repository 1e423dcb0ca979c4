import type { Usage } from "../../index.ts";

/** What is known of the job behind a message, as its metadata. */
export type UIMessageMetadata = {
  readonly jobId: string;
  /** Of all its model calls together; left out until it has ended. */
  readonly usage?: Usage;
};

/** What a client keeps with a part, and sends back. */
export type ProviderMetadata = { readonly heddle: { readonly seal: string } };

type ToolInput = {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly dynamic: true;
};

/**
 * A piece of the AI SDK's UI message stream, as far as a job has something to tell: each is one of the SDK's `UIMessageChunk`.
 *
 * Tools are dynamic parts: their types are the server's, and no front end needs to know them.
 */
export type UIMessageChunk =
  | {
      readonly type: "start";
      readonly messageId: string;
      readonly messageMetadata: UIMessageMetadata;
    }
  | { readonly type: "start-step" | "finish-step" | "reset-step" }
  | {
      readonly type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end";
      readonly id: string;
      readonly providerMetadata?: ProviderMetadata;
    }
  | {
      readonly type: "text-delta" | "reasoning-delta";
      readonly id: string;
      readonly delta: string;
    }
  | ({ readonly type: "tool-input-start" } & ToolInput)
  | {
      readonly type: "tool-input-delta";
      readonly toolCallId: string;
      readonly inputTextDelta: string;
    }
  | ({
      readonly type: "tool-input-available";
      readonly input: unknown;
      readonly providerMetadata?: ProviderMetadata;
    } & ToolInput)
  | ({
      readonly type: "tool-input-error";
      readonly input: unknown;
      readonly errorText: string;
      readonly providerMetadata?: ProviderMetadata;
    } & ToolInput)
  | {
      readonly type: "tool-approval-request";
      readonly approvalId: string;
      readonly toolCallId: string;
      readonly isAutomatic?: true;
    }
  | {
      readonly type: "tool-approval-response";
      readonly approvalId: string;
      readonly approved: boolean;
      readonly reason?: string;
    }
  | {
      readonly type: "tool-output-available";
      readonly toolCallId: string;
      readonly output: unknown;
      readonly dynamic: true;
      readonly preliminary?: true;
    }
  | {
      readonly type: "tool-output-error";
      readonly toolCallId: string;
      readonly errorText: string;
      readonly dynamic: true;
    }
  | { readonly type: "tool-output-denied"; readonly toolCallId: string }
  | { readonly type: "file"; readonly mediaType: string; readonly url: string }
  | {
      readonly type: "source-url";
      readonly sourceId: string;
      readonly url: string;
      readonly title?: string;
    }
  | {
      readonly type: "source-document";
      readonly sourceId: string;
      readonly mediaType: string;
      readonly title: string;
    }
  | { readonly type: "message-metadata"; readonly messageMetadata: UIMessageMetadata }
  | {
      readonly type: "finish";
      readonly finishReason: "stop" | "length" | "content-filter" | "tool-calls" | "other";
      readonly messageMetadata: UIMessageMetadata;
    }
  | { readonly type: "abort"; readonly reason: string }
  | { readonly type: "error"; readonly errorText: string };
