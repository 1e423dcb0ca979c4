import type { ModelSettings } from "../index.ts";

/** From the least to the most. */
export const EFFORTS: readonly NonNullable<NonNullable<ModelSettings["reasoning"]>["effort"]>[] = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
];
