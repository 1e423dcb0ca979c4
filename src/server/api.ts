export type { ServerApp } from "./app.ts";
export { createApp } from "./app.ts";
export type { ServerLimits } from "./limits.ts";
export type { ServerLogger } from "./log.ts";
export type { Auth, Authenticate, ServerOptions, Tenant } from "./options.ts";
