import type { ViewEnd } from "../job-view.ts";
import type { Views } from "../views.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

const ENDS = ["delivered", "left", "cut-off"] as const satisfies readonly ViewEnd[];

/** Jobs' logs that are streamed to clients. */
export function streamMetrics(instruments: Instruments, views: Views): Meter {
  const open = instruments.gauge("http_streams", "Streams that are open.");
  const ended = instruments.counter(
    "http_streams_ended_total",
    "Streams that have ended: delivered to their end, left by their clients, or cut off because they were not read.",
    ["how"],
  );
  const counted = { ...views.ended };
  return {
    onScrape: () => {
      open.set(views.size);
      for (const how of ENDS) {
        ended.inc({ how }, views.ended[how] - counted[how]);
        counted[how] = views.ended[how];
      }
    },
  };
}
