// Fifty agents at once, then all that are late are cancelled: `node examples/02-crowd.ts`.
import { Supervisor, scriptedProvider } from "heddle";

const main = scriptedProvider({
  repeat: true,
  responses: [{ text: "Thinking it over, word by word, until I am done.", chunksPerSecond: 40 }],
});
await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "crowd" });

const deadline = new AbortController();
const counts = { completed: 0, cancelled: 0, failed: 0 };
const prompts = Array.from({ length: 100 }, (_, i) => ({
  id: `agent-${i}`,
  prompt: `Question ${i}`,
}));

const batch = session.runAll(prompts, { concurrency: 50, signal: deadline.signal });
for await (const { job, outcome } of batch) {
  counts[outcome.status] += 1;
  if (counts.completed === 60) deadline.abort("sixty answers are enough");
  process.stdout.write(`${job.id}: ${outcome.status}\n`);
}
process.stdout.write(`${JSON.stringify(counts)}\n`);
