// Two agents share the tools of one MCP server: `node examples/05-mcp.ts`.
import { fileURLToPath } from "node:url";
import { mcp, Supervisor, scriptedProvider } from "heddle";

// A server that others wrote, as a process; `mcp({ url })` is for one that is somewhere else.
const entry = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);
const everything = mcp(
  { command: process.execPath, args: [entry, "stdio"] },
  // It says of no tool that it is harmless. We know this one, so nobody is asked.
  { name: "everything", approvals: "never" },
);

const sum = (a: number, b: number) => ({ toolCalls: [{ name: "get-sum", args: { a, b } }] });
const slow = { name: "trigger-long-running-operation", args: { duration: 60, steps: 60 } };
await using supervisor = await Supervisor.start({
  providers: {
    adder: scriptedProvider({ responses: [sum(20, 22), { text: "That makes 42." }] }),
    waiter: scriptedProvider({ responses: [{ toolCalls: [slow] }] }),
  },
});
const session = supervisor.openSession();
const adder = session.run({ provider: "adder", tools: [everything] }, { prompt: "20 + 22?" });
const waiter = session.run(
  { provider: "waiter", tools: [everything] },
  { prompt: "Take a minute." },
);

for await (const event of adder.events()) {
  if (event.type === "tool-finished") process.stdout.write(`${event.toolName}: ${event.result}\n`);
}
process.stdout.write(`${(await adder.wait()).text}\n`);

// A cancel reaches the call on the server.
for await (const event of waiter.events()) {
  if (event.type !== "tool-progress") continue;
  process.stdout.write(`${event.toolName} shows progress; it is cancelled\n`);
  void waiter.cancel("nobody waits for a minute");
}
const [server] = supervisor.inspect().sessions[0]?.mcp ?? [];
process.stdout.write(`job: ${(await waiter.outcome).status}, server: ${server?.state}\n`);
