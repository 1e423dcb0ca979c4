import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

/** Tool calls, and what was decided on them. Not by the tool's name: the model makes names up. */
export function toolMetrics(instruments: Instruments): Meter {
  const calls = instruments.counter(
    "tool_calls_total",
    "Tool calls that have ended, those that were never carried out included: outcome is ok or error, code that of the error.",
    ["agent", "outcome", "code"],
  );
  const decisions = instruments.counter(
    "tool_decisions_total",
    "Decisions on tool calls that needed approval (approved, edited, denied; expired: nobody has decided in time; cancelled: the job ended before), and who has decided: the job's host, session.decide, or what was remembered; empty: nobody.",
    ["agent", "decision", "by"],
  );
  const waiting = instruments.gauge(
    "tool_confirmations_waiting",
    "Tool calls that wait for a decision.",
  );
  return {
    onJobEvent: ({ labels: { agent } }, event) => {
      if (event.type === "tool-finished") {
        const outcome = event.isError ? "error" : "ok";
        calls.inc({ agent, outcome, code: event.error?.code ?? "" });
      } else if (event.type === "confirmation-decided") {
        decisions.inc({ agent, decision: event.decision, by: event.by ?? "" });
      }
    },
    onScrape: ({ sessions }) => {
      waiting.set(sessions.reduce((sum, { confirmations }) => sum + confirmations, 0));
    },
  };
}
