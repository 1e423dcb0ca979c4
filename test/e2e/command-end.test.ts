import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startCommand } from "../../src/supervisor/tools/command.ts";
import { allPids, environOf } from "../../src/supervisor/tools/process-table.ts";
import { directory, isLinux, lives, start, startScript } from "../support/commands.ts";
import { FakeClock } from "../support/fake-clock.ts";

test("kill() ends it, however often it is called", async () => {
  const command = startScript("echo $$; exec sleep 1000");
  const pid = await command.pid();
  command.kill();
  command.kill();
  expect(await command.ended).toMatchObject({ exitCode: null, signal: "SIGTERM" });
  command.kill();
  expect(lives(pid)).toBe(false);
});

test("kill() in the turn of the start", async () => {
  const { ended, kill } = start(["sleep", "1000"]);
  kill();
  expect(await ended).toMatchObject({ signal: "SIGTERM", isTimedOut: false });
});

test("a timeout ends it", async () => {
  const { ended } = start(["sleep", "1000"], { timeoutMs: 50 });
  expect(await ended).toMatchObject({ signal: "SIGTERM", isTimedOut: true });
});

test("a command that ends by itself in time is not timed out, and leaves no timer", async () => {
  const clock = new FakeClock();
  const { ended } = startCommand({ argv: ["true"], env: {}, timeoutMs: 1_000 }, clock);
  expect(await ended).toMatchObject({ exitCode: 0, isTimedOut: false });
  expect(clock.pendingTimers).toBe(0);
});

test("SIGTERM comes once, and what it does with that counts", async () => {
  const script = "trap 'echo caught; exit 4' TERM; echo ready; while :; do sleep 0.01; done";
  const command = startScript(script);
  await command.line();
  command.kill();
  expect(await command.ended).toMatchObject({ exitCode: 4, stdout: "ready\ncaught\n" });
});

test("what ignores SIGTERM gets SIGKILL", async () => {
  const command = startScript("trap '' TERM; echo $$; while :; do sleep 0.01; done");
  const pid = await command.pid();
  command.kill();
  expect(await command.ended).toMatchObject({ signal: "SIGKILL" });
  expect(lives(pid)).toBe(false);
});

test("its children and theirs end with it", async () => {
  const command = startScript("sh -c 'sleep 1000 & echo $!; wait' & echo $!; wait");
  const pids = [await command.pid(), await command.pid()];
  expect(pids.every(lives)).toBe(true);
  command.kill();
  await command.ended;
  expect(pids.some(lives)).toBe(false);
});

test("a process in the background that holds the outputs ends when the command does", async () => {
  const command = startScript("sleep 1000 & echo $!; exit 5");
  const pid = await command.pid();
  expect(await command.ended).toMatchObject({ exitCode: 5, signal: null, isTimedOut: false });
  expect(lives(pid)).toBe(false);
});

test("so does one in the background that ignores SIGTERM", async () => {
  const command = startScript("(trap '' TERM; while :; do sleep 0.01; done) & echo $!");
  const pid = await command.pid();
  expect(await command.ended).toMatchObject({ exitCode: 0 });
  expect(lives(pid)).toBe(false);
});

test.runIf(isLinux)("a process that has left the session is found", async () => {
  const command = startScript("setsid sleep 1000 >/dev/null 2>&1 & echo $!; exec sleep 1000");
  const pid = await command.pid();
  command.kill();
  await command.ended;
  expect(lives(pid)).toBe(false);
});

test.runIf(isLinux)("so is one that was forked twice, when the command has ended", async () => {
  // The command ends when the other is on its own.
  const other = "(setsid sh -c 'echo $$; : > there; sleep 1000' &)";
  const script = `${other}; while [ ! -e there ]; do sleep 0.01; done; exit 0`;
  const command = startScript(script, { cwd: directory() });
  const pid = await command.pid();
  expect(await command.ended).toMatchObject({ exitCode: 0 });
  expect(lives(pid)).toBe(false);
});

test.runIf(isLinux)(
  "so is one whose command has ended at once, whatever it was just doing",
  async () => {
    const family = randomUUID();
    const script = "(setsid env A=1 env B=2 setsid -f sleep 1000 &); exit 0";
    const commands = Array.from({ length: 20 }, () =>
      start(["sh", "-c", script], { env: { FAMILY: family } }),
    );
    await Promise.all(commands.map(({ ended }) => ended));
    expect(allPids().filter((pid) => environOf(pid)?.includes(family) && lives(pid))).toEqual([]);
  },
);

test.runIf(isLinux)("so is one without environment, while its parent lives", async () => {
  const command = startScript("env -i setsid sleep 1000 >/dev/null 2>&1 & echo $!; wait");
  const pid = await command.pid();
  command.kill();
  await command.ended;
  expect(lives(pid)).toBe(false);
});

test.runIf(isLinux)("another command's processes are left alone", async () => {
  const other = startScript("setsid sh -c 'echo $$; sleep 1000' & wait");
  const pid = await other.pid();
  const command = startScript("echo $$; exec sleep 1000");
  await command.line();
  command.kill();
  await command.ended;
  expect(lives(pid)).toBe(true);
  other.kill();
  await other.ended;
  expect(lives(pid)).toBe(false);
});
