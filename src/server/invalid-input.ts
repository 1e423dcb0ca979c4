import type { ZodError } from "zod";
import { HeddleError } from "../index.ts";

type Issue = ZodError["issues"][number];
type Checked =
  | { readonly success: true }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };

/** What is done with a request once it was held against its route's schemas. @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function refuseInvalid(result: Checked & { readonly target: string }): void {
  if (result.success) return;
  const [issue] = result.error.issues;
  const { path, message } = issue ? innermost(issue) : { path: [], message: "is not valid" };
  const field = [...(result.target === "json" ? [] : [result.target]), ...path].join(".");
  const details = field === "" ? {} : { field };
  throw new HeddleError("INVALID_INPUT", `${field === "" ? "the body" : field}: ${message}`, {
    details,
  });
}

type Place = { readonly path: readonly PropertyKey[]; readonly message: string };

/** Of several shapes that a value may have, what is wrong with the one that it comes nearest to; of unknown fields, the first. */
function innermost({ path, message, ...issue }: Issue): Place {
  if (issue.code === "unrecognized_keys") return { path: [...path, issue.keys[0] ?? ""], message };
  if (issue.code !== "invalid_union") return { path, message };
  const inner = issue.errors.flatMap(([first]) => (first ? [innermost(first)] : []));
  const nearest = inner.reduce((best, one) => (one.path.length > best.path.length ? one : best), {
    path: [],
    message,
  });
  return { path: [...path, ...nearest.path], message: nearest.message };
}
