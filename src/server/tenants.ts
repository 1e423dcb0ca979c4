import type { Session, Supervisor, WorkerOptions } from "../index.ts";
import { HeddleError } from "../index.ts";
import { checkTenant } from "./auth.ts";
import { given } from "./given.ts";
import type { ServerLimits } from "./limits.ts";
import { checkRoom } from "./limits.ts";
import type { Tenant } from "./options.ts";
import { ProviderStates } from "./provider-state.ts";
import { TenantDesk } from "./tenant-desk.ts";

export type TenantsOptions = {
  readonly supervisor: Supervisor;
  readonly agents: ReadonlyMap<string, WorkerOptions>;
  readonly limits: Required<ServerLimits>;
  readonly stateKey: string;
  /** Told of each desk as it is opened. */
  readonly onOpened?: (desk: TenantDesk) => void;
};

/** The tenants with an open session, the one that was here last at the end. */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #desks = new Map<string, TenantDesk>();
  /** Sessions that were given up, by the names that they still hold. */
  readonly #closing = new Map<string, Promise<void>>();
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

  /** The agent that a worker of a session was made as; undefined: it is none of this server's. */
  agentOf(session: string, workerId: string): string | undefined {
    return this.#desks.get(session)?.agentOf(workerId);
  }

  /**
   * The tenant's desk: a session is opened with its first request, once the one that it may have had before is gone.
   *
   * @throws {HeddleError} `DRAINING`, `LIMIT_REACHED`, and what `openSession` throws; `INTERNAL` for a tenant that no session can be opened for.
   */
  async deskOf(tenant: Tenant): Promise<TenantDesk> {
    for (;;) {
      const closing = this.#closing.get(tenant.name);
      if (!closing) return this.#known(tenant);
      await closing;
    }
  }

  /** Nothing new is begun from now on; what there is goes on, and can be read. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends all sessions: running jobs may end within `drainMs`, then they are cancelled. Never rejects. */
  async close(drainMs: number): Promise<void> {
    this.drain();
    const open = this.all.map(({ session }) => session.close({ drainMs }));
    await Promise.all([...open, ...this.#closing.values()]);
  }

  #known(tenant: Tenant): TenantDesk {
    const known = this.#desks.get(tenant.name);
    const desk = known ?? this.#open(tenant);
    this.#desks.delete(tenant.name);
    this.#desks.set(tenant.name, desk);
    return desk;
  }

  #open(tenant: Tenant): TenantDesk {
    this.#checkOpen();
    const { name } = tenant;
    const { supervisor, agents, limits, stateKey, onOpened } = this.#options;
    this.#makeRoom();
    const session = sessionFor(tenant, supervisor);
    const checkOpen = () => this.#checkOpen();
    const states = new ProviderStates(stateKey, name);
    const desk = new TenantDesk({ session, agents, limits, states, checkOpen });
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
    if (!idle) return;
    const { name, session } = idle;
    this.#desks.delete(name);
    const closed = session.close({ drainMs: 0 }).then(() => {
      this.#closing.delete(name);
    });
    this.#closing.set(name, closed);
  }

  #checkOpen(): void {
    if (this.#isDraining) throw new HeddleError("DRAINING", "the server is about to stop");
  }
}

/** What is wrong with a tenant is the fault of who runs the server, not of who asks. */
function sessionFor(tenant: Tenant, supervisor: Supervisor): Session {
  try {
    checkTenant(tenant);
    const { name, context, budget } = tenant;
    return supervisor.openSession({ name, ...given({ context, budget }) });
  } catch (error) {
    const isWrong = HeddleError.is(error) && ["INVALID_OPTION", "NAME_TAKEN"].includes(error.code);
    if (!isWrong) throw error;
    throw new HeddleError("INTERNAL", "the server has failed", { cause: error });
  }
}
