import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_HEART_BEAT, agreeOnHeartBeats, readHeartBeat, writeHeartBeat } from "./heart-beat.ts";

test("heart-beat is two numbers of milliseconds [STOMP-BEAT-1]", () => {
  assert.deepEqual(readHeartBeat("10000,0"), { sends: 10_000, wants: 0 });
  assert.deepEqual(readHeartBeat("0,999999999"), { sends: 0, wants: 999_999_999 });
  assert.equal(writeHeartBeat({ sends: 1, wants: 20 }), "1,20");
  assert.deepEqual(readHeartBeat(writeHeartBeat(NO_HEART_BEAT)), NO_HEART_BEAT);
  for (const header of [
    "",
    ",",
    "1",
    "1,",
    ",1",
    "1,2,3",
    "-1,0",
    "1.5,0",
    "1e3,0",
    " 1,0",
    "9999999999,0",
  ]) {
    assert.equal(readHeartBeat(header), undefined);
  }
});

test("a direction has heart-beats where one can and the other wants, at the longer time [STOMP-BEAT-2]", () => {
  const own = { sends: 10_000, wants: 20_000 };
  for (const [other, out, back] of [
    [{ sends: 30_000, wants: 15_000 }, 15_000, 30_000],
    [{ sends: 1, wants: 1 }, 10_000, 20_000],
    [{ sends: 0, wants: 5_000 }, 10_000, undefined],
    [{ sends: 20_000, wants: 0 }, undefined, 20_000],
    [NO_HEART_BEAT, undefined, undefined],
  ] as const) {
    const plan = agreeOnHeartBeats(own, other);
    assert.equal(plan.sendAfterMs, out === undefined ? undefined : out * 0.75);
    assert.equal(plan.deadAfterMs, back === undefined ? undefined : back * 2);
  }
  assert.deepEqual(agreeOnHeartBeats(NO_HEART_BEAT, own), { sendAfterMs: undefined, deadAfterMs: undefined });
});

test("what one side sends in time is never late for the other [STOMP-BEAT-3, STOMP-BEAT-4]", () => {
  for (const sends of [0, 1, 2, 1_000, 999_999_999]) {
    for (const wants of [0, 1, 3, 30_000, 999_999_999]) {
      const { sendAfterMs } = agreeOnHeartBeats({ sends, wants: 0 }, { sends: 0, wants });
      const { deadAfterMs } = agreeOnHeartBeats({ sends: 0, wants }, { sends, wants: 0 });
      assert.equal(sendAfterMs === undefined, deadAfterMs === undefined);
      if (sendAfterMs === undefined || deadAfterMs === undefined) continue;
      assert.ok(sendAfterMs >= 1 && sendAfterMs <= Math.max(sends, wants));
      assert.ok(deadAfterMs >= sendAfterMs * 2 && deadAfterMs < 2 ** 31);
    }
  }
});
