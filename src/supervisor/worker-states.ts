import type { Observable } from "rxjs";
import { BehaviorSubject } from "rxjs";
import type { WorkerState } from "../protocol/worker.ts";
import { ContainedObservable } from "./contained-observable.ts";
import type { Runtime } from "./runtime.ts";

/** The states of one worker, one after the other. What observes them is made when somebody asks for it: most workers are not watched. */
export class WorkerStates {
  readonly #runtime: Runtime;
  #present: WorkerState = "idle";
  #isComplete: boolean = false;
  #subject: BehaviorSubject<WorkerState> | undefined;
  #observable: Observable<WorkerState> | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get present(): WorkerState {
    return this.#present;
  }

  /** Begins with the present state; never errors; completes with the last one. Always the same. */
  get observable(): Observable<WorkerState> {
    this.#observable ??= this.#observe();
    return this.#observable;
  }

  next(state: WorkerState): void {
    this.#present = state;
    this.#subject?.next(state);
  }

  complete(): void {
    this.#isComplete = true;
    this.#subject?.complete();
  }

  #observe(): Observable<WorkerState> {
    this.#subject = new BehaviorSubject<WorkerState>(this.#present);
    if (this.#isComplete) this.#subject.complete();
    return new ContainedObservable(this.#subject, (error) =>
      this.#runtime.report({ type: "subscriber-failed", error }),
    );
  }
}
