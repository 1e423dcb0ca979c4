import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { StandardSchema } from "../../src/index.ts";

/** What a test's model is to answer: a schema that strict mode takes. */
export const POINT = z.strictObject({ x: z.number() });

type Point = z.infer<typeof POINT>;
type Result = StandardSchemaV1.Result<Point>;

/** `POINT`, with its check in the hands of the test: it may look at a value, or decide on it by itself. */
export function pointCheckedBy(
  validate: (value: unknown) => Result | Promise<Result> | undefined,
): StandardSchema<unknown, Point> {
  const { jsonSchema, validate: own } = POINT["~standard"];
  const check = (value: unknown) => validate(value) ?? own(value);
  return { "~standard": { version: 1, vendor: "test", jsonSchema, validate: check } };
}
