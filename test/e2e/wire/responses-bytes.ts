/** The events of the Responses API, for scripts of a BrokenServer. */
import { named } from "./bytes.ts";

export const CREATED: string = named({
  type: "response.created",
  response: { id: "resp_1", model: "m-1" },
} as never);
export const HELLO: string = named(text("hel"), text("lo"));
export const END: string = completed();

export function of(type: string, fields: object = {}): { readonly type: string } {
  return { type: `response.${type}`, ...fields };
}

export function text(delta: unknown): { readonly type: string } {
  return of("output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta });
}

export function completed(fields: object = {}): string {
  return named(of("completed", { response: { id: "resp_1", status: "completed", ...fields } }));
}

export function callAdded(at: number, fields: object = {}): { readonly type: string } {
  const item = {
    type: "function_call",
    id: `fc_${at}`,
    call_id: `call_${at}`,
    name: "add",
    arguments: "",
  };
  return of("output_item.added", { output_index: at, item: { ...item, ...fields } });
}

export function callDone(at: number, args: unknown): { readonly type: string } {
  const item = { type: "function_call", id: `fc_${at}`, call_id: `call_${at}`, name: "add" };
  return of("output_item.done", { output_index: at, item: { ...item, arguments: args } });
}

export function args(at: number, delta: unknown): { readonly type: string } {
  return of("function_call_arguments.delta", { item_id: `fc_${at}`, output_index: at, delta });
}

export function call(
  at: number,
  argumentsText: string,
): { id: string; name: string; argumentsText: string } {
  return { id: `call_${at}`, name: "add", argumentsText };
}
