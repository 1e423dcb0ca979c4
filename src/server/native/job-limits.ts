import type { ModelSettings, RunOptions, WorkerOptions } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import { EFFORTS } from "../efforts.ts";
import { given } from "../given.ts";

export type JobLimits = Pick<RunOptions, "model" | "maxSteps" | "timeouts" | "budget">;

type Model = Omit<ModelSettings, "name">;
type Limit = readonly [field: string, asked: number | undefined, own: number | undefined];

const DEFAULT_MAX_STEPS = 20;

/** What an agent allows, `defaults` being the supervisor's. */
export function limitsOfAgent(agent: WorkerOptions, defaults: WorkerOptions): JobLimits {
  return {
    maxSteps: agent.maxSteps ?? defaults.maxSteps ?? DEFAULT_MAX_STEPS,
    model: { ...given(defaults.model), ...given(agent.model) },
    timeouts: { ...given(defaults.timeouts), ...given(agent.timeouts) },
    budget: { ...given(defaults.budget), ...given(agent.budget) },
  };
}

/**
 * A client may ask for less than its agent allows, never for more. `own` is undefined for a worker that the server has not made: nobody knows what
 * that allows.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field and what is allowed.
 */
export function checkLower(asked: JobLimits, own: JobLimits | undefined): void {
  if (own === undefined) {
    const [field] = Object.keys(asked);
    if (field !== undefined) throw refused(field, "can only be set for workers of this server");
    return;
  }
  for (const [field, value, most] of limits(asked, own)) {
    if (value !== undefined && most !== undefined && value > most)
      throw refused(field, `must be at most ${most}, the agent's own`);
  }
  checkEffort(asked.model, own.model);
  checkToolChoice(asked.model, own.model);
}

function limits(asked: JobLimits, own: JobLimits): readonly Limit[] {
  const limit = (field: string, of: (limits: JobLimits) => number | undefined): Limit => [
    field,
    of(asked),
    of(own),
  ];
  return [
    limit("maxSteps", ({ maxSteps }) => maxSteps),
    limit("timeouts.totalMs", ({ timeouts }) => timeouts?.totalMs),
    limit("budget.maxTotalTokens", ({ budget }) => budget?.maxTotalTokens),
    limit("budget.maxToolCalls", ({ budget }) => budget?.maxToolCalls),
    limit("model.maxOutputTokens", ({ model }) => model?.maxOutputTokens),
  ];
}

function checkEffort(asked: Model | undefined, own: Model | undefined): void {
  const effort = asked?.reasoning?.effort;
  const most = own?.reasoning?.effort;
  if (effort === undefined || most === undefined) return;
  if (EFFORTS.indexOf(effort) > EFFORTS.indexOf(most))
    throw refused("model.reasoning.effort", `must be at most ${most}, the agent's own`);
}

/** Where the agent has chosen, a client may only do without tools. */
function checkToolChoice(asked: Model | undefined, own: Model | undefined): void {
  if (asked?.toolChoice === undefined || own?.toolChoice === undefined) return;
  if (asked.toolChoice !== "none")
    throw refused("model.toolChoice", 'must be "none", or left to the agent');
}

function refused(field: string, problem: string): HeddleError {
  return new HeddleError("INVALID_INPUT", `${field} ${problem}`, { details: { field } });
}
