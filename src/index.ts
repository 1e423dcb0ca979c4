export { HeddleError } from "./errors.ts";
export { withoutState } from "./messages.ts";
export type {
  FetchedKey,
  KeyCommand,
  KeyContext,
  KeyFile,
  KeyFunction,
  KeySource,
} from "./network/keys/key-source.ts";
export type { NetworkOptions } from "./network/options.ts";
export type { AnyBehavior, Down, UntypedBehavior, WorkerRef } from "./protocol/behavior.ts";
export type { ErrorCode, ErrorDetails, ForeignError, WireError } from "./protocol/error.ts";
export type {
  Decided,
  ElicitationEnd,
  FinishReason,
  JobEvent,
  JobResult,
  NamedToolCall,
  ToolOutcome,
} from "./protocol/job.ts";
export type {
  AssistantMessage,
  ContentPart,
  Json,
  JsonObject,
  MediaSource,
  Message,
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
  ModelSettings,
  OutputSpec,
  PartState,
  ReasoningSettings,
  RequestOrigin,
  ResponseFinishReason,
  ResponsePart,
  ToolCall,
  ToolCallChunk,
  ToolSpec,
  Usage,
} from "./protocol/model.ts";
export type { ProviderDescriptor, ProviderLimits, RetryPolicy } from "./protocol/provider.ts";
export type { ConfirmationRequest, Elicitation, ToolDecision } from "./protocol/tool.ts";
export type { WorkerState } from "./protocol/worker.ts";
export { aiSdkProvider } from "./providers/ai-sdk/descriptor.ts";
export type { AiSdkProviderOptions, AiSdkProviderTool } from "./providers/ai-sdk/options.ts";
export type {
  CreateProvider,
  ModelProvider,
  ProviderContext,
  ResponseSink,
} from "./providers/model-provider.ts";
export { openaiProvider } from "./providers/openai/descriptor.ts";
export type { OpenAIProviderOptions } from "./providers/openai/options.ts";
export { scriptedProvider } from "./providers/scripted/descriptor.ts";
export type {
  Script,
  ScriptedAnswer,
  ScriptedFailure,
  ScriptedResponse,
  ScriptedStall,
  ScriptedToolCall,
} from "./providers/scripted/script.ts";
export type { BehaviorOptions } from "./supervisor/behaviors/behavior-settings.ts";
export type { Context } from "./supervisor/context.ts";
export type { ScriptedCall, ScriptView } from "./supervisor/gateways/script-view.ts";
export type {
  BehaviorWorker,
  CancelOutcome,
  JobOutcome,
  JobSize,
  JobTimes,
  Session,
  Worker,
  WorkerJob,
} from "./supervisor/handles.ts";
export type { WorkerHost } from "./supervisor/host.ts";
export type {
  BreakerInspection,
  GatewayInspection,
  Inspection,
  JobInspection,
  ProviderInspection,
  SessionInspection,
  WorkerInspection,
} from "./supervisor/inspection.ts";
export type { JobState } from "./supervisor/jobs/job-lifecycle.ts";
export type { Media } from "./supervisor/log/job-media.ts";
export type { ReadPolicy } from "./supervisor/log/log-reader.ts";
export type { DeadLetter } from "./supervisor/messages/letter.ts";
export type { MailboxOptions } from "./supervisor/messages/mailbox.ts";
export type {
  BatchInput,
  BatchOptions,
  Budget,
  CloseOptions,
  Fallback,
  JobInput,
  KeepSettled,
  OutputSchema,
  RunOptions,
  SessionOptions,
  SupervisorOptions,
  ThreadOptions,
  Timeouts,
  WorkerOptions,
} from "./supervisor/options.ts";
export type { SupervisorEvent } from "./supervisor/runtime.ts";
export type { JobEventOtherThanChunk, SessionEvent } from "./supervisor/session-event.ts";
export type { SupervisorState } from "./supervisor/supervisor.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export type { DecideOptions } from "./supervisor/tools/decision.ts";
export type { McpInspection } from "./supervisor/tools/mcp-connection.ts";
export type { McpHandle, McpReadOptions } from "./supervisor/tools/mcp-handle.ts";
export type {
  McpAccount,
  McpHost,
  McpSignIn,
  McpTokenStore,
} from "./supervisor/tools/mcp-host.ts";
export type {
  McpPrompt,
  McpPromptMessages,
  McpResource,
  McpResourceContents,
  McpResourceTemplate,
} from "./supervisor/tools/mcp-resources.ts";
export type { ToolSource } from "./supervisor/tools/tool-settings.ts";
export type { AgentTool } from "./tools/as-tool.ts";
export { asTool } from "./tools/as-tool.ts";
export { defineTool } from "./tools/define-tool.ts";
export type {
  McpAssertionFor,
  McpAuth,
  McpClientAuth,
  McpCrossAppAuth,
  McpSignInAuth,
  McpTokenAuth,
} from "./tools/mcp/auth.ts";
export type {
  McpApprovals,
  McpHttpServer,
  McpOptions,
  McpServer,
  McpSource,
  McpStdioServer,
} from "./tools/mcp/descriptor.ts";
export { mcp } from "./tools/mcp/descriptor.ts";
export type { McpToolChoice } from "./tools/mcp/tool-choice.ts";
export type {
  AnyTool,
  ApprovalContext,
  ChildInput,
  ChildModule,
  ExecOptions,
  ExecResult,
  JsonSchema,
  Parameters,
  RunnableWorker,
  StandardSchema,
  Target,
  Tool,
  ToolContext,
} from "./tools/tool.ts";
