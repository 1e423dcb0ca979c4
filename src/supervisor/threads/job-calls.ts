import { HeddleError } from "../../errors.ts";
import type { JobCalls } from "../../protocol/tool.ts";
import type { ActorActivity } from "./actor-activity.ts";
import type { JobDesk } from "./actor-owner.ts";

/** What an actor may call in the course of a job. While it waits for an answer it executes nothing. */
export function jobCalls(
  desk: (jobId: string) => JobDesk,
  activity: ActorActivity,
  isUsable: () => boolean,
): JobCalls {
  return {
    callModel: (call) => activity.waiting(desk(call.jobId).callModel(call)),
    confirm: (question) => activity.waiting(desk(question.jobId).confirm(question)),
    callPoolTool: (call) => activity.waiting(desk(call.jobId).callPoolTool(call)),
    callHostTool: (call) => activity.waiting(desk(call.jobId).callHostTool(call)),
    serveTool: async (request) => desk(request.jobId).serveTool(request),
    beginTool: async (begin) => {
      // What a thread that is being ended still asks for does not begin.
      if (!isUsable()) throw new HeddleError("THREAD_GONE", "the thread is being ended");
      const begun = await desk(begin.jobId).beginTool(begin);
      activity.toolBegun(begin.index);
      return begun;
    },
  };
}
