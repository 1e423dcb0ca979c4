import { connect } from "node:net";

export type RawAnswer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

export type RawRequest = {
  readonly method?: string;
  readonly path: string;
  /** As they are sent, in this order. There are no others. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | readonly string[];
};

/** What `fetch` would not send. The connection is ended by the server, or when the answer's body is there. */
export async function rawRequest(
  url: string,
  { method = "GET", path, headers = [], body = "" }: RawRequest,
): Promise<RawAnswer> {
  const { port } = new URL(url);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect(Number(port), "127.0.0.1");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (data: string) => {
    answer += data;
    if (isWhole(answer)) socket.destroy();
  });
  // A server that refuses a body may end the connection while it is being sent: the answer counts.
  socket.on("error", (error) => (answer === "" ? reject(error) : undefined));
  socket.on("close", () => resolve(answer));
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`);
  for (const part of typeof body === "string" ? [body] : body) socket.write(part);
  return parsed(await promise);
}

/** The body as chunks of a transfer whose length is not told before. */
export function chunkedBody(parts: readonly string[]): string {
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  return `${chunks.join("")}0\r\n\r\n`;
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const { headers, body } = parsed(answer);
  const length = headers.get("content-length");
  if (headers.get("transfer-encoding") === "chunked") return body.endsWith("0\r\n\r\n");
  return length === undefined || body.length >= Number(length);
}

function parsed(answer: string): RawAnswer {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((one) => {
      const [name = "", ...value] = one.split(": ");
      return [name.toLowerCase(), value.join(": ")];
    }),
  );
  return { status: Number(line.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
