// Data in place of text: `node examples/06-output.ts`. With OPENAI_API_KEY set it asks a real model.
import { openaiProvider, Supervisor, scriptedProvider } from "heddle";
import { z } from "zod";

const main = process.env["OPENAI_API_KEY"]
  ? openaiProvider({ model: "gpt-5-mini" })
  : scriptedProvider({
      responses: [
        { text: '{"title":"Weave a scarf","minutes":"two hours","steps":["warp","weave"]}' },
        { text: '{"title":"Weave a scarf","minutes":120,"steps":["warp","weave"]}' },
      ],
    });

// Any schema of zod 4, valibot or arktype, or a plain JSON Schema.
const plan = z.strictObject({
  title: z.string(),
  minutes: z.number().describe("how long it takes"),
  steps: z.array(z.string()).min(1),
});

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "planner" });
const worker = session.createWorker({ instructions: "You plan handicrafts." });
const job = session.run(worker, { prompt: "How do I weave a scarf?", output: plan });

// Its type is that of the schema, and its value was checked by it: a job that has no valid output fails (OUTPUT_INVALID).
const { output, steps } = await job.wait();
process.stdout.write(`${output.title}: ${output.minutes} minutes, ${output.steps.join(", ")}\n`);

// A response that was not valid is answered with what is wrong, once.
for (const { role, content } of worker.transcript) process.stdout.write(`${role}: ${content}\n`);
process.stdout.write(`${steps} steps\n`);
