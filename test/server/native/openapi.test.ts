import { validate } from "@scalar/openapi-parser";
import { describe, expect, test } from "vitest";
import { documentOf, operationsOf } from "../../support/described-app.ts";
import { serveScripted } from "../../support/server-app.ts";

describe("GET /api/openapi.json", () => {
  test("is a valid document of OpenAPI 3.1", async () => {
    const document = await documentOf(await serveScripted([{ text: "done" }]));
    const { valid, errors, version } = await validate({ ...document });
    expect(errors ?? []).toEqual([]);
    expect({ valid, version }).toEqual({ valid: true, version: "3.1" });
  });

  test("names every route of the app, and no other", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const document = await documentOf(served);
    const named = operationsOf(document).map(({ method, path }) => `${method} ${path}`);
    const routes = served.app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(named.toSorted()).toEqual([...new Set(routes)].toSorted());
    expect(named.length).toBeGreaterThanOrEqual(14);
  });

  test("says of every route how it refuses, and that it wants a token unless it is open", async () => {
    const document = await documentOf(await serveScripted([{ text: "done" }]));
    for (const { method, path, operation } of operationsOf(document)) {
      const isOpen = path === "/healthz" || path === "/readyz";
      expect(operation.security, `${method} ${path}`).toEqual(isOpen ? [] : undefined);
      if (!isOpen) expect(operation.responses, `${method} ${path}`).toHaveProperty("default");
    }
    expect(document).toMatchObject({
      security: [{ bearer: [] }],
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    });
  });
});
