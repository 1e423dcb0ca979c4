import type { Message, Worker, WorkerJob } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { TenantDesk } from "../tenant-desk.ts";
import type { ApprovalAnswer } from "./approvals.ts";

/** The job that answers a chat's last message, and how far clients have been told of it. */
type Turn = {
  readonly jobId: string;
  /** Approvals that it has asked for. */
  readonly approvals: Set<string>;
  /** The approvals on which the last stream that was read to its end has ended, none for the job's end; undefined: none was read to its end. */
  toldUpTo: readonly string[] | undefined;
};

type Chat = {
  readonly id: string;
  readonly agent: string;
  readonly worker: Worker;
  turn: Turn | undefined;
};

/** The chats of one tenant: each has a worker while it is in use, and a turn that runs or was the last. The conversation is the client's. */
export class Chats {
  readonly #desk: TenantDesk;
  readonly #byId = new Map<string, Chat>();
  readonly #byWorker = new Map<string, Chat>();

  constructor(desk: TenantDesk) {
    this.#desk = desk;
    desk.session.confirmations$.subscribe(({ workerId, jobId, confirmationId, elicitation }) => {
      if (elicitation) return;
      const turn = this.#byWorker.get(workerId)?.turn;
      if (turn?.jobId === jobId) turn.approvals.add(confirmationId);
    });
    desk.session.events$.subscribe((event) => {
      if (event.type === "worker-stopped") this.#forget(event.workerId);
    });
  }

  /** Begins a turn; one that still runs is cancelled. @throws {HeddleError} what the desk's `createWorker` and `run` throw. */
  begin(id: string, agent: string, messages: readonly Message[]): WorkerJob {
    const chat = this.#open(id, agent);
    const job = this.#desk.run(chat.worker, { messages });
    this.#desk.keep(chat.worker);
    chat.turn = { jobId: job.id, approvals: new Set(), toldUpTo: undefined };
    return job;
  }

  /**
   * Decides on calls of the present turn, as far as they still wait.
   *
   * @throws {HeddleError} `UNKNOWN_CONFIRMATION` for an approval that the present turn has not asked for, or whose job is no longer kept.
   */
  answer(id: string, answers: readonly ApprovalAnswer[]): WorkerJob {
    const job = this.turn(id);
    const approvals = this.#byId.get(id)?.turn?.approvals;
    if (!job || !answers.every(({ approvalId }) => approvals?.has(approvalId))) {
      const message = "no tool call of this chat waits for that decision: it is no longer known";
      throw new HeddleError("UNKNOWN_CONFIRMATION", message);
    }
    for (const { approvalId, decision } of answers) {
      if (this.isPending(approvalId)) this.#desk.session.decide(approvalId, decision);
    }
    return job;
  }

  /** Whether a decision is waited for. */
  isPending(approvalId: string): boolean {
    return this.#desk.session.confirmations.has(approvalId);
  }

  /** The job of the present turn, while it runs or is kept. */
  turn(id: string): WorkerJob | undefined {
    const jobId = this.#byId.get(id)?.turn?.jobId;
    return jobId === undefined ? undefined : this.#desk.session.job(jobId);
  }

  /** The job of the present turn, if there is something of it that no client has been told to its end. */
  untold(id: string): WorkerJob | undefined {
    const job = this.turn(id);
    const toldUpTo = this.#byId.get(id)?.turn?.toldUpTo;
    if (!job || toldUpTo === undefined) return job;
    if (job.times.endedAtMs !== undefined) return toldUpTo.length === 0 ? undefined : job;
    return toldUpTo.every((approvalId) => this.isPending(approvalId)) ? undefined : job;
  }

  /** A client has been told of the job up to its end, or up to where it waits for these approvals. */
  told(id: string, job: WorkerJob, waiting: readonly string[]): void {
    const turn = this.#byId.get(id)?.turn;
    if (turn?.jobId === job.id) turn.toldUpTo = waiting;
  }

  #open(id: string, agent: string): Chat {
    const known = this.#byId.get(id);
    if (known?.agent === agent && known.worker.state !== "failed") return known;
    const worker = this.#desk.createWorker(agent, { whenBusy: "interrupt" });
    if (known) {
      this.#forget(known.worker.id);
      void known.worker.stop();
    }
    const chat: Chat = { id, agent, worker, turn: undefined };
    this.#byId.set(id, chat);
    this.#byWorker.set(worker.id, chat);
    this.#desk.keep(worker);
    return chat;
  }

  #forget(workerId: string): void {
    const chat = this.#byWorker.get(workerId);
    this.#byWorker.delete(workerId);
    if (chat && this.#byId.get(chat.id) === chat) this.#byId.delete(chat.id);
  }
}
