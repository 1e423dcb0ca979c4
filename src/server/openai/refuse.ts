import { HeddleError } from "../../index.ts";

/** @throws {HeddleError} `INVALID_INPUT` that names the field as the client knows it. */
export function refuse(field: string, problem: string): never {
  throw new HeddleError("INVALID_INPUT", `${field} ${problem}`, { details: { field } });
}

type Issue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
};

/** Refuses a body for the first thing that is wrong with it. @throws {HeddleError} `INVALID_INPUT`. */
export function refuseBody(issues: readonly Issue[]): never {
  const issue = innermost(issues[0] ?? { path: [], message: "is not valid" });
  const field = issue.path.reduce<string>(joined, "");
  const details = field === "" ? {} : { field };
  // The library's own messages are sentences of their own.
  const between = /^[A-Z]/.test(issue.message) ? ": " : " ";
  const message = `${field === "" ? "the body" : field}${between}${issue.message}`;
  throw new HeddleError("INVALID_INPUT", message, { details });
}

/** Of something that may be of several kinds, what is wrong with the kind that it is most like. */
function innermost(issue: Issue): Issue {
  const kinds = (issue.errors ?? []).flatMap(([first]) => (first ? [innermost(first)] : []));
  const deepest = kinds.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (!deepest || deepest.path.length === 0) return issue;
  return { path: [...issue.path, ...deepest.path], message: deepest.message };
}

function joined(path: string, step: PropertyKey): string {
  if (typeof step === "number") return `${path}[${step}]`;
  return path === "" ? String(step) : `${path}.${String(step)}`;
}
