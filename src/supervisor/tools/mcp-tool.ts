import { createHash } from "node:crypto";
import type { Tool as ListedTool, Progress } from "@modelcontextprotocol/client";
import type { McpApprovals, McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import { given } from "../check.ts";
import type { ElicitingCall, ElicitingContext } from "./mcp-elicitation.ts";

const MAX_NAME = 64;
const DIGEST = 8;
/** A job's log takes 8 KiB of progress. */
const MAX_PROGRESS_TEXT = 2_000;

type Arguments = { readonly [name: string]: unknown };

/** How a tool is called on its server: by the server's own name for it. */
export type CallTool = (
  name: string,
  args: Arguments,
  call: ElicitingCall & {
    readonly signal: AbortSignal;
    readonly report: (progress: Progress) => void;
  },
) => Promise<string>;

/** What of a source shapes its tools. */
export type McpView = Pick<McpSource, "prefix" | "approvals" | "timeoutMs">;

/** The tools of a server as a worker has them. Of two with the same name the first counts: they cannot be told apart in a call. */
export function mcpTools(
  listed: readonly ListedTool[],
  { prefix, approvals, timeoutMs }: McpView,
  call: CallTool,
): readonly AnyTool[] {
  const byName = new Map<string, ListedTool>();
  for (const tool of listed) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const names = mcpToolNames(prefix, [...byName.keys()]);
  return [...byName.values()].map(
    ({ name, title, description = title, inputSchema, annotations = {} }) => ({
      name: names.get(name) ?? name,
      ...(description === undefined ? {} : { description }),
      parameters: inputSchema,
      needsApproval: needsApproval(approvals, annotations),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      idempotent: annotations.readOnlyHint === true || annotations.idempotentHint === true,
      execute: (args, ctx) => {
        const report = (progress: Progress) => ctx.progress(bounded(progress));
        const { jobId, signal, elicit }: ElicitingContext = ctx;
        return call(name, args as Arguments, { jobId, signal, report, ...given({ elicit }) });
      },
    }),
  );
}

/**
 * A name for each of `names` that models take: 1 to 64 of `a-zA-Z0-9_-`, no two alike.
 *
 * One that is fit is kept. Any other has a hash of the server's name for it at its end, also where it would be free without: a name must not become
 * another tool's when the server's list changes, because approvals are remembered by it.
 */
export function mcpToolNames(
  prefix: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const isFit = (name: string) => /^[a-zA-Z0-9_-]+$/.test(name) && name.length <= MAX_NAME;
  const fit = new Map<string, string>();
  for (const name of names) if (isFit(prefix + name)) fit.set(name, prefix + name);
  const taken = new Set(fit.values());
  for (const name of names.toSorted().filter((one) => !fit.has(one))) {
    let round = 0;
    let made = madeName(prefix, name, round);
    while (taken.has(made)) made = madeName(prefix, name, ++round);
    taken.add(made);
    fit.set(name, made);
  }
  return fit;
}

function madeName(prefix: string, name: string, round: number): string {
  const digest = createHash("sha256").update(`${round}:${name}`).digest("hex").slice(0, DIGEST);
  const readable = (prefix + name).replaceAll(/[^a-zA-Z0-9_-]/gu, "_");
  return `${readable.slice(0, MAX_NAME - DIGEST - 1)}_${digest}`;
}

/** What is not said counts as the specification has it: not read-only, and destructive. */
function needsApproval(
  approvals: McpApprovals,
  { readOnlyHint = false, destructiveHint = true }: NonNullable<ListedTool["annotations"]>,
): boolean {
  switch (approvals) {
    case "always":
      return true;
    case "never":
      return false;
    case "hinted":
      return !readOnlyHint && destructiveHint;
    default:
      return approvals satisfies never;
  }
}

function bounded({ progress, total, message }: Progress): object {
  return {
    progress,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message: message.slice(0, MAX_PROGRESS_TEXT) }),
  };
}
