import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { VirtualClock } from "@heliograph/testkit";
import { windowRefusal, withinWindows } from "./time-windows.ts";
import type { TimeWindow } from "./time-windows.ts";
import { TransferError } from "./transfer.ts";

function window(WindowStart: number, WindowEnd: number, MaxRetries = 0): TimeWindow {
  return { WindowStart, WindowEnd, WindowMode: "1 At Any Time", UserMessage: "", MaxRetries };
}

interface Tried {
  /** Seconds from the request at which it was tried. */
  readonly tries: readonly number[];
  /** The fault it ended with; undefined where it went well. */
  readonly fault: unknown;
}

/** A transfer that goes well at the given try, and by default never. */
async function tried(windows: readonly TimeWindow[], goodTry = Infinity): Promise<Tried> {
  const clock = new VirtualClock();
  const asked = clock.now();
  const tries: number[] = [];
  const attempt = async (): Promise<void> => {
    tries.push((clock.now() - asked) / 1000);
    if (tries.length < goodTry) throw new TransferError(9015);
  };
  const pause = async (delayMs: number): Promise<void> =>
    new Promise((resolve) => void clock.after(delayMs, () => resolve()));
  const ending = withinWindows(attempt, windows, { asked, now: () => clock.now(), pause }).then(
    () => undefined,
    (error: unknown) => (error instanceof TransferError ? error.code : error),
  );
  // The first try may end before there is any time to pass.
  await setImmediate();
  await clock.advance(10_000_000);
  return { tries, fault: await ending };
}

test("a file is fetched as its window starts, counted from the request [CWMP-FILE-5]", async () => {
  assert.deepEqual(await tried([window(60, 120)], 1), { tries: [60], fault: undefined });
});

test("it is tried as often again as the window says, and then in the next one [CWMP-FILE-5]", async () => {
  const { tries, fault } = await tried([window(3_600, 7_200, 1), window(60, 120, 2)]);
  assert.deepEqual(tries, [60, 70, 80, 3_600, 3_610]);
  assert.equal(fault, 9015);
  assert.deepEqual((await tried([window(60, 120, 2), window(3_600, 7_200)], 4)).fault, undefined);
});

test("no try begins once its window is over, which is a fault of its own [CWMP-FILE-5]", async () => {
  assert.deepEqual(await tried([window(0, 25, 100)]), { tries: [0, 10, 20], fault: 9020 });
});

test("a device that may choose tries a few times more [CWMP-FILE-5]", async () => {
  assert.equal((await tried([window(0, 3_600, -1)])).tries.length, 4);
});

for (const [windows, refusal] of [
  [[window(60, 60)], "a window ends before it starts"],
  [[window(0, 10), window(30, 20)], "a window ends before it starts"],
  [[window(10, 30), window(0, 20)], "windows overlap"],
  [[window(20, 30), window(0, 20)], undefined],
] as const) {
  const shown = windows.map(({ WindowStart, WindowEnd }) => `${WindowStart} to ${WindowEnd}`).join(", ");
  test(`windows from ${shown} are ${refusal === undefined ? "taken" : `refused: ${refusal}`} [CWMP-FILE-5]`, () => {
    assert.equal(windowRefusal(windows), refusal);
  });
}
