import { isAbsolute } from "node:path";
import type { ExecOptions } from "../../tools/tool.ts";
import { checkFields, checkNumber, DEADLINE_MS, refuse } from "../check.ts";

const MAX_ARGV_BYTES = 102_400;
const MAX_OUTPUT_BYTES = 16_777_216;

/** A command, and within which bounds it runs. */
export type CommandSpec = Omit<ExecOptions, "env"> & {
  /** The program and its arguments, 102,400 bytes at most in all. Nothing of it is read by a shell. */
  readonly argv: readonly string[];
  /** All of its environment, but for `PATH`, which is the host's where it is not given: no program is found without it. */
  readonly env: { readonly [name: string]: string };
};

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkCommand(spec: CommandSpec): void {
  const known = ["argv", "cwd", "env", "input", "timeoutMs", "maxOutputBytes", "onOutput"];
  checkFields("", spec, known, "INVALID_INPUT");
  checkArgv(spec.argv);
  checkCwd(spec.cwd);
  checkEnv(spec.env);
  if (!["string", "undefined"].includes(typeof spec.input)) reject("input", "a string");
  if (!["function", "undefined"].includes(typeof spec.onOutput)) reject("onOutput", "a function");
  checkNumber("timeoutMs", spec.timeoutMs, DEADLINE_MS, "INVALID_INPUT");
  const bounds = { min: 1, max: MAX_OUTPUT_BYTES, integer: true };
  checkNumber("maxOutputBytes", spec.maxOutputBytes, bounds, "INVALID_INPUT");
}

function checkArgv(argv: unknown): void {
  if (!Array.isArray(argv) || argv.length === 0) {
    reject("argv", "an array of strings: a program and its arguments");
  }
  // By index: holes of the array are no strings either.
  for (let i = 0; i < argv.length; i++) checkString(`argv[${i}]`, argv[i]);
  if (argv[0] === "") reject("argv[0]", "the name or path of a program");
  const sizeBytes = argv.reduce((sum: number, one: string) => sum + Buffer.byteLength(one) + 1, 0);
  if (sizeBytes > MAX_ARGV_BYTES) reject("argv", `at most ${MAX_ARGV_BYTES} bytes in all`);
}

function checkCwd(cwd: unknown): void {
  if (cwd === undefined) return;
  checkString("cwd", cwd);
  if (!isAbsolute(cwd as string)) reject("cwd", "an absolute path");
}

function checkEnv(env: unknown): void {
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    reject("env", "an object of strings");
  }
  for (const [name, value] of Object.entries(env)) {
    checkString("env", name);
    if (name === "" || name.includes("=")) reject("env", 'an object whose names have no "="');
    checkString(`env.${name}`, value);
  }
}

function checkString(field: string, value: unknown): void {
  if (typeof value === "string" && !value.includes("\0")) return;
  reject(field, "a string without NUL characters");
}

function reject(field: string, expected: string): never {
  refuse(field, expected, "INVALID_INPUT");
}
