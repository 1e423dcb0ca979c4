import type {
  JobEvent,
  ProviderDescriptor,
  Script,
  Session,
  Supervisor,
  SupervisorOptions,
} from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startSupervisor } from "./supervisors.ts";

export type Responses = Script["responses"];

/** A script that begins again at its end. */
export function scripted(responses: Responses, more: Partial<Script> = {}): ProviderDescriptor {
  return scriptedProvider({ repeat: true, responses, ...more });
}

/** A session on a supervisor with these providers. */
export async function startProviders(
  providers: { readonly [name: string]: Responses | ProviderDescriptor },
  options: Partial<SupervisorOptions> = {},
): Promise<{ supervisor: Supervisor; session: Session }> {
  const made = Object.entries(providers).map(([name, of]) => [
    name,
    "module" in of ? of : scripted(of as Responses),
  ]);
  const supervisor = await startSupervisor({ providers: Object.fromEntries(made), ...options });
  return { supervisor, session: supervisor.openSession() };
}

/** From which provider to which a job has gone, and why. */
export function fallbacksOf(events: readonly JobEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.type === "fallback" ? [[event.from, event.to, event.error.code]] : [],
  );
}
