import parse from "parse-prometheus-text-format";
import { expect } from "vitest";
import type { Script, Supervisor } from "../../src/index.ts";
import type { ServerOptions } from "../../src/server/api.ts";
import type { ServedApp } from "./server-app.ts";
import { OTHER_TOKEN, serveApp, TOKEN } from "./server-app.ts";
import { startScripted } from "./supervisors.ts";

export const OPERATOR_TOKEN = "the-token-of-an-operator";

const tokens = {
  [TOKEN]: "alice",
  [OTHER_TOKEN]: "bob",
  [OPERATOR_TOKEN]: { name: "ops", isOperator: true },
};

type Labels = { readonly [name: string]: string };

/** What `/metrics` has said. */
export type Figures = {
  readonly text: string;
  readonly families: ReturnType<typeof parse>;
  /** The sum of all series of that name with these labels; 0 if there is none. */
  readonly sum: (name: string, labels?: Labels) => number;
  /** Every series with its value, as `name{labels}`. */
  readonly series: ReadonlyMap<string, number>;
};

export type MeteredApp = ServedApp & {
  readonly supervisor: Supervisor;
  readonly figures: () => Promise<Figures>;
};

/** An app with an operator, over a scripted model. */
export async function serveMetered(
  responses: Script["responses"],
  options: Partial<ServerOptions> = {},
): Promise<MeteredApp> {
  const supervisor = options.supervisor ?? (await startScripted(responses)).supervisor;
  const agents = { helper: {} };
  const served = await serveApp({ agents, auth: { tokens }, ...options, supervisor });
  return { ...served, supervisor, figures: () => readFigures(served) };
}

async function readFigures({ request }: ServedApp): Promise<Figures> {
  const response = await request("/metrics", { token: OPERATOR_TOKEN });
  expect(response.status).toBe(200);
  const text = await response.text();
  const series = new Map<string, number>();
  for (const { name, metrics } of parse(
    text.replaceAll(/^(# TYPE \w+) histogram$/gm, "$1 untyped"),
  ))
    for (const { labels = {}, value } of metrics) series.set(keyOf(name, labels), Number(value));
  return { text, families: parse(text), series, sum: (...wanted) => sumOf(series, ...wanted) };
}

function sumOf(series: ReadonlyMap<string, number>, name: string, labels: Labels = {}): number {
  const wanted = pairs(labels);
  let sum = 0;
  for (const [key, value] of series) {
    const [own, rest = ""] = key.split("{");
    const has = rest.replace("}", "").split(",");
    if (own === name && wanted.every((pair) => has.includes(pair))) sum += value;
  }
  return sum;
}

function keyOf(name: string, labels: Labels): string {
  return `${name}{${pairs(labels).join(",")}}`;
}

function pairs(labels: Labels): string[] {
  return Object.entries(labels).map(([label, value]) => `${label}=${value}`);
}
