import type { Message, ModelSettings } from "../../protocol/model.ts";
import type { Bounds } from "../check.ts";
import {
  BYTES,
  checkFields,
  checkNumber,
  checkOneOf,
  checkText,
  clonePlain,
  DEADLINE_MS,
  given,
  MS,
} from "../check.ts";
import type { Context } from "../context.ts";
import { checkContext, layContext } from "../context.ts";
import { checkMessages } from "../conversation.ts";
import type { Budget, RunOptions, Timeouts, WorkerOptions } from "../options.ts";
import type { ActorProfile, Permissions } from "../threads/actor-profile.ts";
import { BARE_PROFILE, checkPermissions, profileOf } from "../threads/actor-profile.ts";
import type { RestartPolicy } from "../threads/restart-policy.ts";
import { checkRestart, restartPolicy } from "../threads/restart-policy.ts";
import type { ToolSettings } from "../tools/tool-settings.ts";
import { checkHostTools, checkToolSources, toolSettings } from "../tools/tool-settings.ts";
import { checkModelSettings, layerModelSettings } from "./model-settings.ts";
import type { FallbackProvider } from "./provider-choice.ts";
import { checkFallback, chooseProvider, workerFallback } from "./provider-choice.ts";

/** A worker's options with nothing left open. */
export type WorkerSettings = {
  readonly name: string | undefined;
  readonly provider: string;
  /** Who is asked after it, in order. */
  readonly fallback: readonly FallbackProvider[];
  readonly model: ModelSettings;
  readonly instructions: string | undefined;
  readonly context: Context;
  readonly transcript: readonly Message[];
  readonly maxSteps: number;
  readonly maxDepth: number;
  readonly maxChildren: number;
  readonly graceMs: number;
  readonly killMs: number;
  readonly timeouts: Timeouts;
  readonly budget: Budget;
  readonly windowBytes: number;
  readonly maxOutputBytes: number;
  readonly whenBusy: "enqueue" | "reject" | "interrupt";
  readonly restart: RestartPolicy;
  readonly parkAfterMs: number;
  readonly heapMb: number;
  readonly unresponsiveMs: number;
  readonly whenUnresponsive: "report" | "kill";
  readonly profile: ActorProfile;
  readonly permissions: Permissions;
  readonly tools: ToolSettings;
  readonly approvals: "ask" | "deny" | "allow";
  readonly maxParallelToolCalls: number;
  readonly maxToolResultBytes: number;
  readonly maxToolMediaBytes: number;
};

const FIELDS = [
  "name",
  "provider",
  "fallback",
  "model",
  "instructions",
  "context",
  "transcript",
  "maxSteps",
  "maxDepth",
  "maxChildren",
  "graceMs",
  "killMs",
  "timeouts",
  "budget",
  "windowBytes",
  "maxOutputBytes",
  "whenBusy",
  "restart",
  "parkAfterMs",
  "heapMb",
  "unresponsiveMs",
  "whenUnresponsive",
  "permissions",
  "tools",
  "hostTools",
  "approvals",
  "maxParallelToolCalls",
  "maxToolResultBytes",
  "maxToolMediaBytes",
] as const satisfies readonly (keyof WorkerOptions)[];

const TIMEOUT_FIELDS = [
  "totalMs",
  "stepMs",
  "firstChunkMs",
  "chunkMs",
  "toolMs",
  "confirmationMs",
] as const;
const DEFAULTS = {
  maxDepth: 8,
  maxChildren: 100,
  approvals: "ask",
  maxParallelToolCalls: 8,
  maxToolResultBytes: 65_536,
  maxToolMediaBytes: 5_242_880,
} as const;
/** One for all workers that say nothing of their own: there may be a hundred thousand. */
const NO_PERMISSIONS: Permissions = {};
const NO_BUDGET: Budget = {};
const STEPS: Bounds = { min: 1, max: 1_000, integer: true };
const TOKENS: Bounds = { min: 1, max: 1_000_000_000_000, integer: true };
const TOOL_CALLS: Bounds = { min: 0, max: 1_000_000, integer: true };
const DEFAULT_TIMEOUTS: Timeouts = { firstChunkMs: 300_000, chunkMs: 120_000 };

/**
 * Lays `options` over `defaults` and fills in the rest.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds; `UNKNOWN_PROVIDER`.
 */
export function workerSettings(
  options: WorkerOptions,
  defaults: WorkerOptions,
  providers: ReadonlySet<string>,
): WorkerSettings {
  checkWorkerOptions(options, "");
  const merged = { ...DEFAULTS, ...given(defaults), ...given(options) };
  const tools = toolSettings(merged.tools, merged.hostTools);
  const provider = chooseProvider(merged.provider, providers);
  return {
    name: options.name,
    provider,
    fallback: workerFallback(options.fallback, defaults.fallback, provider, providers),
    model: layerModelSettings(defaults.model, options.model),
    instructions: merged.instructions,
    context: layContext(defaults.context, options.context),
    transcript: clonePlain("transcript", options.transcript ?? []),
    maxSteps: merged.maxSteps ?? 20,
    maxDepth: merged.maxDepth,
    maxChildren: merged.maxChildren,
    graceMs: merged.graceMs ?? 2_000,
    killMs: merged.killMs ?? 5_000,
    timeouts: layered(DEFAULT_TIMEOUTS, defaults.timeouts, options.timeouts),
    budget: layered(NO_BUDGET, defaults.budget, options.budget),
    windowBytes: merged.windowBytes ?? 262_144,
    maxOutputBytes: merged.maxOutputBytes ?? 8_388_608,
    whenBusy: merged.whenBusy ?? "enqueue",
    restart: restartPolicy(defaults.restart, options.restart),
    parkAfterMs: merged.parkAfterMs ?? 30_000,
    heapMb: merged.heapMb ?? 256,
    unresponsiveMs: merged.unresponsiveMs ?? 5_000,
    whenUnresponsive: merged.whenUnresponsive ?? "report",
    profile: profileFor(merged.permissions, tools),
    permissions: merged.permissions ?? NO_PERMISSIONS,
    tools,
    approvals: merged.approvals,
    maxParallelToolCalls: merged.maxParallelToolCalls,
    maxToolResultBytes: merged.maxToolResultBytes,
    maxToolMediaBytes: merged.maxToolMediaBytes,
  };
}

/** @throws {HeddleError} `INVALID_OPTION`. `at` is what the fields are part of, "" for nothing. */
export function checkWorkerOptions(options: WorkerOptions, at: string): void {
  const field = (name: string) => (at === "" ? name : `${at}.${name}`);
  checkFields(at, options, FIELDS);
  for (const name of ["name", "provider", "instructions"] as const) {
    checkText(field(name), options[name]);
  }
  checkContext(field("context"), options.context);
  checkMaxSteps(field("maxSteps"), options.maxSteps);
  checkNumber(field("maxDepth"), options.maxDepth, { min: 0, max: 100, integer: true });
  checkNumber(field("maxChildren"), options.maxChildren, { min: 0, max: 10_000, integer: true });
  checkNumber(field("graceMs"), options.graceMs, MS);
  checkNumber(field("killMs"), options.killMs, MS);
  checkNumber(field("windowBytes"), options.windowBytes, BYTES);
  checkNumber(field("maxOutputBytes"), options.maxOutputBytes, BYTES);
  checkOneOf(field("whenBusy"), options.whenBusy, ["enqueue", "reject", "interrupt"]);
  checkNumber(field("parkAfterMs"), options.parkAfterMs, MS);
  checkRestart(field("restart"), options.restart);
  checkNumber(field("heapMb"), options.heapMb, { min: 16, max: 65_536 });
  checkNumber(field("unresponsiveMs"), options.unresponsiveMs, DEADLINE_MS);
  checkOneOf(field("whenUnresponsive"), options.whenUnresponsive, ["report", "kill"]);
  checkPermissions(field("permissions"), options.permissions);
  checkTools(field, options);
  checkModelSettings(field("model"), options.model);
  checkFallback(field("fallback"), options.fallback, checkModelSettings);
  checkTimeouts(field("timeouts"), options.timeouts);
  checkBudget(field("budget"), options.budget);
  checkMessages(field("transcript"), options.transcript, "INVALID_OPTION");
}

function checkTools(field: (name: string) => string, options: WorkerOptions): void {
  checkToolSources(field("tools"), options.tools);
  checkHostTools(field("hostTools"), options.hostTools);
  checkOneOf(field("approvals"), options.approvals, ["ask", "deny", "allow"]);
  const { maxParallelToolCalls, maxToolResultBytes, maxToolMediaBytes } = options;
  const calls = { min: 1, max: 100, integer: true };
  checkNumber(field("maxParallelToolCalls"), maxParallelToolCalls, calls);
  const bytes = { min: 1, max: 16_777_216, integer: true };
  checkNumber(field("maxToolResultBytes"), maxToolResultBytes, bytes);
  const media = { min: 0, max: 52_428_800, integer: true };
  checkNumber(field("maxToolMediaBytes"), maxToolMediaBytes, media);
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkTimeouts(field: string, timeouts: Timeouts | undefined): void {
  if (timeouts === undefined) return;
  checkFields(field, timeouts, TIMEOUT_FIELDS);
  for (const name of TIMEOUT_FIELDS) checkNumber(`${field}.${name}`, timeouts[name], DEADLINE_MS);
}

function profileFor(
  permissions: Permissions | undefined,
  { readable }: ToolSettings,
): ActorProfile {
  if (!permissions && readable.length === 0) return BARE_PROFILE;
  return profileOf(permissions ?? NO_PERMISSIONS, readable, process.env);
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkBudget(field: string, budget: Budget | undefined): void {
  checkFields(field, budget, ["maxTotalTokens", "maxToolCalls"]);
  checkNumber(`${field}.maxTotalTokens`, budget?.maxTotalTokens, TOKENS);
  checkNumber(`${field}.maxToolCalls`, budget?.maxToolCalls, TOOL_CALLS);
}

/** @throws {HeddleError} `INVALID_OPTION`. */
export function checkMaxSteps(field: string, maxSteps: number | undefined): void {
  checkNumber(field, maxSteps, STEPS);
}

/** The settings of one job of a worker: `settings` themselves, where `options` says nothing else. */
export function jobSettings(
  settings: WorkerSettings,
  { budget, maxSteps = settings.maxSteps }: Pick<RunOptions, "budget" | "maxSteps">,
  fallback: readonly FallbackProvider[] = settings.fallback,
): WorkerSettings {
  if (!budget && maxSteps === settings.maxSteps && fallback === settings.fallback) return settings;
  return { ...settings, maxSteps, fallback, budget: layered(settings.budget, undefined, budget) };
}

/** `over` laid over `under`, and that over `base`; `base` itself where there is nothing else. */
function layered<T extends object>(base: T, under: T | undefined, over: T | undefined): T {
  return under || over ? { ...base, ...given(under), ...given(over) } : base;
}
