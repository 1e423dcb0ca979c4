import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { checkProvider } from "../../src/testing/api.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const WORDS = "x".repeat(16_000);

/** A server that answers with bare text; to a long prompt without an end. */
async function startServer(): Promise<string> {
  const server = createServer(async (request, response) => {
    const isLong = (await textOf(request)).includes("never end");
    response.writeHead(200, { "content-type": "text/plain" });
    if (!isLong) return void response.end("hello");
    const go = (): void => {
      while (!response.destroyed && response.write(WORDS));
    };
    response.on("drain", go);
    go();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("the module of one's own in docs/providers.md keeps the contract", async () => {
  const docs = await readFile(join(ROOT, "docs/providers.md"), "utf8");
  const example = /```ts\n(\/\/ my-provider\.ts[\s\S]*?)```/.exec(docs)?.[1] ?? "";
  // Inside the package, so that "heddle" is found as it is where it is installed.
  const directory = await mkdtemp(join(ROOT, "examples", "provider-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "my-provider.ts");
  await writeFile(file, example);
  const report = await checkProvider(
    { module: file, options: { url: await startServer() }, env: ["MY_KEY"] },
    { longPrompt: "never end", env: { MY_KEY: "k" } },
  );
  expect(report.checks.filter(({ status }) => status === "failed")).toEqual([]);
  expect(report.checks).toContainEqual({ name: "waits for room", status: "passed" });
});
