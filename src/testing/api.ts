/*
 * What `heddle/testing` gives: a user's tools and approvals under a test runner, all on the calling thread, without threads and
 * without a network. So mocks, coverage and fake timers reach them.
 */
export type { ContextAnswers, ContextCall, ContextWorker } from "./answers.ts";
export type { InlineCall, InlineOptions, InlineResponse, InlineRun } from "./inline-options.ts";
export { runInline } from "./run-inline.ts";
export type { TestContext, TestContextOptions } from "./test-context.ts";
export { testContext } from "./test-context.ts";
