import { toHeddleError } from "../errors.ts";
import type { ModelRequest, ModelResponse } from "../protocol/model.ts";
import { exhausted, failureOf, responseOf, untilAborted } from "../providers/scripted/answer.ts";
import { checkResponse } from "../providers/scripted/descriptor.ts";
import type {
  ScriptedAnswer,
  ScriptedFailure,
  ScriptedResponse,
  ScriptedStall,
} from "../providers/scripted/script.ts";
import type { InlineResponse } from "./inline-options.ts";

/** A model that plays a script on the calling thread. */
export class InlineModel {
  readonly requests: ModelRequest[] = [];
  readonly #responses: readonly InlineResponse[];

  constructor(responses: readonly InlineResponse[]) {
    this.#responses = responses;
  }

  /** Rejects with what the script says; with the signal's reason, when a response does not come. */
  async ask(request: ModelRequest, signal: AbortSignal): Promise<ModelResponse> {
    const index = this.requests.push(request) - 1;
    const response = this.#responses[index];
    if (response === undefined) throw exhausted(index, this.#responses.length);
    const answer = (await answerOf(response, index, request, signal)) as Partial<
      ScriptedAnswer & ScriptedFailure & ScriptedStall
    >;
    if (answer.stall || answer.endless) await untilAborted(signal);
    if (answer.error) throw failureOf(answer.error);
    return responseOf(answer, request);
  }
}

async function answerOf(
  response: InlineResponse,
  index: number,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ScriptedResponse> {
  if (typeof response !== "function") return response;
  try {
    const answer = await response(request, signal);
    checkResponse(`responses[${index}]()`, answer);
    return answer;
  } catch (error) {
    throw toHeddleError(error, "PROVIDER_FAILED");
  }
}
