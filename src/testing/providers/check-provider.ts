import { pathToFileURL } from "node:url";
import { describe } from "../../errors.ts";
import type { ProviderDescriptor, ProviderSpec } from "../../protocol/provider.ts";
import { loadProvider } from "../../providers/load-provider.ts";
import type { ModelProvider } from "../../providers/model-provider.ts";
import type { Finding } from "./finding.ts";
import type { CheckProviderOptions } from "./options.ts";
import type { ProviderCheck, ProviderReport, ProviderRule } from "./provider-report.ts";
import { RULES } from "./rules.ts";

/**
 * Holds a provider to the contract of `ModelProvider`, on the calling thread, and reports rule by rule: it streams its text, counts,
 * waits for room, stops, calls tools, sends its state back, fails with codes.
 *
 * It is asked about a dozen times: give it a server of a test, or a script. A descriptor's module is loaded and made as a gateway would.
 * Never rejects: a provider that cannot be loaded, or does not answer, is a failed check.
 */
export async function checkProvider(
  subject: ProviderDescriptor | ModelProvider,
  options: CheckProviderOptions = {},
): Promise<ProviderReport> {
  let provider: ModelProvider;
  try {
    provider = "module" in subject ? await loaded(subject, options) : subject;
  } catch (error) {
    return reportOf([{ name: "loads", status: "failed", problems: [describe(error)] }]);
  }
  const settled = { prompt: "Say hello.", settleMs: 5_000, answerMs: 60_000, ...options };
  const checks: ProviderCheck[] = [{ name: "loads", status: "passed" }];
  for (const [name, rule] of Object.entries(RULES)) {
    const finding = rule({ provider, options: settled }).catch(unreadable);
    checks.push(checkOf(name as ProviderRule, await finding));
  }
  await closed(provider);
  return reportOf(checks);
}

async function loaded(
  descriptor: ProviderDescriptor,
  { env = process.env }: CheckProviderOptions,
): Promise<ModelProvider> {
  const { module, options, env: names = [] } = descriptor;
  const values = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const spec: ProviderSpec = {
    name: "checked",
    moduleUrl: urlOf(module),
    options: structuredClone(options),
    env: Object.fromEntries(values) as { [name: string]: string },
    retry: { maxRetries: 0, initialDelayMs: 500, maxDelayMs: 60_000 },
    limits: {},
    breaker: { failures: 5, withinMs: 60_000, pauseMs: 30_000 },
  };
  return await loadProvider(spec);
}

function urlOf(module: URL | string): string {
  if (module instanceof URL) return module.href;
  return URL.canParse(module) ? module : pathToFileURL(module).href;
}

/** What a provider gives may be anything: a rule may not even get as far as to look at it. */
function unreadable(error: unknown): Finding {
  return { problems: [`what it gave cannot be looked at: ${describe(error)}`] };
}

/** How it closes is not asked of it. */
async function closed(provider: ModelProvider): Promise<void> {
  await Promise.allSettled([(async () => await provider.close?.())()]);
}

function checkOf(name: ProviderRule, finding: Finding): ProviderCheck {
  if ("why" in finding) return { name, status: "skipped", why: finding.why };
  const problems = [...new Set(finding.problems)];
  return problems.length === 0 ? { name, status: "passed" } : { name, status: "failed", problems };
}

function reportOf(checks: readonly ProviderCheck[]): ProviderReport {
  return { ok: checks.every(({ status }) => status !== "failed"), checks };
}
