import type { OptionSpec } from "../option-spec.ts";

export const SERVE_BOUNDS = { port: { least: 0, most: 65_535, whole: true } } as const;

export const DEFAULT_PORT = 8_787;
export const DEFAULT_HOST = "127.0.0.1";
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export const SERVE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "port",
    value: "N",
    group: "Serve",
    help: [`Default: ${DEFAULT_PORT}. 0: one that is free.`],
  },
  {
    name: "host",
    value: "HOST",
    group: "Serve",
    help: [
      `The address to listen on. Default: ${DEFAULT_HOST}, which only this`,
      "machine can reach.",
    ],
  },
  {
    name: "agents",
    value: "MODULE",
    group: "Serve",
    help: [
      "A module that exports `agents`: worker options, by the names that",
      "clients call them. What the command line says goes before them.",
      'Default: one agent, "default", as the command line says.',
    ],
  },
  {
    name: "allow-host",
    value: "HOST",
    group: "Serve",
    help: [
      "A name by which clients may call the server, besides localhost,",
      "127.0.0.1 and [::1]: example.org, or with a port. Repeatable.",
    ],
  },
  {
    name: "allow-origin",
    value: "ORIGIN",
    group: "Serve",
    help: ["Pages that may use it: https://example.org. Repeatable."],
  },
  {
    name: "no-auth",
    group: "Serve",
    help: ["No token is needed. Only where nobody else can reach it: on loopback."],
  },
  {
    name: "drain",
    value: "MS",
    group: "Serve",
    help: [
      "How long running jobs may go on after a first signal, in milliseconds.",
      "Default: 10000.",
    ],
  },
  {
    name: "log-level",
    value: "LEVEL",
    group: "Serve",
    help: [`${LOG_LEVELS.join(", ")}. Default: info.`],
  },
  {
    name: "json",
    group: "Serve",
    help: ["What is told at the start as one JSON object on one line."],
  },
];
