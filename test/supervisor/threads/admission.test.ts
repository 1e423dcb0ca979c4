import { describe, expect, test } from "vitest";
import { Admission } from "../../../src/supervisor/threads/admission.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

const overloaded = expect.objectContaining({ code: "OVERLOADED" });

describe("Admission", () => {
  test("lets as many jobs wait as there are threads left and places in the queue", () => {
    const permits = new ThreadPermits(2);
    const admission = new Admission(1, permits);
    for (let i = 0; i < 3; i++) admission.enter();
    expect(admission.waiting).toBe(3);
    expect(() => admission.enter()).toThrow(overloaded);
    expect(admission.waiting).toBe(3);
  });

  test("threads that are taken leave the queue alone", () => {
    const permits = new ThreadPermits(1);
    const admission = new Admission(1, permits);
    permits.acquire(() => {});
    const leave = admission.enter();
    expect(() => admission.enter()).toThrow(overloaded);
    leave();
    expect(admission.waiting).toBe(0);
    admission.enter();
  });

  test("leaving twice is the same as once", () => {
    const admission = new Admission(5, new ThreadPermits(1));
    admission.enter();
    const leave = admission.enter();
    leave();
    leave();
    expect(admission.waiting).toBe(1);
  });

  test("a child is not counted among those that wait, and takes the thread that it claims", () => {
    const permits = new ThreadPermits(1);
    const admission = new Admission(0, permits);
    const claim = admission.claim();
    expect([admission.waiting, permits.held]).toEqual([0, 1]);
    expect(() => admission.claim()).toThrow(overloaded);
    expect(() => admission.enter()).toThrow(overloaded);
    claim.withdraw();
    admission.enter();
  });

  test("with no queue a job still gets a thread that is there", () => {
    const permits = new ThreadPermits(1);
    const admission = new Admission(0, permits);
    const leave = admission.enter();
    expect(() => admission.enter()).toThrow(overloaded);
    permits.acquire(() => {});
    leave();
    expect(() => admission.enter()).toThrow(overloaded);
  });
});
