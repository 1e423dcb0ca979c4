// Agents that share an actor: `node examples/08-actors.ts`. Three read a site, one crawler fetches its pages, slowly.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Supervisor, scriptedProvider } from "heddle";

const pages = new Map([
  ["/", "See /heddles and /looms."],
  ["/heddles", "A heddle lifts a thread."],
  ["/looms", "A loom holds the threads."],
]);
const site = createServer(({ url = "/" }, response) => {
  process.stdout.write(`site: GET ${url}\n`);
  response.writeHead(pages.has(url) ? 200 : 404).end(pages.get(url));
}).listen(0, "127.0.0.1");
await once(site, "listening");
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

const read = (path: string) => ({ name: "read_page", args: { url: `${origin}${path}` } });
const main = scriptedProvider({
  responses: [
    { toolCalls: [read("/")] },
    { toolCalls: [read("/heddles"), read("/looms"), read("/shuttles")] },
    { text: "Heddles lift threads, looms hold them; of shuttles it says nothing." },
  ],
});

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "readers" });

// The one worker that may use the network. What the others ask waits in its mailbox.
const crawler = session.createWorker<typeof import("./behaviors/crawler.ts").behavior>({
  name: "crawler",
  behavior: new URL("./behaviors/crawler.js", import.meta.url),
  permissions: { net: true },
});

const tools = [new URL("./tools/pages.js", import.meta.url)];
const readers = ["ann", "bob", "cat"].map((id) => ({ id, prompt: `What is on ${origin}?` }));
for await (const { job, outcome } of session.runAll(readers, { worker: { tools } })) {
  const said = outcome.status === "completed" ? outcome.result.text : outcome.error.message;
  process.stdout.write(`${job.id}: ${said}\n`);
}
process.stdout.write(`${await crawler.ask("count", {})} pages fetched, one at a time\n`);
site.close();
