import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation } from "./simulation.ts";

/** At any time: a job knows its open children, which are ending if it is; none of them waits for others to end before it begins. */
export function expectFamilies({ jobs }: Simulation): void {
  const open = jobs.filter(({ job }) => !job.isSettled);
  for (const { job, parent, observed } of open) {
    const children = open.filter((child) => child.parent?.job === job);
    const isKnown = children.every((child) => job.children.get(child.job.id) === child.job);
    const areEnding = !job.isEnding || children.every((child) => child.job.isEnding);
    const isWaiting = parent && hasWaitedToBegin(observed);
    if (isKnown && children.length === job.children.size && areEnding && !isWaiting) continue;
    const ids = children.map((child) => [child.job.id, child.job.state]);
    expect({ isKnown, areEnding, isWaiting, ids }).toBe(job.id);
  }
}

/** Later it may: while somebody was asked, others have had its thread. */
function hasWaitedToBegin(log: readonly JobEvent[]): boolean {
  const [first] = log;
  return first?.type === "waiting" && first.for === "thread";
}

/** At the end: the log tells of each child's beginning and end, and the reason of a child that its parent took with it names the parent's. */
export function expectFamily(simulation: Simulation, sim: SimJob, log: readonly JobEvent[]): void {
  const children = simulation.jobs.filter(({ parent }) => parent === sim);
  const idsOf = (type: JobEvent["type"]) =>
    log.flatMap((event) => (event.type === type && "jobId" in event ? [event.jobId] : []));
  const ids = children.map(({ job }) => job.id);
  expect(idsOf("child-started")).toEqual(ids);
  expect(idsOf("child-settled").sort()).toEqual(ids.sort());
  expect(sim.job.children.size).toBe(0);
  for (const event of log) {
    if (event.type !== "child-settled") continue;
    const child = children.find(({ job }) => job.id === event.jobId);
    expect(event.status).toBe(child?.outcome?.status);
  }
  for (const child of children) expectReason(sim, child);
}

/** The job and all below it. */
export function familyOf(simulation: Simulation, sim: SimJob): readonly SimJob[] {
  const children = simulation.jobs.filter(({ parent }) => parent === sim);
  return [sim, ...children.flatMap((child) => familyOf(simulation, child))];
}

function expectReason({ outcome }: SimJob, child: SimJob): void {
  const reason = String(child.outcome?.error?.details["reason"] ?? "");
  if (outcome?.status === "completed" && reason.startsWith("its parent ")) {
    expect(reason).toBe("its parent has completed");
  }
  if (!reason.startsWith("its parent was cancelled: ")) return;
  if (outcome?.error?.code === "THREAD_STUCK") return;
  expect(reason).toBe(`its parent was cancelled: ${outcome?.error?.details["reason"]}`);
}
