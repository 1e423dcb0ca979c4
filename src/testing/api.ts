/*
 * What `heddle/testing` gives: a user's tools and approvals under a test runner, all on the calling thread, without threads and
 * without a network. So mocks, coverage and fake timers reach them. And a check of a user's own provider, as far as it can be
 * seen from outside.
 */
export type { ContextAnswers, ContextCall, ContextWorker } from "./answers.ts";
export type { InlineCall, InlineOptions, InlineResponse, InlineRun } from "./inline-options.ts";
export { checkProvider } from "./providers/check-provider.ts";
export type { CheckProviderOptions } from "./providers/options.ts";
export type { ProviderCheck, ProviderReport, ProviderRule } from "./providers/provider-report.ts";
export { runInline } from "./run-inline.ts";
export type { TestContext, TestContextOptions } from "./test-context.ts";
export { testContext } from "./test-context.ts";
