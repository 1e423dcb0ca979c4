// One agent, streamed: `node examples/01-hello.ts`. With OPENAI_API_KEY set it asks a real model.
import { openaiProvider, Supervisor, scriptedProvider } from "heddle";

const main = process.env["OPENAI_API_KEY"]
  ? openaiProvider({ model: "gpt-5-mini" })
  : scriptedProvider({
      responses: [{ text: "Hello from a thread of my own.", chunksPerSecond: 20 }],
    });

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "hello" });
const job = session.run({ instructions: "Answer in one sentence." }, { prompt: "Say hello." });

for await (const chunk of job) if (chunk.type === "text") process.stdout.write(chunk.text);
const { usage } = await job.wait();
process.stdout.write(`\n${usage.totalTokens} tokens\n`);
