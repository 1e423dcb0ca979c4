import type { Observer, Operator, Subscription } from "rxjs";
import { Observable, Subscriber } from "rxjs";

type Report = (error: unknown) => void;

/**
 * An observable whose subscribers can harm nobody.
 *
 * RxJS reports what a subscriber throws, and an error that nobody handles, as an uncaught exception of the process. Here
 * both go to `report` instead; the subscriber stays subscribed. What operators make of it is contained as well.
 */
export class ContainedObservable<T> extends Observable<T> {
  readonly #report: Report;

  constructor(source: Observable<T> | undefined, report: Report) {
    super();
    this.source = source;
    this.#report = report;
  }

  /** How operators derive one observable from another. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new ContainedObservable<R>(this as unknown as Observable<R>, this.#report);
    lifted.operator = operator as Operator<unknown, R> | undefined;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own subscriber: whatever it throws reaches the last subscriber as an error.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === "object" && observerOrNext !== null
        ? observerOrNext
        : {
            ...(observerOrNext ? { next: observerOrNext } : {}),
            ...(error ? { error } : {}),
            ...(complete ? { complete } : {}),
          };
    return super.subscribe(contain(observer, this.#report));
  }
}

function contain<T>(observer: Partial<Observer<T>>, report: Report): Observer<T> {
  let isReporting: boolean = false;
  // Where failures are reported the subscriber may listen too: it is not told of the failures that it has at that.
  const reportOnce = (error: unknown) => {
    if (isReporting) return;
    isReporting = true;
    report(error);
    isReporting = false;
  };
  const guard = (run: () => void) => {
    try {
      run();
    } catch (error) {
      reportOnce(error);
    }
  };
  return {
    // Not by `guard`: this one is called for each chunk of each stream.
    next: (value) => {
      try {
        observer.next?.(value);
      } catch (error) {
        reportOnce(error);
      }
    },
    error: (error) => guard(() => (observer.error ? observer.error(error) : reportOnce(error))),
    complete: () => guard(() => observer.complete?.()),
  };
}
