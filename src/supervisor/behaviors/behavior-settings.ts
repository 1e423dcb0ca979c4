import { fileURLToPath } from "node:url";
import { HeddleError } from "../../errors.ts";
import { COUNT, checkFields, checkNumber, checkOneOf, refuse } from "../check.ts";
import type { MailboxOptions } from "../messages/mailbox.ts";
import type { WorkerOptions } from "../options.ts";
import { profileOf } from "../threads/actor-profile.ts";
import type { WorkerSettings } from "../workers/worker-settings.ts";
import { workerSettings } from "../workers/worker-settings.ts";
import { readableFor, resolveUserModule } from "./user-module.ts";

type AgentOnly =
  | "provider"
  | "fallback"
  | "model"
  | "instructions"
  | "transcript"
  | "maxSteps"
  | "timeouts"
  | "budget"
  | "windowBytes"
  | "maxOutputBytes"
  | "whenBusy";

const AGENT_ONLY: readonly AgentOnly[] = [
  "provider",
  "fallback",
  "model",
  "instructions",
  "transcript",
  "maxSteps",
  "timeouts",
  "budget",
  "windowBytes",
  "maxOutputBytes",
  "whenBusy",
];

/** What a parent may choose for a child; all else is as with the parent. */
const CHILD_FIELDS = [
  "behavior",
  "name",
  "mailbox",
  "graceMs",
  "killMs",
  "parkAfterMs",
  "restart",
] as const satisfies readonly (keyof BehaviorOptions)[];

/** The options of a worker that runs a behaviour in place of the agent loop. */
export type BehaviorOptions = Omit<WorkerOptions, AgentOnly> & {
  /** A module that exports `behavior`, made by `defineBehavior` of `heddle/actor`. `./x.js` also finds `./x.ts`. */
  readonly behavior: URL;
  readonly mailbox?: MailboxOptions;
};

export type BehaviorSettings = Omit<WorkerSettings, AgentOnly> & {
  readonly moduleUrl: string;
  /** Of an agent. */
  readonly maxSteps: 0;
  readonly mailbox: Required<MailboxOptions>;
};

/** Whether a behaviour is asked for, not an agent. */
export function isBehavior(options: WorkerOptions | BehaviorOptions): options is BehaviorOptions {
  return (
    typeof options === "object" &&
    options !== null &&
    "behavior" in options &&
    options.behavior !== undefined
  );
}

/**
 * Lays `options` over what of `defaults` is for behaviours, too, and fills in the rest.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds.
 */
export function behaviorSettings(
  options: BehaviorOptions,
  defaults: WorkerOptions,
): BehaviorSettings {
  for (const field of AGENT_ONLY) {
    if (field in options) throw agentOnly(field);
  }
  const { behavior, mailbox, ...shared } = options;
  checkFields("mailbox", mailbox, ["max", "whenFull"]);
  checkNumber("mailbox.max", mailbox?.max, COUNT);
  checkOneOf("mailbox.whenFull", mailbox?.whenFull, ["refuse", "block"]);
  checkModuleUrl(behavior);
  const moduleUrl = resolveUserModule(behavior);
  const permissions = shared.permissions ?? defaults.permissions ?? {};
  return {
    ...workerSettings(shared, { ...defaults, provider: "" }, new Set([""])),
    profile: profileOf(permissions, readableFor(moduleUrl), process.env),
    moduleUrl,
    maxSteps: 0,
    mailbox: { max: mailbox?.max ?? 1_000, whenFull: mailbox?.whenFull ?? "refuse" },
  };
}

/** The options of a child: it cannot be given more than its parent has. @throws {HeddleError} `INVALID_OPTION`. */
export function childOptions(parent: BehaviorOptions, given: unknown): BehaviorOptions {
  checkFields("options", given ?? null, CHILD_FIELDS);
  const { behavior, ...options } = given as { readonly behavior: unknown };
  const url = typeof behavior === "string" ? URL.parse(behavior) : null;
  if (!url) refuse("behavior", "the URL of a file");
  const { name: _, ...inherited } = parent;
  return { ...inherited, ...options, behavior: url };
}

function checkModuleUrl(url: unknown): void {
  try {
    if (url instanceof URL && fileURLToPath(url) !== "") return;
  } catch {
    // Not the URL of a file.
  }
  refuse("behavior", "the URL of a file");
}

function agentOnly(field: string): HeddleError {
  const message = `${field} is for agents: it cannot be given together with behavior`;
  return new HeddleError("INVALID_OPTION", message, { details: { field } });
}
