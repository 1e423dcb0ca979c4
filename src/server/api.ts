export type { ServerApp } from "./app.ts";
export { createApp } from "./app.ts";
export type { ServerLimits } from "./limits.ts";
export type { ListenOptions } from "./listen-options.ts";
export type { ServerLogger } from "./log.ts";
export type { Auth, Authenticate, ServerOptions, Tenant } from "./options.ts";
export type { RunningServer } from "./serve.ts";
export { startServer } from "./serve.ts";
