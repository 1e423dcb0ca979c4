import { HeddleError } from "../../index.ts";

export type ServerPackages = {
  readonly server: typeof import("../../server/api.ts");
  readonly pino: typeof import("pino").pino;
};

/** What a server is made of, beside what Heddle itself depends on. */
const PACKAGES = [
  "hono",
  "@hono/node-server",
  "@hono/zod-openapi",
  "zod",
  "pino",
  "prom-client",
] as const;

/** Loads what only a server needs. @throws {HeddleError} `SERVER_NOT_INSTALLED` that says what to install. */
export async function loadServer(): Promise<ServerPackages> {
  try {
    const [server, { pino }] = await Promise.all([
      import("../../server/api.ts"),
      import("pino"),
      // Loaded later by the server: better to be told now.
      import("@hono/node-server"),
      import("prom-client"),
    ]);
    return { server, pino };
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const message = `heddle serve needs packages that are not installed: npm install ${PACKAGES.join(" ")}`;
    throw new HeddleError("SERVER_NOT_INSTALLED", message, { cause });
  }
}
