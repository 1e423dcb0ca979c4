import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type WebServer = {
  readonly port: number;
  /** Its address, with the host that is given. */
  url(path?: string, host?: string): string;
  readonly requests: readonly IncomingMessage[];
};

/** A server on this machine that ends with the test. */
export async function webServer(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<WebServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    void answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    requests,
    url: (path = "/", host = "127.0.0.1") => `http://${host}:${port}${path}`,
  };
}
