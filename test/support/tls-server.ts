import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import type { Server } from "node:https";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificates.ts";

export type TlsServer = {
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
  /** How many connections were made. */
  connections(): number;
  url(host?: string): string;
};

type TlsOptions = Certificate & {
  /** Whose client certificates it wants. */
  readonly clientCa?: string;
};

/** A server by TLS that ends with the test. It says "ok" unless it is told otherwise. */
export async function tlsServer(
  { clientCa, ...certificate }: TlsOptions,
  answer: RequestListener = (_, response) => response.end("ok"),
): Promise<TlsServer> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const wanted = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  const server: Server = createServer({ ...certificate, ...wanted }, (request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on("secureConnection", () => {
    connections += 1;
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
    connections: () => connections,
    url: (host = "127.0.0.1") => `https://${host}:${port}/`,
  };
}
