import { z } from "@hono/zod-openapi";
import { HeddleError } from "../../index.ts";

/*
 * Messages as the AI SDK's clients send them: what of them is read. What is not known is let through, and not read.
 */

/** A part of any kind. Which fields it has is checked where it is read. */
export type UIPart = { type: string; [field: string]: unknown };
export type UIMessage = { role: "user" | "assistant"; parts: UIPart[] };

export const UIMessageShape: z.ZodType<UIMessage> = z
  .looseObject({
    role: z.enum(["user", "assistant"]),
    parts: z.array(z.looseObject({ type: z.string() })),
  })
  .openapi("UIMessage");

export type FileUIPart = { mediaType: string; url: string; filename?: string | undefined };

type ToolState =
  | "input-streaming"
  | "input-available"
  | "approval-requested"
  | "approval-responded"
  | "output-available"
  | "output-error"
  | "output-denied";
type ToolFields = {
  toolCallId: string;
  toolName?: string | undefined;
  state: ToolState;
  input?: unknown;
  output?: unknown;
  errorText?: string | undefined;
  preliminary?: boolean | undefined;
  approval?:
    | { id: string; approved?: boolean | undefined; reason?: string | undefined }
    | undefined;
};
export type ToolUIPart = ToolFields & { toolName: string };

const Text: z.ZodType<{ text: string }> = z.looseObject({ text: z.string() });
const File: z.ZodType<FileUIPart> = z.looseObject({
  mediaType: z.string().min(1),
  url: z.string().min(1),
  filename: z.string().min(1).optional(),
});
const Tool: z.ZodType<ToolFields> = z.looseObject({
  toolCallId: z.string().min(1),
  toolName: z.string().min(1).optional(),
  state: z.enum([
    "input-streaming",
    "input-available",
    "approval-requested",
    "approval-responded",
    "output-available",
    "output-error",
    "output-denied",
  ]),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  errorText: z.string().optional(),
  preliminary: z.boolean().optional(),
  approval: z
    .looseObject({
      id: z.string().min(1),
      approved: z.boolean().optional(),
      reason: z.string().max(10_000).optional(),
    })
    .optional(),
});

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function textOf(part: UIPart, field: string): string {
  return read(Text, part, field).text;
}

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function fileOf(part: UIPart, field: string): FileUIPart {
  return read(File, part, field);
}

/** The part if it is a tool's, of which the type says the name or `toolName` does. @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function toolOf(part: UIPart, field: string): ToolUIPart | undefined {
  const isDynamic = part.type === "dynamic-tool";
  if (!isDynamic && !part.type.startsWith("tool-")) return undefined;
  const tool = read(Tool, part, field);
  const toolName = isDynamic ? tool.toolName : part.type.slice("tool-".length);
  if (!toolName) throw invalid(`${field}.toolName`, "must be the tool's name");
  return { ...tool, toolName };
}

export function invalid(field: string, problem: string): HeddleError {
  return new HeddleError("INVALID_INPUT", `${field} ${problem}`, { details: { field } });
}

function read<T>(shape: z.ZodType<T>, part: UIPart, field: string): T {
  const { data, error } = shape.safeParse(part);
  if (!error) return data;
  const [issue] = error.issues;
  const place = [field, ...(issue?.path ?? [])].join(".");
  throw invalid(place, `is not valid: ${issue?.message ?? "it is of another kind"}`);
}
