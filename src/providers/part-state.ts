import type { Message, ModelResponse, PartState, ResponsePart } from "../protocol/model.ts";

/** Whose a state is: a provider, by its name, and the model that was asked for. */
export type StateOwner = { readonly provider: string; readonly model: string };

/** Of all states of a response together, as JSON. */
const MAX_STATE_BYTES = 1_048_576;

/**
 * Marks the states of a response as `owner`'s. One that has more state than a conversation may keep loses all of it, with a warning:
 * a part of it alone is what servers refuse.
 */
export function tagState(response: ModelResponse, owner: StateOwner): ModelResponse {
  const { parts } = response;
  if (!parts?.some(({ state }) => state !== undefined)) return response;
  const states = parts.map(({ state }) => state?.data ?? null);
  const sizeBytes = Buffer.byteLength(JSON.stringify(states));
  if (sizeBytes > MAX_STATE_BYTES) {
    const warning = `the response's state (${sizeBytes} bytes) is not kept: at most ${MAX_STATE_BYTES} bytes can be sent back with the conversation`;
    return {
      ...response,
      parts: parts.map(withoutState),
      warnings: [...(response.warnings ?? []), warning],
    };
  }
  const tagged = parts.map((part) =>
    part.state === undefined ? part : { ...part, state: { ...owner, data: part.state.data } },
  );
  return { ...response, parts: tagged };
}

/** The conversation as `owner` may see it: without the states of others. */
export function onlyOwnState(messages: readonly Message[], owner: StateOwner): readonly Message[] {
  return messages.some(hasForeign(owner))
    ? messages.map((message) => own(message, owner))
    : messages;
}

function own(message: Message, owner: StateOwner): Message {
  if (message.role !== "assistant" || !message.parts) return message;
  const parts = message.parts.map((part) => (isOwn(part.state, owner) ? part : withoutState(part)));
  return { ...message, parts };
}

function hasForeign(owner: StateOwner): (message: Message) => boolean {
  return (message) =>
    message.role === "assistant" && !!message.parts?.some(({ state }) => !isOwn(state, owner));
}

function isOwn(state: PartState | undefined, { provider, model }: StateOwner): boolean {
  return state === undefined || (state.provider === provider && state.model === model);
}

function withoutState({ state: _, ...part }: ResponsePart): ResponsePart {
  return part;
}
