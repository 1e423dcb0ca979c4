import type { Supervisor, WorkerOptions } from "../index.ts";
import { HeddleError } from "../index.ts";
import { checkTenant } from "./auth.ts";
import type { ServerLimits } from "./limits.ts";
import { checkRoom } from "./limits.ts";
import type { Tenant } from "./options.ts";
import { TenantDesk } from "./tenant-desk.ts";

export type TenantsOptions = {
  readonly supervisor: Supervisor;
  readonly agents: ReadonlyMap<string, WorkerOptions>;
  readonly limits: Required<ServerLimits>;
  /** Told of each desk as it is opened. */
  readonly onOpened?: (desk: TenantDesk) => void;
};

/** The tenants with an open session, the one that was here last at the end. */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #desks = new Map<string, TenantDesk>();
  #isDraining: boolean = false;

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  get all(): readonly TenantDesk[] {
    return [...this.#desks.values()];
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** The tenant's desk: a session is opened with its first request. @throws {HeddleError} `DRAINING`, `LIMIT_REACHED`, and what `openSession` throws. */
  deskOf(tenant: Tenant): TenantDesk {
    const known = this.#desks.get(tenant.name);
    const desk = known ?? this.#open(tenant);
    this.#desks.delete(tenant.name);
    this.#desks.set(tenant.name, desk);
    return desk;
  }

  /** Nothing new is begun from now on; what there is goes on, and can be read. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends all sessions: running jobs may end within `drainMs`, then they are cancelled. Never rejects. */
  async close(drainMs: number): Promise<void> {
    this.drain();
    await Promise.all(this.all.map(({ session }) => session.close({ drainMs })));
  }

  #open({ name, context, budget }: Tenant): TenantDesk {
    checkTenant({ name });
    this.#checkOpen();
    const { supervisor, agents, limits, onOpened } = this.#options;
    this.#makeRoom();
    const session = supervisor.openSession({
      name,
      ...(context === undefined ? {} : { context }),
      ...(budget === undefined ? {} : { budget }),
    });
    const checkOpen = () => this.#checkOpen();
    const desk = new TenantDesk({ session, agents, limits, checkOpen });
    onOpened?.(desk);
    session.events$.subscribe({
      complete: () => this.#desks.get(name) === desk && this.#desks.delete(name),
    });
    return desk;
  }

  /** A tenant that is idle loses its session to one that comes. */
  #makeRoom(): void {
    const { sessions } = this.#options.limits;
    if (this.#desks.size < sessions) return;
    const idle = this.all.find((desk) => desk.isIdle);
    if (!idle) checkRoom("sessions", this.#desks.size, sessions);
    if (idle) this.#desks.delete(idle.name);
    void idle?.session.close({ drainMs: 0 });
  }

  #checkOpen(): void {
    if (this.#isDraining) throw new HeddleError("DRAINING", "the server is about to stop");
  }
}
