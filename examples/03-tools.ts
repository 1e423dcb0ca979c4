// An agent with tools: `node examples/03-tools.ts`. With OPENAI_API_KEY set it asks a real model.
import { defineTool, openaiProvider, Supervisor, scriptedProvider } from "heddle";
import { z } from "zod";

const main = process.env["OPENAI_API_KEY"]
  ? openaiProvider({ model: "gpt-5-mini" })
  : scriptedProvider({
      responses: [
        { toolCalls: [{ name: "find_order", args: { id: "A-7" } }] },
        // A model's mistakes are told to the model: it may try again.
        { toolCalls: [{ name: "convert", args: { amount: 120, from: "EUR", to: "kronor" } }] },
        { toolCalls: [{ name: "convert", args: { amount: 120, from: "EUR", to: "SEK" } }] },
        { text: "Order A-7 comes to 1344.00 SEK." },
      ],
    });

const orders = new Map([["A-7", { item: "loom", total: 120, currency: "EUR" }]]);

// What must stay in this process, here a database, is a host tool: it runs beside the supervisor.
const findOrder = defineTool({
  name: "find_order",
  description: "Looks an order up by its id.",
  parameters: z.object({ id: z.string() }),
  execute: ({ id }) => orders.get(id) ?? "There is no such order.",
});

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "shop" });
const job = session.run(
  {
    instructions: "Answer from the tools, in one sentence.",
    tools: [new URL("./tools/money.js", import.meta.url)],
    hostTools: [findOrder],
  },
  { prompt: "What does order A-7 come to in Swedish kronor?" },
);

for await (const event of job.events()) {
  if (event.type === "tool-started") {
    process.stdout.write(`-> ${event.toolName} ${JSON.stringify(event.args)}\n`);
  }
  if (event.type === "tool-finished") {
    const how = event.isError ? `refused (${event.error?.code}): ` : "";
    process.stdout.write(`<- ${event.toolName} ${how}${event.result}\n`);
  }
}
const { text, steps } = await job.wait();
process.stdout.write(`${text}\n${steps} steps\n`);
