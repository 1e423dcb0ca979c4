import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { get } from "node:http";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import {
  brotliCompressSync,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { describe, expect, test } from "vitest";
import { UnpackError, unpacked } from "../../src/network/unpack.ts";
import { webServer } from "../support/web-server.ts";

const PAGE = "<p>Grüße aus Zürich</p>".repeat(500);

/** The answer of a server that packs it so. */
async function answered(
  encoding: string,
  body: Buffer | ((response: ServerResponse) => void),
): Promise<IncomingMessage> {
  const server = await webServer((_, response) => {
    response.writeHead(200, { "content-encoding": encoding });
    if (typeof body === "function") body(response);
    else response.end(body);
  });
  const [message] = await once(get(server.url(), { agent: false }), "response");
  return message as IncomingMessage;
}

function contentOf(message: IncomingMessage, maxBytes?: number): Readable {
  const content = unpacked(message, maxBytes);
  if (content === undefined) throw new TypeError("its packing is known");
  return content;
}

describe("unpacked()", () => {
  test.for<readonly [string, Buffer]>([
    ["gzip", gzipSync(PAGE)],
    ["GZIP", gzipSync(PAGE)],
    ["x-gzip", gzipSync(PAGE)],
    ["deflate", deflateSync(PAGE)],
    ["deflate", deflateRawSync(PAGE)],
    ["br", brotliCompressSync(PAGE)],
    ["zstd", zstdCompressSync(PAGE)],
    ["br, gzip", gzipSync(brotliCompressSync(PAGE))],
    ["identity, gzip", gzipSync(PAGE)],
    ["gzip", Buffer.concat([gzipSync(PAGE.slice(0, 100)), gzipSync(PAGE.slice(100))])],
  ])("%s", async ([encoding, body]) => {
    expect(await text(contentOf(await answered(encoding, body)))).toBe(PAGE);
  });

  test.for(["identity", ""])("%j is the message itself", async (encoding) => {
    const message = await answered(encoding, Buffer.from(PAGE));
    expect(unpacked(message)).toBe(message);
    expect(await text(message)).toBe(PAGE);
  });

  test.for(["compress", "gzip, compress", "gzip, gzip, gzip"])(
    "%s is not known",
    async (encoding) => {
      const message = await answered(encoding, Buffer.from("x"));
      expect(unpacked(message)).toBeUndefined();
      message.destroy();
    },
  );

  test.for(["gzip", "deflate", "br", "zstd"])("an empty body is no error: %s", async (encoding) => {
    expect(await text(contentOf(await answered(encoding, Buffer.alloc(0))))).toBe("");
  });

  test.for(["gzip", "deflate", "br", "zstd"])(
    "what is not packed so, or cut: %s",
    async (encoding) => {
      const packed = {
        gzip: gzipSync,
        deflate: deflateSync,
        br: brotliCompressSync,
        zstd: zstdCompressSync,
      };
      const whole = packed[encoding as keyof typeof packed](PAGE);
      for (const body of [Buffer.from("this is no such thing"), whole.subarray(0, -4)]) {
        const content = contentOf(await answered(encoding, body));
        await expect(buffer(content)).rejects.toThrow(UnpackError);
      }
    },
  );

  test("what is packed comes as soon as its server flushes it", async () => {
    const message = await answered("gzip", (response) => {
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write("first");
      gzip.flush();
    });
    const content = contentOf(message);
    const [first] = await once(content, "data");
    expect(String(first)).toBe("first");
    const closed = new Promise((resolve) => message.once("close", resolve));
    content.destroy();
    await closed;
  });

  test("a bomb gives no more than it may, and ends its connection", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    expect(bomb.length).toBeLessThan(100_000);
    const message = await answered("gzip", bomb);
    const content = contentOf(message, 1_000_000);
    let sizeBytes = 0;
    const read = async () => {
      for await (const part of content) sizeBytes += (part as Buffer).length;
    };
    await expect(read()).rejects.toThrow("is larger than 1000000 bytes");
    expect(sizeBytes).toBeLessThanOrEqual(1_000_000);
    expect(message.destroyed).toBe(true);
  });

  test("a bomb in a bomb is stopped at its outer layer", async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(256 * 1_024 * 1_024)));
    const content = contentOf(await answered("gzip, gzip", bomb), 100_000);
    await expect(buffer(content)).rejects.toThrow(UnpackError);
  });

  test("it is unpacked no faster than it is read", async () => {
    const content = contentOf(await answered("gzip", gzipSync(Buffer.alloc(64 * 1_024 * 1_024))));
    await once(content, "readable");
    expect(content.readableLength).toBeLessThan(1_024 * 1_024);
    content.destroy();
  });

  test("a message that breaks off fails its body", async () => {
    const message = await answered("gzip", (response) => {
      response.write(gzipSync(PAGE).subarray(0, 30), () => response.destroy());
    });
    const content = contentOf(message);
    await expect(buffer(content)).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
