import type { AgentOptions } from "../agent-options.ts";
import { readAgentOptions } from "../agent-options.ts";
import type { OptionValues } from "../option-values.ts";

export type ChatOptions = AgentOptions & {
  readonly agents: string | undefined;
  readonly agent: string | undefined;
  readonly resume: string | undefined;
};

/** Reads what `heddle chat` is given. Pure; what is wrong is added to the problems of `values`. */
export function readChat(values: OptionValues, operands: readonly string[]): ChatOptions {
  for (const operand of operands) {
    values.problems.push(`chat takes no FILE and no prompt: "${operand}"`);
  }
  const options: ChatOptions = {
    ...readAgentOptions(values),
    agents: values.text("agents"),
    agent: values.text("agent"),
    resume: values.text("resume"),
  };
  if (options.agent !== undefined && options.agents === undefined) {
    values.problems.push("--agent needs --agents MODULE");
  }
  return options;
}
