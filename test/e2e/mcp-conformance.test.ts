import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { TemporaryDirectory } from "../cli/support/command.ts";

const SUITE = join(
  dirname(fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/package.json"))),
  "dist/index.js",
);
const DRIVER = fileURLToPath(new URL("../fixtures/mcp/conformance-driver.ts", import.meta.url));
const SCENARIOS = [
  "initialize",
  "tools_call",
  "elicitation-sep1034-client-defaults",
  "sse-retry",
  "auth/metadata-default",
  "auth/metadata-var1",
  "auth/metadata-var2",
  "auth/metadata-var3",
  "auth/basic-cimd",
  "auth/scope-from-www-authenticate",
  "auth/scope-from-scopes-supported",
  "auth/scope-omitted-when-undefined",
  "auth/scope-step-up",
  "auth/scope-retry-limit",
  "auth/token-endpoint-auth-basic",
  "auth/token-endpoint-auth-post",
  "auth/token-endpoint-auth-none",
  "auth/pre-registration",
  "auth/2025-03-26-oauth-metadata-backcompat",
  "auth/2025-03-26-oauth-endpoint-fallback",
  "auth/resource-mismatch",
  "auth/offline-access-scope",
  "auth/offline-access-not-supported",
  "auth/client-credentials-jwt",
  "auth/client-credentials-basic",
  "auth/cross-app-access-complete-flow",
];
/** What does not pass, by the words in which it is refused. One that is listed here and passes fails its test. */
const REFUSED: ReadonlyMap<string, { readonly why: string; readonly words: RegExp }> = new Map([
  [
    "auth/2025-03-26-oauth-metadata-backcompat",
    {
      why: "its metadata names another issuer than the one that was asked, which RFC 8414 (3.3) says must be refused",
      words: /MCP_AUTH_FAILED .* Issuer mismatch/,
    },
  ],
]);

type Check = {
  readonly id: string;
  readonly status: string;
  readonly description: string;
  readonly errorMessage?: string;
};
type Run = {
  readonly exitCode: number;
  /** What the suite objects to. */
  readonly objections: readonly Check[];
  readonly passed: number;
  readonly said: string;
};

async function suite(...args: readonly string[]) {
  return await promisify(execFile)(process.execPath, [SUITE, ...args], { timeout: 150_000 }).then(
    ({ stdout, stderr }) => ({ exitCode: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ exitCode: Number(code), said: String(stdout + stderr) }),
  );
}

/** Runs a worker of ours against the servers of a scenario. */
async function run(scenario: string): Promise<Run> {
  using directory = new TemporaryDirectory();
  const command = `${process.execPath} ${DRIVER}`;
  const options = ["--scenario", scenario, "--timeout", "120000", "-o", directory.path];
  const { exitCode, said } = await suite("client", "--command", command, ...options);
  const [results = ""] = readdirSync(directory.path, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith("checks.json"),
  );
  const checks: readonly Check[] = JSON.parse(readFileSync(join(directory.path, results), "utf8"));
  const objections = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const passed = checks.filter(({ status }) => status === "SUCCESS").length;
  return { exitCode, objections, passed, said };
}

/** A busy machine is late: that says nothing of the client. */
function isLate({ id, errorMessage = "" }: Check): boolean {
  return id === "client-sse-retry-timing" && /\blate\b/.test(errorMessage);
}

describe("the official conformance suite, client scenarios", () => {
  test("all that it has are tried, and at least 24 of its 26 pass", async () => {
    const { said } = await suite("list", "--client");
    const listed = [...said.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
    expect(listed).toEqual(SCENARIOS);
    expect(SCENARIOS.length - REFUSED.size).toBeGreaterThanOrEqual(24);
  });

  test.each(SCENARIOS.filter((name) => !REFUSED.has(name)))(
    "%s passes",
    async (scenario) => {
      const { exitCode, objections, passed, said } = await run(scenario);
      expect(objections.filter((check) => !isLate(check))).toEqual([]);
      expect(passed, said).toBeGreaterThan(0);
      if (objections.length === 0) expect(exitCode, said).toBe(0);
    },
    160_000,
  );

  test.each([...REFUSED])(
    "%s does not pass: %j",
    async (scenario, { words }) => {
      const { exitCode, said } = await run(scenario);
      expect(exitCode).not.toBe(0);
      expect(said).toMatch(words);
    },
    160_000,
  );
});
