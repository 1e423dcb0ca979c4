import { z } from "@hono/zod-openapi";
import type {
  ContentPart,
  JobInput,
  JsonSchema,
  ModelSettings,
  ReasoningSettings,
  RunOptions,
} from "../../index.ts";
import { checkClientSchema, withoutFormatPatterns } from "../client-schema.ts";
import { EFFORTS } from "../efforts.ts";
import { given } from "../given.ts";
import { ContentShape } from "./inputs.ts";
import type { JobLimits } from "./job-limits.ts";

/** A client chooses neither the model nor fields and addresses that its server knows. */
type ClientSettings = Omit<
  ModelSettings,
  "name" | "providerOptions" | "extraBody" | "query" | "cache" | "reasoning"
> & { readonly reasoning?: Pick<ReasoningSettings, "effort"> };

type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** What a client may say of a job. */
export type WireJobInput = {
  prompt: string | readonly ContentPart[];
  id?: string | undefined;
  output?: { [name: string]: unknown } | undefined;
  model?: Loose<ClientSettings> | undefined;
  maxSteps?: number | undefined;
  timeouts?: { totalMs?: number | undefined } | undefined;
  budget?: { maxTotalTokens?: number | undefined; maxToolCalls?: number | undefined } | undefined;
};

const Model = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
  toolChoice: z
    .union([
      z.enum(["auto", "none", "required"]),
      z.strictObject({ tool: z.string().min(1).max(256) }),
    ])
    .optional(),
  reasoning: z.strictObject({ effort: z.enum(EFFORTS) }).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.int().min(1).max(1_000_000).optional(),
  stop: z.array(z.string().min(1).max(1_024)).min(1).max(16).optional(),
  seed: z.int().optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  parallelToolCalls: z.boolean().optional(),
});

export const JobInputShape: z.ZodType<WireJobInput> = z
  .strictObject({
    prompt: ContentShape,
    id: z
      .string()
      .regex(
        /^[A-Za-z0-9][\w.:-]{0,127}$/,
        "must be 1 to 128 letters, digits, and behind the first also _ . : -",
      )
      .optional()
      .openapi({
        description:
          "The job's own id: with it, the request can be repeated. Left out: a random one.",
      }),
    output: z.record(z.string(), z.unknown()).optional().openapi({
      description:
        "A JSON Schema of what the last response is to be. Without uniqueItems, references to itself, and regular expressions that could take long (one that begins with ^ and has no groups may stay; one next to a format is not run); at most 5,000 values, its references being followed.",
    }),
    model: Model.optional(),
    maxSteps: z.int().min(1).max(1_000).optional(),
    timeouts: z.strictObject({ totalMs: z.int().min(1).max(2_147_483_647).optional() }).optional(),
    budget: z
      .strictObject({
        maxTotalTokens: z.int().min(1).max(1_000_000_000_000).optional(),
        maxToolCalls: z.int().min(0).max(1_000_000).optional(),
      })
      .optional(),
  })
  .openapi("JobInput");

/** @throws {HeddleError} `INVALID_INPUT` for a schema that is not run. */
export function jobInput({ prompt, output }: WireJobInput): JobInput {
  if (output === undefined) return { prompt };
  checkClientSchema("output", output);
  return { prompt, output: withoutFormatPatterns(output as JsonSchema) };
}

/** What a job is to stay within. */
export function jobLimits({ model, maxSteps, timeouts, budget }: WireJobInput): JobLimits {
  return given({
    maxSteps,
    model: model && given(model),
    timeouts: timeouts && given(timeouts),
    budget: budget && given(budget),
  });
}

export function runOptions(input: WireJobInput): RunOptions {
  return { ...jobLimits(input), ...given({ id: input.id }) };
}
