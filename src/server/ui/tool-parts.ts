import type {
  JobEvent,
  ModelResponse,
  NamedToolCall,
  ToolCall,
  ToolCallChunk,
} from "../../index.ts";
import type { ProviderMetadata, UIMessageChunk } from "./chunk.ts";
import { jsonOf, sendable } from "./plain-json.ts";

type EventOf<T extends JobEvent["type"]> = Extract<JobEvent, { readonly type: T }>;

/** A tool call as a part of the message. */
type ToolPart = {
  /** In the message. The model's own ids need not be unique. */
  readonly id: string;
  readonly modelId: string;
  readonly name: string;
  /** What has come of its arguments. */
  text: string;
  state: "open" | "waiting" | "ended";
  /** The approval that was last asked for. */
  approvalId?: string;
  isDenied: boolean;
  isEdited: boolean;
};

const WHY_NOT = {
  denied: "denied",
  expired: "nobody has decided in time",
  cancelled: "the job has ended before",
} as const;

/** The tool calls of a job's responses, one response after the other, and what is told of them. */
export class ToolParts {
  readonly #ids = new Set<string>();
  /** Calls whose arguments are still arriving, by the model's index. */
  #arriving = new Map<number, ToolPart>();
  /** The calls of the last response, in its order. */
  #parts: readonly ToolPart[] = [];

  /** Whether nothing of the last response is left to be done. */
  get haveEnded(): boolean {
    return this.#parts.every(({ state }) => state === "ended");
  }

  /** The approvals that are waited for, where nothing else goes on meanwhile; none: something does, or nothing waits. */
  get waiting(): readonly string[] {
    if (this.#parts.some(({ state }) => state === "open")) return [];
    return this.#parts.flatMap(({ state, approvalId }) =>
      state === "waiting" && approvalId !== undefined ? [approvalId] : [],
    );
  }

  chunk({ index, id, name, argumentsText }: ToolCallChunk): UIMessageChunk[] {
    const known = this.#arriving.get(index);
    // A call without a name is told of when the response is whole.
    if (!known && name === undefined) return [];
    const part = known ?? this.#add(id ?? "", name ?? "");
    this.#arriving.set(index, part);
    part.text += argumentsText;
    return [
      ...(known ? [] : [{ type: "tool-input-start", ...inputOf(part) } as const]),
      ...(argumentsText === ""
        ? []
        : [
            {
              type: "tool-input-delta",
              toolCallId: part.id,
              inputTextDelta: argumentsText,
            } as const,
          ]),
    ];
  }

  /** `metadata` is for the client to keep; the first call carries it. */
  response({ toolCalls }: ModelResponse, metadata?: ProviderMetadata): UIMessageChunk[] {
    const arrived = [...this.#arriving].sort(([a], [b]) => a - b).map(([, part]) => part);
    this.#arriving = new Map();
    const pairs = toolCalls.map((call, i) => ({ call, part: this.#settled(call, arrived[i]) }));
    this.#parts = pairs.map(({ part }) => part);
    return pairs.map(({ call, part }, i) => ({
      ...inputChunk(part, call.argumentsText),
      ...(metadata && i === 0 ? { providerMetadata: metadata } : {}),
    }));
  }

  /** The response that was arriving is not going on. Returns what that says of its calls. */
  cutOff(): UIMessageChunk[] {
    const parts = [...this.#arriving.values()];
    this.#arriving = new Map();
    return parts.map((part) => ({
      type: "tool-input-error",
      ...inputOf(part),
      input: part.text,
      errorText: "The call was cut off before its arguments were complete.",
    }));
  }

  /** The response that was arriving is asked for anew: its calls are no more. */
  reset(): void {
    for (const { id } of this.#arriving.values()) this.#ids.delete(id);
    this.#arriving = new Map();
  }

  started({ args, ...call }: EventOf<"tool-started">): UIMessageChunk[] {
    const part = this.#find(call);
    if (!part?.isEdited) return [];
    part.isEdited = false;
    return [{ type: "tool-input-available", ...inputOf(part), input: sendable(args) }];
  }

  progress({ progress, ...call }: EventOf<"tool-progress">): UIMessageChunk[] {
    const part = this.#find(call);
    if (!part) return [];
    const output = sendable(progress);
    return [{ ...outputOf(part, output), preliminary: true }];
  }

  requested(event: EventOf<"confirmation-requested">): UIMessageChunk[] {
    const part = this.#find(event);
    if (!part) return [];
    part.state = "waiting";
    part.approvalId = event.confirmationId;
    return [{ type: "tool-approval-request", ...approvalOf(part, event) }];
  }

  decided(event: EventOf<"confirmation-decided">): UIMessageChunk[] {
    const { confirmationId, decision } = event;
    const asked = this.#parts.find(({ approvalId }) => approvalId === confirmationId);
    const part = asked ?? this.#find(event);
    if (!part) return [];
    part.state = "open";
    part.isEdited = decision === "edited";
    part.isDenied = decision !== "approved" && decision !== "edited";
    const said =
      decision === "approved" || decision === "edited"
        ? ({ approved: true } as const)
        : ({ approved: false, reason: event.reason ?? WHY_NOT[decision] } as const);
    return [
      // What was remembered was not asked for.
      ...(asked
        ? []
        : [
            {
              type: "tool-approval-request",
              ...approvalOf(part, event),
              isAutomatic: true,
            } as const,
          ]),
      { type: "tool-approval-response", approvalId: confirmationId, ...said },
    ];
  }

  finished({ result, isError, ...call }: EventOf<"tool-finished">): UIMessageChunk[] {
    const part = this.#find(call);
    if (!part) return [];
    part.state = "ended";
    if (part.isDenied) return [{ type: "tool-output-denied", toolCallId: part.id }];
    if (!isError) {
      const json = jsonOf(result);
      return [outputOf(part, json ? json.value : result)];
    }
    return [{ type: "tool-output-error", toolCallId: part.id, errorText: result, dynamic: true }];
  }

  /** The first call of that name in the log that has not ended; the one that is not waiting, if there is one. */
  #find({ toolCallId }: NamedToolCall): ToolPart | undefined {
    const open = this.#parts.filter(
      ({ modelId, state }) => modelId === toolCallId && state !== "ended",
    );
    return open.find(({ state }) => state === "open") ?? open[0];
  }

  #add(modelId: string, name: string): ToolPart {
    const base = modelId === "" ? "call" : modelId;
    let id = base;
    for (let n = 2; this.#ids.has(id); n += 1) id = `${base}-${n}`;
    this.#ids.add(id);
    return { id, modelId, name, text: "", state: "open", isDenied: false, isEdited: false };
  }

  /** The part as the whole response names it: servers may say the id, or the whole name, only at the end. */
  #settled({ id, name }: ToolCall, arrived: ToolPart | undefined): ToolPart {
    return arrived ? { ...arrived, modelId: id, name } : this.#add(id, name);
  }
}

function inputOf({ id, name }: ToolPart) {
  return { toolCallId: id, toolName: name, dynamic: true } as const;
}

function inputChunk(part: ToolPart, argumentsText: string): UIMessageChunk {
  // A model that has nothing to say about a tool without parameters sends no text at all.
  const json = argumentsText.trim() === "" ? { value: {} } : jsonOf(argumentsText);
  if (json) return { type: "tool-input-available", ...inputOf(part), input: json.value };
  const errorText = "The arguments are no valid JSON.";
  return { type: "tool-input-error", ...inputOf(part), input: argumentsText, errorText };
}

function outputOf({ id }: ToolPart, output: unknown) {
  return { type: "tool-output-available", toolCallId: id, output, dynamic: true } as const;
}

function approvalOf({ id }: ToolPart, { confirmationId }: { readonly confirmationId: string }) {
  return { approvalId: confirmationId, toolCallId: id };
}
