import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import { fileId } from "../files.ts";
import type { Pair } from "../call-changes.ts";
import type { AcceptOperation, Store } from "../store.ts";
import type { SettleTransfer } from "../transfer-changes.ts";
import type { TransferReport, TransferState } from "../transfers.ts";
import {
  accepted,
  anEvent,
  asking,
  at,
  claiming,
  connected,
  end,
  enrolled,
  eventNames,
  idOf,
  opening,
  outcome,
  versionOf,
  type On,
} from "./store.fixture.ts";

const going: TransferState = { name: "transferring", until: at(3_700) };
const answer = { result: { Status: 1 } };
const report: TransferReport = {
  commandKey: "k-1",
  faultCode: 0,
  startTime: "2027-01-01T00:00:00Z",
  completeTime: "2027-01-01T00:01:00Z",
};

/** Operations that move a file: they end by what the device says of it, and stand in nobody's way until then. */
export function transfersSuite(on: On): void {
  on("an accepted transfer goes on outside its device's queue, and keeps its CommandKey", async (store) => {
    const { key, pair } = await transferring(store);
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "transferring");
    assert.deepEqual(operation.transfer, {
      kind: "Download",
      commandKey: "k-1",
      patienceMs: 3_600_000,
      state: going,
    });
    assert.equal(operation.endedAt, undefined);
    assert.deepEqual(await store.openOperations(key), []);
    assert.deepEqual(await store.devicesWithWork({ limit: 10 }), []);
    const same = await store.commit("accept-operation", downloading(key, "b", "k-1"));
    assert.deepEqual(same, { type: "refused", reason: "command-key-open" });
    await accepted(store, asking(key, "c"));
    assert.deepEqual(await store.commit("claim-call", claiming(key, "c", { pair, call: "2" })), {
      held: true,
    });
  });

  on("an outcome that was recorded before leaves a transfer as it is", async (store) => {
    const { key, pair } = await transferring(store);
    await store.commit("settle-transfer", settling(key));
    const again = outcome(key, "a", { ...pair, call: "1", outcome: answer, transfer: going });
    assert.deepEqual(await store.commit("record-outcome", again), { held: true });
    assert.equal((await store.operation(idOf("a")))?.state, "done");
  });

  on("a report ends its transfer once, however often it comes, with one event", async (store) => {
    const { key } = await transferring(store);
    const credentialVersion = await versionOf(store, key);
    const settle = settling(key, {
      report: { key: "r-1", credentialVersion },
      events: [anEvent(key, "told")],
    });
    assert.deepEqual(await store.commit("settle-transfer", settle), { held: true });
    assert.deepEqual(await store.commit("settle-transfer", settle), { held: true });
    const operation = await store.operation(idOf("a"));
    assert.deepEqual([operation?.state, operation?.endedAt], ["done", at(60)]);
    assert.deepEqual(operation?.transfer?.state, settle.state);
    assert.equal((await eventNames(store)).filter((name) => name === "told").length, 1);
    await accepted(store, downloading(key, "b", "k-1"));
  });

  on("a report of a device that has lost its rights is not kept", async (store) => {
    const { key } = await transferring(store);
    const credentialVersion = (await versionOf(store, key)) - 1;
    const settle = settling(key, { report: { key: "r-1", credentialVersion } });
    assert.deepEqual(await store.commit("settle-transfer", settle), { held: false });
    assert.equal((await store.operation(idOf("a")))?.state, "transferring");
  });

  on("a transfer that stands elsewhere by now is not settled from where it stood", async (store) => {
    const { key } = await transferring(store);
    await store.commit("settle-transfer", settling(key));
    const unknown: TransferState = { name: "ended", how: "outcome-unknown", at: at(70) };
    const late = settling(key, { state: unknown, end: { state: "outcome-unknown", at: at(70) } });
    assert.deepEqual(await store.commit("settle-transfer", late), { held: false });
    assert.equal((await store.operation(idOf("a")))?.state, "done");
  });

  on("an end that was made of a device's silence may be corrected", async (store) => {
    const { key } = await transferring(store);
    const unknown: TransferState = { name: "ended", how: "outcome-unknown", at: at(50) };
    await store.commit(
      "settle-transfer",
      settling(key, { state: unknown, end: { state: "outcome-unknown", at: at(50) } }),
    );
    assert.deepEqual(await store.commit("settle-transfer", settling(key, { from: unknown })), { held: true });
    assert.equal((await store.operation(idOf("a")))?.state, "done");
  });

  on("a transfer whose operation ended before its answer stands as that says", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, downloading(key, "a", "k-1"));
    assert.deepEqual((await store.operation(idOf("a")))?.transfer?.state, { name: "asked" });
    await end(store, [key, "a"]);
    const cancelled = { name: "ended", how: "cancelled", at: at(40) };
    assert.deepEqual((await store.operation(idOf("a")))?.transfer?.state, cancelled);
  });

  on(
    "a device's transfers are found in sequence, ended ones among them, and other operations are not",
    async (store) => {
      const { key } = await transferring(store);
      await store.commit("settle-transfer", settling(key));
      await accepted(store, asking(key, "b"));
      await accepted(store, downloading(key, "c", "k-2"));
      await accepted(store, downloading(await enrolled(store, "2"), "d", "k-3"));
      assert.deepEqual(
        (await store.transfers(key)).map(({ id }) => id),
        [idOf("a"), idOf("c")],
      );
    },
  );

  on("a transfer is overdue from its time on, until it ends", async (store) => {
    const { key } = await transferring(store);
    const overdue = async (now: number) =>
      (await store.overdueTransfers({ now, limit: 10 })).map(({ id }) => id);
    assert.deepEqual(await overdue(at(3_699)), []);
    assert.deepEqual(await overdue(at(3_700)), [idOf("a")]);
    await store.commit("settle-transfer", settling(key));
    assert.deepEqual(await overdue(at(3_700)), []);
  });

  on("what a device runs that is to fetch a file is kept, before and after it", async (store) => {
    const key = await enrolled(store, "1");
    await store.commit("open-connection", opening(key, "c1", { facts: { softwareVersion: "2.0" } }));
    await accepted(store, downloading(key, "a", "k-1"));
    const opened = opening(key, "c2", { facts: { softwareVersion: "2.1" } });
    await store.commit("open-connection", opened);
    assert.deepEqual(await store.commit("settle-transfer", settling(key, { from: { name: "asked" } })), {
      held: true,
    });
    const { softwareBefore, softwareAfter } = (await store.operation(idOf("a")))?.transfer ?? {};
    assert.deepEqual([softwareBefore, softwareAfter], ["2.0", "2.1"]);
  });

  on("progress only rises, and a file that has come is not replaced", async (store) => {
    await transferring(store);
    const [first, other] = [fileId("0".repeat(16)), fileId("1".repeat(16))];
    assert.ok(first && other);
    const tell = (bytes: number, received?: typeof first) =>
      store.commit("record-progress", {
        operation: idOf("a"),
        progress: { bytes, of: 9, at: at(40), ...(received === undefined ? {} : { received }) },
        events: [],
      });
    assert.deepEqual(await tell(5), { held: true });
    assert.deepEqual(await tell(3), { held: true });
    assert.equal((await store.operation(idOf("a")))?.transfer?.progress?.bytes, 5);
    await tell(7);
    assert.equal((await store.operation(idOf("a")))?.transfer?.progress?.since, at(40));
    assert.deepEqual(await tell(2, first), { held: true });
    assert.deepEqual(await tell(2, first), { held: true });
    assert.deepEqual(await tell(9, other), { held: false });
    assert.equal((await store.operation(idOf("a")))?.transfer?.progress?.received, first);
  });
}

function downloading(key: DeviceKey, digit: string, commandKey: string): AcceptOperation {
  const params = { CommandKey: commandKey, FileType: "1 Firmware Upgrade Image", URL: "http://192.0.2.9/f" };
  const change = asking(key, digit, { rpcs: [{ method: "Download", params }] });
  const transfer = { kind: "Download", commandKey, patienceMs: 3_600_000, state: { name: "asked" } } as const;
  return { ...change, operation: { ...change.operation, transfer } };
}

async function transferring(store: Store): Promise<{ readonly key: DeviceKey; readonly pair: Pair }> {
  const key = await enrolled(store, "1");
  const pair = await connected(store, key, "c1");
  await accepted(store, downloading(key, "a", "k-1"));
  await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
  await store.commit(
    "record-outcome",
    outcome(key, "a", { ...pair, call: "1", outcome: answer, transfer: going }),
  );
  return { key, pair };
}

function settling(key: DeviceKey, changes: Partial<SettleTransfer> = {}): SettleTransfer {
  return {
    operation: idOf("a"),
    device: key,
    from: going,
    state: { name: "ended", how: "completed", at: at(60), report },
    end: { state: "done", at: at(60) },
    events: [],
    ...changes,
  };
}
