import { z } from "@hono/zod-openapi";
import type { ContentPart, Message } from "../../index.ts";

/*
 * What clients send. Each field is named when it is wrong.
 */

const Url = z.string().min(1);
const MediaType = z.string().min(1).max(256);
const source = { url: Url.optional(), data: z.string().min(1).optional() };
const mediaType = { mediaType: MediaType.optional() };

const Part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1) }),
  z.strictObject({
    type: z.literal("image"),
    ...source,
    ...mediaType,
    detail: z.enum(["auto", "low", "high"]).optional(),
  }),
  z.strictObject({
    type: z.literal("file"),
    ...source,
    ...mediaType,
    filename: z.string().min(1).max(1_024).optional(),
  }),
]);

const Content = z.union([z.string().min(1), z.array(Part).min(1)]).openapi("Content", {
  description:
    "Text, or text, images and files. An image or a file has a `url`, or base64 `data` and its `mediaType`.",
});

const ToolCall = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  argumentsText: z.string(),
});

const AnyMessage = z
  .discriminatedUnion("role", [
    z.strictObject({ role: z.literal("user"), content: Content }),
    z.strictObject({
      role: z.literal("assistant"),
      content: z.string(),
      refusal: z.string().optional(),
      toolCalls: z.array(ToolCall).optional(),
      interrupted: z.literal(true).optional(),
    }),
    z.strictObject({
      role: z.literal("tool"),
      toolCallId: z.string().min(1),
      toolName: z.string().min(1),
      content: z.string(),
      isError: z.boolean().optional(),
    }),
  ])
  .openapi("Message");

/** JSON has no fields that are there and undefined. */
export const ContentShape: z.ZodType<string | readonly ContentPart[]> = Content as z.ZodType<
  string | readonly ContentPart[]
>;
export const MessageShape: z.ZodType<Message> = AnyMessage as z.ZodType<Message>;

/** A whole number in a URL or a header. */
export function wholeNumber(max: number): z.ZodType<string> {
  const message = `must be an integer from 0 to ${max}`;
  return z
    .string(message)
    .regex(/^\d{1,16}$/, message)
    .refine((text) => Number(text) <= max, message)
    .openapi({ type: "integer", minimum: 0, maximum: max });
}

type IdParams = z.ZodObject<{ id: z.ZodString }>;

/** The `{id}` of a path. */
export const IdParam: IdParams = z.object({ id: z.string().min(1) });
