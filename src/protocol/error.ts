/**
 * Why something was refused or failed. One union for the whole library: test `error.code`, never `instanceof`,
 * because an error that crossed a thread is rebuilt on the other side.
 */
export type ErrorCode =
  // Refused synchronously: nothing was started.
  | "INVALID_OPTION"
  | "INVALID_INPUT"
  | "UNKNOWN_PROVIDER"
  | "UNKNOWN_WORKER"
  | "NOT_SCRIPTED"
  | "NAME_TAKEN"
  | "ID_TAKEN"
  | "WORKER_BUSY"
  | "WORKER_STOPPED"
  | "WORKER_FAILED"
  | "NOT_AN_AGENT"
  | "OVERLOADED"
  | "UNKNOWN_JOB"
  | "UNKNOWN_CONFIRMATION"
  | "JOB_SETTLED"
  | "MAX_DEPTH"
  | "MAX_CHILDREN"
  | "DEADLOCK"
  | "SESSION_CLOSED"
  | "SUPERVISOR_CLOSED"
  // How a job ended other than by completing.
  | "JOB_CANCELLED"
  | "JOB_TIMEOUT"
  | "STEP_TIMEOUT"
  | "OUTPUT_LIMIT"
  | "MAX_STEPS"
  | "BUDGET_TOKENS"
  | "BUDGET_TOOL_CALLS"
  | "OUTPUT_INVALID"
  | "HOST_FAILED"
  // Threads.
  | "ACTOR_CRASHED"
  | "ACTOR_EXITED"
  | "ACTOR_OUT_OF_MEMORY"
  | "ACTOR_UNRESPONSIVE"
  | "ACTOR_FLOODED"
  | "RESTART_LIMIT"
  | "ACTOR_START_FAILED"
  | "THREAD_STUCK"
  | "THREAD_GONE"
  | "BEHAVIOR_LOAD_FAILED"
  | "BEHAVIOR_START_FAILED"
  | "BEHAVIOR_STOPPED"
  // Tools. Most of them are no end of a job: they say how a call has ended, and the model is told.
  | "TOOL_LOAD_FAILED"
  | "UNKNOWN_TOOL"
  | "TOOL_ARGUMENTS_INVALID"
  | "TOOL_DENIED"
  | "CONFIRMATION_EXPIRED"
  | "TOOL_FAILED"
  | "TOOL_RESULT_INVALID"
  | "TOOL_TIMEOUT"
  | "TOOL_INTERRUPTED"
  | "TOOL_STUCK"
  | "PERMISSION_DENIED"
  | "EXEC_FAILED"
  | "MCP_NOT_INSTALLED"
  | "MCP_CONNECT_FAILED"
  | "MCP_SERVER_LOST"
  | "MCP_AUTH_REQUIRED"
  | "MCP_AUTH_FAILED"
  | "MCP_FAILED"
  // Messages between workers.
  | "UNKNOWN_MESSAGE"
  | "MAILBOX_FULL"
  | "ASK_TIMEOUT"
  | "ASK_SELF"
  | "INVALID_REPLY"
  // Gateways.
  | "GATEWAY_LOST"
  | "GATEWAY_START_FAILED"
  // Providers.
  | "PROVIDER_LOAD_FAILED"
  | "PROVIDER_FAILED"
  | "PROVIDER_AUTH"
  | "PROVIDER_BAD_REQUEST"
  | "PROVIDER_NOT_FOUND"
  | "PROVIDER_RATE_LIMITED"
  | "PROVIDER_QUOTA"
  | "PROVIDER_UNAVAILABLE"
  | "PROVIDER_CONNECTION"
  | "PROVIDER_TRUNCATED"
  | "PROVIDER_PROTOCOL"
  | "PROVIDER_FINISH_REASON"
  | "PROVIDER_EMPTY"
  | "PROVIDER_CONTEXT_LENGTH"
  | "PROVIDER_CONTENT_FILTER"
  | "BREAKER_OPEN"
  | "FIRST_CHUNK_TIMEOUT"
  | "CHUNK_TIMEOUT"
  | "SCRIPT_EXHAUSTED"
  | "SCRIPT_INCOMPLETE"
  // The server: a request was refused.
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "HOST_NOT_ALLOWED"
  | "ORIGIN_NOT_ALLOWED"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "BODY_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "UNKNOWN_AGENT"
  | "LIMIT_REACHED"
  | "APPROVAL_REQUIRED"
  | "DRAINING"
  | "SERVER_NOT_INSTALLED"
  | "LISTEN_FAILED"
  // A broken promise of Heddle's own: please report it.
  | "INTERNAL";

/** Facts beside the message, for programs: `field`, `status`, `retryAfterMs`, `exitCode` and the like. */
export type ErrorDetails = { readonly [name: string]: string | number | boolean };

/** An error as plain data. Structured clone would drop its `code` and class, and can fail on what users attach to errors. */
export type WireError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly stack?: string;
  /** At most a few levels; a foreign error's class or `code` is kept in the message. */
  readonly cause?: WireError | ForeignError;
};

/** A cause that is not Heddle's own: whatever was thrown, in readable form. */
export type ForeignError = {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly foreignCode?: string;
  readonly cause?: WireError | ForeignError;
};
