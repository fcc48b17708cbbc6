import {
  dataModel,
  emptyAgenda,
  noteEvent,
  noteRequest,
  requestAnswered,
  type DeviceState,
} from "@heliograph/agent";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TransferTrouble } from "./transfer-trouble.ts";
import { troubledMemory } from "./troubled-memory.ts";

const model = dataModel({}).snapshot();
const params = {
  CommandKey: "nightly",
  FaultStruct: { FaultCode: 0 },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:01:00Z",
};
const owing = noteRequest({ ...emptyAgenda, bootstrappedAt: "acs" }, { method: "TransferComplete", params });
const half = noteEvent(owing, { EventCode: "M Download", CommandKey: "nightly" });
const whole = noteEvent(half, { EventCode: "7 TRANSFER COMPLETE" });
const told = requestAnswered(whole);

/** A memory with that trouble, and what came of it. */
function remembering(trouble: TransferTrouble | undefined) {
  let kept: DeviceState | undefined;
  const keeper = { load: () => kept, save: (state: DeviceState) => void (kept = state) };
  const cuts: (DeviceState | undefined)[] = [];
  const memory = troubledMemory(keeper, { trouble, losePower: () => void cuts.push(kept) });
  const save = (agenda: DeviceState["agenda"]): void => memory.save({ model, agenda });
  return { memory, cuts, save };
}

test("a device that restarts before it tells does so once, with all that it has to tell", () => {
  const { memory, cuts, save } = remembering("reboots");
  save(owing);
  save(half);
  assert.equal(cuts.length, 0);
  save(whole);
  save(told);
  assert.equal(cuts.length, 1);
  assert.deepEqual(memory.load()?.agenda, whole, "what it did while it went down is lost");
  save(whole);
  save(told);
  assert.equal(cuts.length, 1);
  assert.deepEqual(memory.load()?.agenda, told);
});

test("one that forgets CommandKeys tells all the rest", () => {
  const { memory, save } = remembering("keyless");
  save(whole);
  const { requests, events } = memory.load()?.agenda ?? emptyAgenda;
  assert.deepEqual(requests, [{ method: "TransferComplete", params: { ...params, CommandKey: "" } }]);
  assert.deepEqual(
    events.map(({ EventCode, CommandKey = "" }) => `${EventCode}${CommandKey}`),
    ["M Download", "7 TRANSFER COMPLETE"],
  );
});

test("one that tells twice restarts when it has told, and has it all before it again, once", () => {
  const { memory, cuts, save } = remembering("twice");
  save(whole);
  assert.equal(cuts.length, 0);
  save(told);
  assert.equal(cuts.length, 1);
  assert.deepEqual(memory.load()?.agenda.requests, whole.requests);
  save(memory.load()?.agenda ?? emptyAgenda);
  save(told);
  assert.equal(cuts.length, 1);
  assert.deepEqual(memory.load()?.agenda, told);
});

for (const trouble of [undefined, "late", "denied", "corrupt", "power-loss"] as const) {
  test(`a device whose trouble is ${trouble ?? "none"} remembers as any other`, () => {
    const { memory, cuts, save } = remembering(trouble);
    for (const agenda of [whole, told]) {
      save(agenda);
      assert.deepEqual(memory.load()?.agenda, agenda);
    }
    assert.equal(cuts.length, 0);
  });
}
