import { HeddleError, toWireError } from "../../src/errors.ts";
import type { GatewayCommand, GatewayReport } from "../../src/protocol/gateway-messages.ts";
import type { Message, ModelResponseChunk } from "../../src/protocol/model.ts";
import type { CallMessage } from "../../src/transport/calls.ts";
import { exposeMethods } from "../../src/transport/calls.ts";
import { ChunkFrameWriter, ChunkLane, chunkSize } from "../../src/transport/chunk-frame.ts";
import type { ResponsePlan } from "./plan.ts";
import { chunksOf, PLAIN, planFor, responseOf } from "./plan.ts";
import type { SimThread, ThreadBody, ThreadInside } from "./sim-thread.ts";

const MAX_OPEN_FRAMES = 16;

type Request = Extract<GatewayCommand, { type: "request" }>;

/** A request as a model has had it, with all that came of it. */
export type SeenRequest = {
  readonly id: string;
  readonly thread: SimThread;
  readonly provider: string;
  readonly jobId: string;
  readonly workerId: string;
  readonly callIndex: number;
  readonly step: number;
  readonly messages: readonly Message[];
  readonly plan: ResponsePlan;
  readonly atTurn: number;
  /** In frames that have left the gateway. */
  readonly sent: ModelResponseChunk[];
  demandBytes: number;
  sentBytes: number;
  isCancelled: boolean;
  isExpired: boolean;
  /** Its model refuses it, has refused it, or does so no more: then the next attempt is under way. */
  refusal: "to come" | "waits" | undefined;
  /** How many of its provider's requests were under way when an attempt began, itself included: the most of all attempts. */
  mostUnderWay: number;
  end: "responded" | "failed" | undefined;
};

type OpenRequest = {
  readonly requestId: number;
  readonly seen: SeenRequest;
  readonly chunks: readonly ModelResponseChunk[];
  readonly lane: ChunkLane;
  written: number;
};

/** A gateway whose models do what the prompts say, as far as demand allows. */
export class SimGateway implements ThreadBody {
  readonly #thread: SimThread;
  readonly #inside: ThreadInside;
  readonly #seen: SeenRequest[];
  readonly #nowTurn: () => number;
  readonly #requests = new Map<number, OpenRequest>();
  readonly #writer = new ChunkFrameWriter();
  readonly #onCall: (body: unknown) => void;
  #unsent: (() => void)[] = [];
  #sentFrames = 0;
  #processedFrames = 0;

  constructor(thread: SimThread, inside: ThreadInside, seen: SeenRequest[], nowTurn: () => number) {
    this.#nowTurn = nowTurn;
    this.#thread = thread;
    this.#inside = inside;
    this.#seen = seen;
    this.#onCall = exposeMethods({ load: () => {}, close: () => {} }, inside.post);
  }

  receive(given: unknown): void {
    const message = given as GatewayCommand | CallMessage;
    switch (message.type) {
      case "call":
        this.#onCall(message.body);
        break;
      case "request":
        this.#open(message);
        break;
      case "retry":
        this.#retry(message.requestId);
        break;
      case "cancel":
        this.#cancel(message.requestId);
        break;
      case "demand":
        for (const [i, id] of message.requestIds.entries()) this.#demand(id, message.bytes[i] ?? 0);
        break;
      case "ping":
        this.#post({ type: "pong" });
        break;
      case "acknowledge":
        this.#processedFrames = message.frames;
        break;
      default:
        throw new Error(`a gateway does not know ${JSON.stringify(message)}`);
    }
  }

  actions(): readonly (() => void)[] {
    const actions: (() => void)[] = this.#writer.isEmpty ? [] : [() => this.#flush()];
    for (const request of this.#requests.values()) {
      const action = this.#actionOf(request);
      if (action) actions.push(action);
    }
    return actions;
  }

  #actionOf(request: OpenRequest): (() => void) | undefined {
    const { seen, chunks, written } = request;
    const { plan } = seen;
    if ((seen.isCancelled || seen.isExpired) && !plan.isDeaf)
      return () => this.#end(request, "failed");
    if (seen.refusal === "waits") return undefined;
    if (seen.refusal) return () => this.#refuse(request);
    if (written < chunks.length) {
      return this.#hasRoom(seen) ? () => this.#write(request) : undefined;
    }
    if (plan.end === "stalls" || seen.isExpired) return undefined;
    if (plan.end === "expires") return () => this.#expire(request);
    return () => this.#end(request, plan.end === "responds" ? "responded" : "failed");
  }

  #hasRoom({ sentBytes, demandBytes }: SeenRequest): boolean {
    const isCongested = this.#sentFrames - this.#processedFrames >= MAX_OPEN_FRAMES;
    return sentBytes < demandBytes && !isCongested;
  }

  #open({ requestId, provider, request, demandBytes }: Request): void {
    const { jobId, workerId, callIndex } = request.origin;
    const { messages } = request;
    const { step, plan: planned } = planFor(messages);
    // The next provider does better than the one that has failed.
    const hasFailed = this.#seen.some(
      (before) =>
        before.jobId === jobId && before.callIndex === callIndex && before.provider !== provider,
    );
    const plan = hasFailed && planned.toolCalls.length === 0 ? PLAIN : planned;
    const seen: SeenRequest = {
      id: `${this.#thread.threadId}.${requestId}`,
      thread: this.#thread,
      provider,
      jobId,
      workerId,
      callIndex,
      step,
      messages,
      plan,
      atTurn: this.#nowTurn(),
      sent: [],
      demandBytes,
      sentBytes: 0,
      isCancelled: false,
      isExpired: false,
      refusal: plan.isRefused ? "to come" : undefined,
      mostUnderWay: 0,
      end: undefined,
    };
    this.#seen.push(seen);
    this.#begin(seen);
    this.#requests.set(requestId, {
      requestId,
      seen,
      chunks: chunksOf(jobId, step, plan),
      lane: new ChunkLane(requestId),
      written: 0,
    });
  }

  #refuse({ requestId, seen }: OpenRequest): void {
    seen.refusal = "waits";
    const error = toWireError(new HeddleError("PROVIDER_RATE_LIMITED", "too many requests"));
    this.#post({ type: "waiting", requestId, delayMs: 300, error });
  }

  #retry(requestId: number): void {
    const request = this.#requests.get(requestId);
    if (!request) return;
    if (request.seen.refusal !== "waits") throw new Error(`request ${requestId} did not wait`);
    request.seen.refusal = undefined;
    this.#begin(request.seen);
  }

  #begin(seen: SeenRequest): void {
    const underWay = this.#seen.filter(
      ({ provider, thread, refusal, end }) =>
        provider === seen.provider &&
        !thread.isDead &&
        !thread.isUnkillable &&
        !end &&
        refusal !== "waits",
    );
    seen.mostUnderWay = Math.max(seen.mostUnderWay, underWay.length);
  }

  #cancel(requestId: number): void {
    const request = this.#requests.get(requestId);
    if (request) request.seen.isCancelled = true;
  }

  #demand(requestId: number, bytes: number): void {
    const seen = this.#requests.get(requestId)?.seen;
    if (!seen) return;
    if (bytes <= seen.demandBytes)
      throw new Error(`demand went from ${seen.demandBytes} to ${bytes}`);
    seen.demandBytes = bytes;
  }

  #write(request: OpenRequest): void {
    const { lane, seen, chunks } = request;
    const chunk = chunks[request.written] as ModelResponseChunk;
    const sizeBytes = chunkSize(chunk);
    request.written += 1;
    seen.sentBytes += sizeBytes;
    this.#writer.add(lane, chunk, sizeBytes);
    this.#unsent.push(() => seen.sent.push(chunk));
  }

  #expire({ requestId, seen }: OpenRequest): void {
    seen.isExpired = true;
    const code = seen.sentBytes === 0 ? "FIRST_CHUNK_TIMEOUT" : "CHUNK_TIMEOUT";
    const error = new HeddleError(code, "no chunk came");
    this.#post({ type: "expired", requestId, error: toWireError(error) });
  }

  #end(request: OpenRequest, end: "responded" | "failed"): void {
    const { requestId, seen } = request;
    this.#flush();
    this.#requests.delete(requestId);
    seen.end = end;
    if (end === "responded") {
      this.#post({
        type: "responded",
        requestId,
        response: responseOf(seen.id, seen.step, seen.sent),
      });
      return;
    }
    const code = seen.isCancelled ? "JOB_CANCELLED" : "PROVIDER_UNAVAILABLE";
    const error = toWireError(new HeddleError(code, "the model has failed"));
    this.#post({ type: "failed", requestId, error });
  }

  #flush(): void {
    if (this.#writer.isEmpty) return;
    this.#sentFrames += 1;
    for (const note of this.#unsent) note();
    this.#unsent = [];
    this.#post({ type: "frame", ...this.#writer.take() });
  }

  #post(report: GatewayReport): void {
    this.#inside.post(report);
  }
}
