import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("the requests of one connection are served one after the other, those of others beside them", async () => {
  const turns = new Turns();
  const [one, other] = [new Socket(), new Socket()];
  const served: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = turns.take(one, async () => {
    await gate.promise;
    served.push("first");
  });
  const second = turns.take(one, () => Promise.resolve(void served.push("second")));
  await turns.take(other, () => Promise.resolve(void served.push("other")));
  assert.deepEqual(served, ["other"]);
  gate.resolve(undefined);
  await Promise.all([first, second]);
  assert.deepEqual(served, ["other", "first", "second"]);
});

test("a request that fails does not keep the next one waiting", async () => {
  const turns = new Turns();
  const socket = new Socket();
  const failing = turns.take(socket, () => Promise.reject(new Error("a bug")));
  let isServed = false;
  const next = turns.take(socket, () => {
    isServed = true;
    return Promise.resolve();
  });
  await assert.rejects(failing, /a bug/);
  await next;
  assert.ok(isServed);
});

test("a connection on which too many requests wait is cut", async () => {
  const turns = new Turns();
  const socket = new Socket();
  const gate = Promise.withResolvers<undefined>();
  const waiting = Array.from({ length: 16 }, () => turns.take(socket, () => gate.promise));
  assert.equal(socket.destroyed, false);
  await turns.take(socket, () => Promise.reject(new Error("served all the same")));
  assert.equal(socket.destroyed, true);
  gate.resolve(undefined);
  await Promise.all(waiting);
});
