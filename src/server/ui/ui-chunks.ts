import type {
  FinishReason,
  JobEvent,
  JobResult,
  Media,
  ModelResponse,
  ModelResponseChunk,
  ResponsePart,
} from "../../index.ts";
import { fileUrl } from "../file-url.ts";
import type { ProviderMetadata, UIMessageChunk, UIMessageMetadata } from "./chunk.ts";
import { ToolParts } from "./tool-parts.ts";

export type UIChunksOptions = {
  readonly jobId: string;
  /** @defaultValue the job's id */
  readonly messageId?: string;
  /** @defaultValue true */
  readonly sendReasoning?: boolean;
  /** The bytes that the log names by reference. @defaultValue files are left out */
  readonly media?: (ref: string) => Media | undefined;
  /** What the client is to keep of a response for its provider. @defaultValue nothing */
  readonly seal?: (response: ModelResponse) => string | undefined;
};

/**
 * What a job's log is as a message of the AI SDK, event by event, from its beginning.
 *
 * 1. Each response is a step, which ends when its tool calls have ended.
 * 2. A response mostly outlives its worker's thread. One that is asked for anew takes the place of what had come of it.
 * 3. The message is at rest when all that is left to do in a step waits for approvals. The stream may end there (`endRun`) and go on in another one.
 */
export class UIChunks {
  readonly #options: UIChunksOptions;
  readonly #tools: ToolParts = new ToolParts();
  /** The text or reasoning that is being added to. */
  #part: { readonly type: "text" | "reasoning"; readonly id: string } | undefined;
  #parts = 0;
  #sources = 0;
  #isStepOpen: boolean = false;
  /** Something of a response has come, and it is not whole. */
  #isArriving: boolean = false;

  constructor(options: UIChunksOptions) {
    this.#options = options;
  }

  /** What each stream of the message begins with. */
  start(): UIMessageChunk {
    const { jobId, messageId = jobId } = this.#options;
    return { type: "start", messageId, messageMetadata: { jobId } };
  }

  /** The approvals that the message rests on; none: it is not at rest. */
  get waiting(): readonly string[] {
    return this.#isArriving ? [] : this.#tools.waiting;
  }

  /** Ends the stream of a message that is at rest. */
  endRun(): UIMessageChunk[] {
    return [
      ...this.#endStep(),
      { type: "finish", finishReason: "tool-calls", messageMetadata: this.#metadata({}) },
    ];
  }

  /** What was told so far was told to nobody: what was begun is begun again. */
  forget(): void {
    this.#part = undefined;
    this.#tools.reset();
  }

  map(event: JobEvent): UIMessageChunk[] {
    switch (event.type) {
      case "chunk":
        return [...this.#arrive(), ...this.#piece(event.chunk)];
      case "response": {
        const metadata = this.#sealed(event.response);
        const begin = [...this.#arrive(), ...this.#endPart(metadata)];
        this.#isArriving = false;
        return [
          ...begin,
          ...this.#foundAndDrawn(event.response),
          ...this.#tools.response(event.response, metadata),
          ...this.#endStepIfDone(),
        ];
      }
      case "tool-started":
        return this.#tools.started(event);
      case "tool-progress":
        return this.#tools.progress(event);
      case "tool-finished":
        return [...this.#tools.finished(event), ...this.#endStepIfDone()];
      case "confirmation-requested":
        return this.#tools.requested(event);
      case "confirmation-decided":
        return this.#tools.decided(event);
      // The protocol has no form: it is answered under /api/confirmations.
      case "elicitation-requested":
      case "elicitation-decided":
        return [];
      case "restarted":
        return this.#askAnew();
      case "completed": {
        const { finishReason } = event.result;
        const messageMetadata = this.#metadata(event.result);
        return [
          ...this.#end(),
          { type: "finish", finishReason: shown(finishReason), messageMetadata },
        ];
      }
      case "cancelled":
        return [...this.#cutOff(event.partial), { type: "abort", reason: event.reason }];
      case "failed": {
        const { code, message } = event.error;
        const said = code === "INTERNAL" ? "the server has failed" : message;
        return [...this.#cutOff(event.partial), { type: "error", errorText: `${code}: ${said}` }];
      }
      case "started":
      case "state":
      case "waiting":
      case "fallback":
      case "child-started":
      case "child-settled":
      case "warning":
      case "lag":
        return [];
      default:
        return event satisfies never;
    }
  }

  /** Something of a response is there: the step has begun. */
  #arrive(): UIMessageChunk[] {
    this.#isArriving = true;
    if (this.#isStepOpen) return [];
    this.#isStepOpen = true;
    return [{ type: "start-step" }];
  }

  #piece(chunk: ModelResponseChunk): UIMessageChunk[] {
    switch (chunk.type) {
      case "text":
      case "refusal":
        return this.#delta("text", chunk.text);
      case "reasoning":
        return this.#options.sendReasoning === false ? [] : this.#delta("reasoning", chunk.text);
      case "tool-call":
        return [...this.#endPart(), ...this.#tools.chunk(chunk)];
      default:
        return chunk satisfies never;
    }
  }

  #delta(type: "text" | "reasoning", delta: string): UIMessageChunk[] {
    if (this.#part?.type === type) return [{ type: `${type}-delta`, id: this.#part.id, delta }];
    const before = this.#endPart();
    this.#parts += 1;
    const id = `${type}-${this.#parts}`;
    this.#part = { type, id };
    return [...before, { type: `${type}-start`, id }, { type: `${type}-delta`, id, delta }];
  }

  #endPart(providerMetadata?: ProviderMetadata): UIMessageChunk[] {
    if (!this.#part) return [];
    const { type, id } = this.#part;
    this.#part = undefined;
    return [{ type: `${type}-end`, id, ...(providerMetadata ? { providerMetadata } : {}) }];
  }

  #sealed(response: ModelResponse): ProviderMetadata | undefined {
    const seal = this.#options.seal?.(response);
    return seal === undefined ? undefined : { heddle: { seal } };
  }

  /** Files and sources come with the whole response only. */
  #foundAndDrawn({ parts = [] }: ModelResponse): UIMessageChunk[] {
    const { media = () => undefined } = this.#options;
    return parts.flatMap((part): UIMessageChunk[] => {
      if (part.type === "file") {
        const url = fileUrl(part, media);
        const { mediaType = "application/octet-stream" } = part;
        return url === undefined ? [] : [{ type: "file", mediaType, url }];
      }
      if (part.type !== "source") return [];
      this.#sources += 1;
      return [sourceChunk(part, `source-${this.#sources}`)];
    });
  }

  #endStepIfDone(): UIMessageChunk[] {
    return this.#tools.haveEnded ? this.#endStep() : [];
  }

  #endStep(): UIMessageChunk[] {
    if (!this.#isStepOpen) return [];
    this.#isStepOpen = false;
    return [{ type: "finish-step" }];
  }

  #end(): UIMessageChunk[] {
    this.#isArriving = false;
    return [...this.#endPart(), ...this.#tools.cutOff(), ...this.#endStep()];
  }

  #cutOff(partial: Partial<JobResult>): UIMessageChunk[] {
    return [...this.#end(), { type: "message-metadata", messageMetadata: this.#metadata(partial) }];
  }

  /** What had come of a response goes, the step stays. A response that is whole is not asked for again. */
  #askAnew(): UIMessageChunk[] {
    if (!this.#isArriving) return [];
    this.#isArriving = false;
    this.#part = undefined;
    this.#tools.reset();
    return [{ type: "reset-step" }];
  }

  #metadata({ usage }: Partial<JobResult>): UIMessageMetadata {
    const { jobId } = this.#options;
    return { jobId, ...(usage === undefined ? {} : { usage }) };
  }
}

function sourceChunk(
  { url, title, mediaType = "application/octet-stream" }: Extract<ResponsePart, { type: "source" }>,
  sourceId: string,
): UIMessageChunk {
  if (url === undefined) {
    return { type: "source-document", sourceId, mediaType, title: title ?? "" };
  }
  return { type: "source-url", sourceId, url, ...(title === undefined ? {} : { title }) };
}

function shown(reason: FinishReason): "stop" | "length" | "content-filter" | "other" {
  return reason === "refusal" ? "other" : reason;
}
