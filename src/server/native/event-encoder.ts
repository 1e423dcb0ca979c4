import type { JobEvent } from "../../index.ts";
import { withoutState } from "../../index.ts";
import type { JobEncoder } from "../job-encoder.ts";

/** Every event as it is in the log, but for the states of providers; the id of each is its `seq`, by which a client resumes. */
export class EventEncoder implements JobEncoder {
  readonly head: string = "";
  readonly isOver: boolean = false;

  encode(event: JobEvent): string {
    return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(withoutState(event))}\n\n`;
  }
}
