export type { ServerApp } from "./app.ts";
export { createApp } from "./app.ts";
export type { ServerLimits } from "./limits.ts";
export type { ServerLogger } from "./log.ts";
export type { Auth, Authenticate, ServerOptions, Tenant } from "./options.ts";
export type { UIMessageChunk, UIMessageMetadata } from "./ui/chunk.ts";
export type { UIMessageStreamOptions } from "./ui/to-ui-message-stream.ts";
export { toUIMessageStream } from "./ui/to-ui-message-stream.ts";
