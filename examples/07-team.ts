// A lead with three researchers, cancelled half-way: `node examples/07-team.ts`.
import { asTool, Supervisor, scriptedProvider } from "heddle";

const topics = ["looms", "warps", "wefts"];
const halfWay = new Set<string>();
const lead = scriptedProvider({
  responses: [
    { toolCalls: topics.map((topic) => ({ name: "research", args: { prompt: topic } })) },
    { text: "All three have reported." },
  ],
});
const researcher = scriptedProvider({
  repeat: true,
  responses: [{ text: "one finding after the other, ", chunksPerSecond: 20, endless: true }],
});

await using supervisor = await Supervisor.start({ providers: { lead, researcher } });
const session = supervisor.openSession({ name: "team" });
const research = asTool({
  name: "research",
  description: "Finds out about a topic.",
  provider: "researcher",
  instructions: "Find out all there is.",
});
const job = session.run(
  { name: "lead", provider: "lead", hostTools: [research] },
  { prompt: "Go." },
);

const names = new Map<string, string>();
for await (const event of job.events()) {
  if (event.type === "child-started") {
    names.set(event.jobId, event.workerName);
    void follow(event.jobId, event.workerName);
  }
  if (event.type === "child-settled") say(`${names.get(event.jobId)}: ${event.status}`);
  if (event.type === "cancelled") say(`lead: cancelled, because ${event.reason}`);
}
say(`still at work: ${session.jobs.size} jobs`);

/** Reads what one of them says. When all are half-way, the lead is cancelled, and they with it. */
async function follow(jobId: string, name: string): Promise<void> {
  let pieces = 0;
  for await (const event of session.job(jobId)?.events() ?? []) {
    if (event.type !== "chunk" || ++pieces !== 10) continue;
    say(`${name} is half-way`);
    halfWay.add(name);
    if (halfWay.size === topics.length) void job.cancel("the question has changed");
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
