import { createHash } from "node:crypto";
import type { Tool as ListedTool, Progress } from "@modelcontextprotocol/client";
import type { ContentPart } from "../../protocol/model.ts";
import type { McpApprovals, McpSource } from "../../tools/mcp/descriptor.ts";
import { isChosen } from "../../tools/mcp/tool-choice.ts";
import { foreignParameters } from "../../tools/schema.ts";
import type { AnyTool } from "../../tools/tool.ts";
import { given } from "../check.ts";
import type { ElicitingCall, ElicitingContext } from "./mcp-elicitation.ts";

const MAX_NAME = 64;
const DIGEST = 8;
/** A job's log takes 8 KiB of progress. */
const MAX_PROGRESS_TEXT = 2_000;

type Arguments = { readonly [name: string]: unknown };

/** How a tool is called on its server. */
export type CallTool = (
  tool: ListedTool,
  args: Arguments,
  call: ElicitingCall & {
    readonly signal: AbortSignal;
    readonly report: (progress: Progress) => void;
  },
) => Promise<string | readonly ContentPart[]>;

/** What of a source shapes its tools. */
export type McpView = Pick<McpSource, "prefix" | "approvals" | "timeoutMs" | "tools">;

/** Those tools of a server that a worker is to have, as it has them. One whose schema cannot be used is left out. */
export function mcpTools(
  listed: readonly ListedTool[],
  { prefix, approvals, timeoutMs, tools: choice = {} }: McpView,
  call: CallTool,
): readonly AnyTool[] {
  const chosen = listed.filter(({ name }) => isChosen(choice, name));
  const { rename, describe = {}, needsApproval = {} } = choice;
  const names = mcpToolNames(
    prefix,
    chosen.map(({ name }) => name),
    rename,
  );
  return chosen.flatMap((tool): readonly AnyTool[] => {
    const { name, title, inputSchema, annotations = {} } = tool;
    const description = describe[name] ?? tool.description ?? title;
    const foreign = foreignParameters(inputSchema);
    if (!foreign.ok) return [];
    const made: AnyTool = {
      name: names.get(name) ?? name,
      ...(description === undefined ? {} : { description }),
      parameters: foreign.parameters,
      needsApproval: needsApproval[name] ?? needsApprovalByHints(approvals, annotations),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      idempotent: isRepeatable(tool),
      execute: (args, ctx) => {
        const report = (progress: Progress) => ctx.progress(bounded(progress));
        const { jobId, signal, elicit }: ElicitingContext = ctx;
        return call(tool, args as Arguments, { jobId, signal, report, ...given({ elicit }) });
      },
    };
    return [made];
  });
}

/** Whether it does no harm to carry the tool out twice, as its server says. */
export function isRepeatable({ annotations = {} }: ListedTool): boolean {
  return annotations.readOnlyHint === true || annotations.idempotentHint === true;
}

/**
 * A name for each of `names` that models take: 1 to 64 of `a-zA-Z0-9_-`, no two alike.
 *
 * One that is fit is kept. Any other has a hash of the server's name for it at its end, also where it would be free without: a name must not become
 * another tool's when the server's list changes, because approvals are remembered by it.
 *
 * @param rename names that were chosen for some: they are kept as they are.
 */
export function mcpToolNames(
  prefix: string,
  names: readonly string[],
  rename: { readonly [name: string]: string } = {},
): ReadonlyMap<string, string> {
  const isFit = (name: string) => /^[a-zA-Z0-9_-]+$/.test(name) && name.length <= MAX_NAME;
  const fit = new Map<string, string>();
  const chosen = new Set(Object.values(rename));
  for (const name of names) {
    const own = Object.hasOwn(rename, name) ? rename[name] : undefined;
    if (own !== undefined) fit.set(name, own);
    else if (isFit(prefix + name) && !chosen.has(prefix + name)) fit.set(name, prefix + name);
  }
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
function needsApprovalByHints(
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
