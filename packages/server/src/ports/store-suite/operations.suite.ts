import assert from "node:assert/strict";
import type { DeviceCall } from "../records.ts";
import {
  accepted,
  approving,
  asking,
  at,
  end,
  ending,
  enrolled,
  enrolment,
  eventNames,
  getValues,
  idOf,
  keyOf,
  reboot,
  type On,
} from "./store.fixture.ts";

/** What managers ask for, and what is refused. */
export function operationsSuite(on: On): void {
  on("an accepted operation is queued, in a sequence that only rises", async (store) => {
    const key = await enrolled(store, "1");
    const result = await store.commit(
      "accept-operation",
      asking(key, "a", { rpcs: [getValues, reboot("k")] }),
    );
    const operation = await store.operation(idOf("a"));
    assert.deepEqual(result, { type: "accepted", operation, device: await store.device(key) });
    assert.deepEqual(operation, {
      id: idOf("a"),
      device: key,
      sequence: operation?.sequence,
      state: "queued",
      rpcs: [getValues, reboot("k")],
      reads: false,
      outcomes: [],
      attempts: 0,
      manager: "admin",
      createdAt: at(20),
      expiresAt: at(3_600),
    });
    const next = await accepted(store, asking(key, "b"));
    assert.ok(next.sequence > operation.sequence);
    assert.deepEqual(await store.openOperations(key), [operation, next]);
    assert.deepEqual(await eventNames(store), ["operation queued", "operation queued"]);
    assert.equal((await store.audit({ limit: 10 })).length, 2);
  });

  on("operations that are asked for together are all accepted, or none of them", async (store) => {
    const keys = [await enrolled(store, "1"), await enrolled(store, "2"), keyOf("3")] as const;
    const [first, second, third] = [asking(keys[0], "a"), asking(keys[1], "b"), asking(keys[2], "c")];
    const refused = { type: "refused", device: keys[2], reason: "unknown-device" } as const;
    assert.deepEqual(
      await store.commit("accept-operations", { operations: [first, second, third] }),
      refused,
    );
    assert.deepEqual(await eventNames(store), []);
    assert.equal(await store.operation(idOf("a")), undefined);
    const together = { operations: [first, second] };
    const accepted = await store.commit("accept-operations", together);
    const stored = [await store.operation(idOf("a")), await store.operation(idOf("b"))];
    assert.deepEqual(accepted, { type: "accepted", operations: stored });
    assert.deepEqual(await store.commit("accept-operations", together), accepted);
    assert.deepEqual(await eventNames(store), ["operation queued", "operation queued"]);
    assert.equal((await store.audit({ limit: 10 })).length, 2);
  });

  on("one of those that are asked for together may be there, and is not accepted twice", async (store) => {
    const keys = [await enrolled(store, "1"), await enrolled(store, "2")] as const;
    const operation = await accepted(store, asking(keys[0], "a"));
    const both = await store.commit("accept-operations", {
      operations: [asking(keys[0], "a"), asking(keys[1], "b", { maxOpen: 1 })],
    });
    assert.deepEqual(both, { type: "accepted", operations: [operation, await store.operation(idOf("b"))] });
    const full = { operations: [asking(keys[0], "c"), asking(keys[1], "d", { maxOpen: 1 })] };
    assert.deepEqual(await store.commit("accept-operations", full), {
      type: "refused",
      device: keys[1],
      reason: "queue-full",
    });
    assert.equal(await store.operation(idOf("c")), undefined);
  });

  on("an operation that is asked for again is the one that is there", async (store) => {
    const key = await enrolled(store, "1");
    const operation = await accepted(store, asking(key, "a"));
    const again = await store.commit("accept-operation", asking(key, "a"));
    assert.deepEqual(again, { type: "repeated", operation });
    assert.deepEqual(await eventNames(store), ["operation queued"]);
    assert.equal((await store.audit({ limit: 10 })).length, 1);
  });

  on("the id of an operation is refused to another request, device or manager", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a"));
    const mismatch = { type: "refused", reason: "idempotency-mismatch" };
    const others = [
      asking(key, "a", { rpcs: [reboot("k")] }),
      asking(await enrolled(store, "2"), "a"),
      asking(key, "a", { manager: "other" }),
    ];
    for (const other of others) assert.deepEqual(await store.commit("accept-operation", other), mismatch);
  });

  on("a manager's idempotency key gives the same operation again, also once it has ended", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { idempotencyKey: "once" }));
    await end(store, [key, "a"]);
    const again = await store.commit("accept-operation", asking(key, "b", { idempotencyKey: "once" }));
    assert.deepEqual(again, { type: "repeated", operation: await store.operation(idOf("a")) });
    assert.equal(await store.operation(idOf("b")), undefined);
  });

  on("an idempotency key that comes with another request is refused", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { idempotencyKey: "once" }));
    const other = asking(key, "b", { idempotencyKey: "once", rpcs: [reboot("k")] });
    assert.deepEqual(await store.commit("accept-operation", other), {
      type: "refused",
      reason: "idempotency-mismatch",
    });
  });

  on("an idempotency key belongs to one manager and one device", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { idempotencyKey: "once" }));
    await accepted(store, asking(key, "b", { idempotencyKey: "once", manager: "other" }));
    await accepted(store, asking(await enrolled(store, "2"), "c", { idempotencyKey: "once" }));
  });

  on("nobody asks anything of a device that is unknown, waits or was rejected", async (store) => {
    await store.commit("enrol-device", enrolment("1", { approval: "waiting" }));
    await enrolled(store, "2");
    await store.commit("set-approval", approving(keyOf("2"), "rejected"));
    const ask = async (serialNumber: string) =>
      store.commit("accept-operation", asking(keyOf(serialNumber), serialNumber));
    assert.deepEqual(await ask("1"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await ask("2"), { type: "refused", reason: "not-approved" });
    assert.deepEqual(await ask("3"), { type: "refused", reason: "unknown-device" });
    assert.equal((await store.audit({ limit: 10 })).length, 1, "the rejection alone");
  });

  on("only so many operations of a device are open at once", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { maxOpen: 2 }));
    await accepted(store, asking(key, "b", { maxOpen: 2 }));
    const third = asking(key, "c", { maxOpen: 2 });
    assert.deepEqual(await store.commit("accept-operation", third), {
      type: "refused",
      reason: "queue-full",
    });
    await accepted(store, asking(await enrolled(store, "2"), "d", { maxOpen: 2 }));
    await end(store, [key, "a"]);
    assert.equal((await store.commit("accept-operation", third)).type, "accepted");
  });

  on("a CommandKey marks one open operation of a device", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a", { rpcs: [reboot("k")] }));
    const second = asking(key, "b", { rpcs: [getValues, reboot("k")] });
    assert.deepEqual(await store.commit("accept-operation", second), {
      type: "refused",
      reason: "command-key-open",
    });
    await accepted(store, asking(await enrolled(store, "2"), "c", { rpcs: [reboot("k")] }));
    await end(store, [key, "a"]);
    assert.equal((await store.commit("accept-operation", second)).type, "accepted");
  });

  on("one operation does not mark two calls with the same CommandKey", async (store) => {
    const key = await enrolled(store, "1");
    const twice = asking(key, "a", { rpcs: [reboot("k"), reboot("k")] });
    assert.deepEqual(await store.commit("accept-operation", twice), {
      type: "refused",
      reason: "command-key-open",
    });
  });

  on("a CommandKey that is empty, or names what is open already, marks nothing", async (store) => {
    const key = await enrolled(store, "1");
    const cancel: DeviceCall = { method: "CancelTransfer", params: { CommandKey: "k" } };
    await accepted(store, asking(key, "a", { rpcs: [reboot("k")] }));
    await accepted(store, asking(key, "b", { rpcs: [cancel] }));
    await accepted(store, asking(key, "c", { rpcs: [cancel, reboot("")] }));
    await accepted(store, asking(key, "d", { rpcs: [reboot(""), reboot("")] }));
  });

  on("an operation is ended once, with its reason, its event and its audit entry", async (store) => {
    const key = await enrolled(store, "1");
    await accepted(store, asking(key, "a"));
    const end = ending(key, "a", { audit: { at: at(40), manager: "admin", action: "cancel", detail: {} } });
    assert.deepEqual(await store.commit("end-operation", end), { held: true });
    assert.deepEqual(await store.commit("end-operation", end), { held: true });
    const operation = await store.operation(idOf("a"));
    assert.equal(operation?.state, "cancelled");
    assert.equal(operation.endedAt, at(40));
    assert.equal(operation.reason, "cancelled by admin");
    assert.deepEqual(await store.openOperations(key), []);
    assert.deepEqual(await eventNames(store), ["operation queued", "operation cancelled"]);
    assert.equal((await store.audit({ limit: 10 })).length, 2);
  });

  on(
    "an operation is not ended from a state it is not in, nor twice in two ways, nor where it is unknown",
    async (store) => {
      const key = await enrolled(store, "1");
      await accepted(store, asking(key, "a"));
      assert.deepEqual(await end(store, [key, "a"], { from: "running" }), { held: false });
      assert.deepEqual(await end(store, [key, "b"]), { held: false });
      assert.deepEqual(await end(store, [key, "a"]), { held: true });
      const expired = { state: "expired", at: at(50) } as const;
      assert.deepEqual(await end(store, [key, "a"], { end: expired }), { held: false });
      assert.equal((await store.operation(idOf("a")))?.state, "cancelled");
    },
  );

  on("operations are listed newest first, page by page", async (store) => {
    const key = await enrolled(store, "1");
    for (const digit of ["a", "b", "c"]) await accepted(store, asking(key, digit));
    const first = await store.operations({ limit: 2 });
    assert.deepEqual(
      first.items.map(({ id }) => id),
      [idOf("c"), idOf("b")],
    );
    assert.ok(first.next !== undefined);
    await accepted(store, asking(key, "d"));
    const second = await store.operations({ limit: 2, after: first.next });
    assert.deepEqual(
      second.items.map(({ id }) => id),
      [idOf("a")],
      "what came since does not shift the pages",
    );
    assert.equal(second.next, undefined);
  });

  on("operations are found by device and by state", async (store) => {
    const [one, two] = [await enrolled(store, "1"), await enrolled(store, "2")];
    await accepted(store, asking(one, "a"));
    await accepted(store, asking(one, "b"));
    await accepted(store, asking(two, "c"));
    await end(store, [one, "a"]);
    const find = async (query: { device?: typeof one; state?: "queued" | "cancelled" }) => {
      const { items } = await store.operations({ limit: 10, ...query });
      return items.map(({ id }) => id);
    };
    assert.deepEqual(await find({ device: one }), [idOf("b"), idOf("a")]);
    assert.deepEqual(await find({ state: "queued" }), [idOf("c"), idOf("b")]);
    assert.deepEqual(await find({ device: one, state: "cancelled" }), [idOf("a")]);
  });

  on("devices with work are told in the order of their keys, each once", async (store) => {
    for (const [index, serialNumber] of ["3", "1", "2"].entries()) {
      const key = await enrolled(store, serialNumber);
      await accepted(store, asking(key, `a${index}`));
      await accepted(store, asking(key, `b${index}`));
    }
    await end(store, [keyOf("2"), "a2"]);
    await end(store, [keyOf("2"), "b2"]);
    assert.deepEqual(await store.devicesWithWork({ limit: 1 }), [keyOf("1")]);
    assert.deepEqual(await store.devicesWithWork({ limit: 10, after: keyOf("1") }), [keyOf("3")]);
  });
}
