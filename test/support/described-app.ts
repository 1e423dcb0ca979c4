import { Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import type { ServedApp } from "./server-app.ts";

type Json = { readonly [name: string]: unknown };
type Content = { readonly [type: string]: { readonly schema: Json } };
type Answer = { readonly content?: Content };

export type Operation = {
  readonly security?: readonly unknown[];
  readonly responses: { readonly [status: string]: Answer };
};
export type ApiDocument = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Json } };
};

export async function documentOf({ request }: ServedApp): Promise<ApiDocument> {
  const response = await request("/api/openapi.json");
  expect(response.status).toBe(200);
  return (await response.json()) as ApiDocument;
}

/** The same app, but each answer is held against the document that the app gives of itself: also against fields that it does not name. */
export async function described<S extends ServedApp>(served: S): Promise<S> {
  const document = await documentOf(served);
  const request: ServedApp["request"] = async (path, init = {}) => {
    const response = await served.request(path, init);
    const method = (init.method ?? (init.json === undefined ? "GET" : "POST")).toLowerCase();
    if (method === "head") return response;
    await checkAnswer(document, `${method} ${path.split("?")[0]}`, method, path, response);
    return response;
  };
  return { ...served, request };
}

/** Every method of every path. */
export function operationsOf(
  document: ApiDocument,
): { readonly method: string; readonly path: string; readonly operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

async function checkAnswer(
  document: ApiDocument,
  what: string,
  method: string,
  path: string,
  response: Response,
): Promise<void> {
  const operation = operationFor(document, method, path);
  const answer = operation
    ? (operation.responses[response.status] ?? operation.responses["default"])
    : { content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } };
  expect(answer, `${what} has answered ${response.status}`).toBeDefined();
  const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
  const content = answer?.content?.[type];
  if (!answer?.content) expect(type, `${what}: ${response.status} has no body`).toBe("");
  else expect(content, `${what}: ${response.status} is ${type}`).toBeDefined();
  if (!content || type !== "application/json") return;
  const issues = issuesOf(document, content.schema, await response.clone().json());
  expect(issues, `${what}: ${response.status}`).toEqual([]);
}

function operationFor(document: ApiDocument, method: string, path: string): Operation | undefined {
  const steps = new URL(path, "http://localhost").pathname.split("/");
  const known = Object.keys(document.paths).find((pattern) => {
    const expected = pattern.split("/");
    return (
      expected.length === steps.length &&
      expected.every((step, i) => step.startsWith("{") || step === steps[i])
    );
  });
  return known === undefined ? undefined : document.paths[known]?.[method];
}

/** What is wrong with a value by one of the document's schemas. */
export function issuesOf(document: ApiDocument, schema: Json, value: unknown): readonly string[] {
  const root = { ...(closed(schema) as Json), components: closed(document.components) as Json };
  const { errors } = new Validator(root, "2020-12", false).validate(value);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** No fields but those that are described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closed(value)]),
  );
  return "properties" in inner && inner["type"] === "object"
    ? { additionalProperties: false, ...inner }
    : inner;
}
