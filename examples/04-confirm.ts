// Tool calls that wait for a person: `node examples/04-confirm.ts`. On a terminal it asks you; elsewhere it decides by itself, and says so.
import { createInterface } from "node:readline/promises";
import type { ConfirmationRequest, ToolDecision } from "heddle";
import { defineTool, Supervisor, scriptedProvider } from "heddle";
import { z } from "zod";

const mail = (to: string, text: string) => ({ name: "send_mail", args: { to, text } });
const main = scriptedProvider({
  responses: [
    { toolCalls: [mail("ann", "Hi!"), mail("everyone", "Hi!"), mail("bob", "HI!!!")] },
    { text: "I wrote to those I may write to." },
    { toolCalls: [mail("cat", "Lunch?"), mail("dan", "Lunch?")] },
    { text: "I asked both." },
  ],
});

const sendMail = defineTool({
  name: "send_mail",
  parameters: z.object({ to: z.string(), text: z.string() }),
  needsApproval: true,
  execute: ({ to, text }) => write(`  sent to ${to}: ${text}`),
});

const person = process.stdin.isTTY ? createInterface(process.stdin, process.stdout) : undefined;
const ownDecisions: ToolDecision[] = [
  { approve: true },
  { deny: "never write to everyone at once" },
  { edit: { to: "bob", text: "Hi." } },
  { approve: true, remember: "session" },
];

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "office" });
const mailer = session.createWorker({ hostTools: [sendMail], maxParallelToolCalls: 1 });

// One way to be asked: the host of a job. It is shown the exact arguments.
write("A host decides:");
const host = {
  getToolConfirmation: (_: string, request: ConfirmationRequest, signal: AbortSignal) =>
    decide(request, signal),
};
const first = session.run(mailer, { prompt: "Greet them." }, { host });
write((await first.wait()).text);

// The other: whoever follows the session is asked for all its jobs, and may answer at any time.
write("The session decides:");
session.confirmations$.subscribe((request) => {
  void decide(request).then((decision) => session.decide(request.confirmationId, decision));
});
const second = session.run(mailer, { prompt: "Ask them for lunch." });
write((await second.wait()).text);
person?.close();

async function decide(request: ConfirmationRequest, signal?: AbortSignal): Promise<ToolDecision> {
  write(`${request.toolName} ${JSON.stringify(request.args)}?`);
  if (!person) {
    const decision = ownDecisions.shift() ?? { deny: "nobody is at a terminal" };
    write(`  nobody is at a terminal, so I decide: ${JSON.stringify(decision)}`);
    return decision;
  }
  const answer = await person.question("  yes, always, no <reason> or edit <text>: ", { signal });
  const [, verb, rest = ""] = /^(\w*) ?(.*)$/.exec(answer) ?? [];
  if (verb === "yes") return { approve: true };
  if (verb === "always") return { approve: true, remember: "session" };
  if (verb === "edit") return { edit: { ...(request.args as object), text: rest } };
  return { deny: rest || "the person said no" };
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
