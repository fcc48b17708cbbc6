import assert from "node:assert/strict";
import { callId, connectionId, engineId } from "../ids.ts";
import {
  accepted,
  anEvent,
  asking,
  at,
  attached,
  claiming,
  connected,
  connectionOf,
  end,
  enrolled,
  eventNames,
  idOf,
  keyOf,
  lightOpening,
  opening,
  outcome,
  type On,
} from "./store.fixture.ts";

const one = engineId("e1");
const other = engineId("e2");

/** Several engines on one store: whoever acts by what was true before is refused. */
export function ownersSuite(on: On): void {
  takenOver(on);
  announcedAgain(on);
  wakes(on);
  duties(on);
}

function takenOver(on: On): void {
  on("a device that is taken over has a new generation, and its connection is closed", async (store) => {
    const key = await enrolled(store, "1");
    const { generation } = await attached(store, key, "l1");
    const change = { key, engine: other, generation, events: [anEvent(key, "disconnected")] };
    assert.deepEqual(await store.commit("take-over-device", change), { held: true });
    assert.deepEqual(await store.commit("take-over-device", change), { held: true });
    const device = await store.device(key);
    assert.equal(device?.generation, generation + 1);
    assert.deepEqual([device.connection?.closed, device.connection?.engine], [true, other]);
    assert.deepEqual(await eventNames(store), ["disconnected"]);
    const late = { ...change, engine: engineId("e3") };
    assert.deepEqual(await store.commit("take-over-device", late), { held: false });
  });

  on("a session that is taken over is told nobody: it made its device no more reachable", async (store) => {
    const key = await enrolled(store, "1");
    const { generation } = await connected(store, key, "c1");
    const change = { key, engine: other, generation, events: [anEvent(key, "disconnected")] };
    assert.deepEqual(await store.commit("take-over-device", change), { held: true });
    assert.deepEqual(await eventNames(store), []);
  });

  on("nothing is taken over that is closed, or opened since, or unknown", async (store) => {
    const key = await enrolled(store, "1");
    const former = await attached(store, key, "l1");
    const pair = await attached(store, key, "l2");
    const taking = { key, engine: other, generation: former.generation, events: [] };
    assert.deepEqual(await store.commit("take-over-device", taking), { held: false });
    await store.commit("close-connection", { key, ...pair, events: [] });
    const late = { ...taking, generation: pair.generation };
    assert.deepEqual(await store.commit("take-over-device", late), { held: false });
    assert.deepEqual(await store.commit("take-over-device", { ...late, key: keyOf("9") }), { held: false });
    assert.equal((await store.device(key))?.generation, pair.generation);
  });

  on(
    "who held a device before it was taken over neither ends, releases nor tells of its calls",
    async (store) => {
      const key = await enrolled(store, "1");
      const pair = await connected(store, key, "c1");
      const { generation } = pair;
      await accepted(store, asking(key, "a"));
      await accepted(store, asking(key, "b"));
      await store.commit("claim-call", claiming(key, "a", { pair, call: "1" }));
      await store.commit("take-over-device", { key, engine: other, generation, events: [] });
      const release = { operation: idOf("a"), callId: callId("1"), generation, events: [] };
      assert.deepEqual(await store.commit("release-call", release), { held: false });
      const told = outcome(key, "a", { ...pair, call: "1" });
      assert.deepEqual(await store.commit("record-outcome", told), { held: false });
      assert.deepEqual(await end(store, [key, "b"], { generation }), { held: false });
      const claim = claiming(key, "a", { pair, call: "2" });
      assert.deepEqual(await store.commit("claim-call", claim), { held: false });
      const released = { ...release, generation: generation + 1 };
      assert.deepEqual(await store.commit("release-call", released), { held: true });
      assert.deepEqual(await end(store, [key, "b"], { generation: generation + 1 }), { held: true });
    },
  );

  on("light connections are closed whose engine is not among the living", async (store) => {
    const [dead, living] = [await enrolled(store, "1"), await enrolled(store, "2")];
    await attached(store, dead, "l1");
    const connection = connectionOf("l2", "e2", "light");
    await store.commit("open-light-connection", lightOpening(living, "l2", { connection }));
    const change = { at: at(60), living: [other] };
    assert.deepEqual(await store.commit("close-stale-connections", change), { closed: 1 });
    assert.equal((await store.device(dead))?.connection?.closed, true);
    assert.equal((await store.device(living))?.connection?.closed, undefined);
  });
}

function announcedAgain(on: On): void {
  on(
    "a connection that is announced to another engine is that one's, and not the first one's again",
    async (store) => {
      const key = await enrolled(store, "1");
      const first = { ...connectionOf("l1", "e1", "light"), openedAt: at(10) };
      const again = { ...connectionOf("l1", "e2", "light"), openedAt: at(20) };
      for (const connection of [first, again]) {
        const opened = await store.commit("open-light-connection", lightOpening(key, "l1", { connection }));
        assert.equal(opened.type, "opened");
      }
      const late = lightOpening(key, "l1", { connection: first });
      assert.deepEqual(await store.commit("open-light-connection", late), { type: "superseded" });
      assert.deepEqual((await store.device(key))?.connection?.engine, other);
    },
  );

  on("an announcement that is heard of late, by whomever, changes nothing", async (store) => {
    const key = await enrolled(store, "1");
    const announced = (engine: string, seconds: number): Promise<{ readonly type: string }> => {
      const connection = { ...connectionOf("l1", engine, "light"), openedAt: at(seconds) };
      return store.commit("open-light-connection", lightOpening(key, "l1", { connection }));
    };
    assert.equal((await announced("e1", 10)).type, "opened");
    assert.equal((await announced("e2", 10)).type, "superseded", "it was announced to both at once");
    const { generation } = (await store.device(key)) ?? {};
    for (const seconds of [10, 5, 20]) assert.equal((await announced("e1", seconds)).type, "opened");
    assert.equal((await announced("e2", 15)).type, "superseded");
    assert.equal((await store.device(key))?.generation, generation);
    const closing = { key, connection: connectionId("l1"), generation: generation ?? 0, events: [] };
    await store.commit("close-connection", closing);
    assert.equal((await announced("e1", 20)).type, "superseded", "it is over");
    assert.equal((await store.device(key))?.connection?.closed, true);
    assert.equal((await announced("e1", 30)).type, "opened", "its gateway says that it is open");
    assert.equal((await store.device(key))?.connection?.closed, undefined);
  });

  on("a connection that is announced again takes the place of no other that is open", async (store) => {
    const key = await enrolled(store, "1");
    await attached(store, key, "l1");
    const { generation } = await attached(store, key, "l2");
    const announced = { ...connectionOf("l1", "e2", "light"), openedAt: at(60) };
    const again = lightOpening(key, "l1", { connection: announced, again: true });
    assert.deepEqual(await store.commit("open-light-connection", again), { type: "superseded" });
    assert.deepEqual((await store.device(key))?.connection, connectionOf("l2", "e1", "light"));
    await store.commit("close-connection", { key, connection: connectionId("l2"), generation, events: [] });
    assert.equal((await store.commit("open-light-connection", again)).type, "opened");
  });

  on("the first announcement of a connection that was given up does not end the newer one", async (store) => {
    const key = await enrolled(store, "1");
    const announced = (id: string, seconds: number): Promise<{ readonly type: string }> => {
      const connection = { ...connectionOf(id, "e1", "light"), openedAt: at(seconds) };
      return store.commit("open-light-connection", lightOpening(key, id, { connection }));
    };
    assert.equal((await announced("l2", 100)).type, "opened");
    for (const seconds of [40, 95]) assert.equal((await announced("l1", seconds)).type, "superseded");
    assert.equal((await announced("l3", 97)).type, "opened", "clocks differ a little");
    assert.equal((await announced("l4", 10)).type, "opened", "a clock was set back");
  });

  on(
    "a call that left by a connection is marked by its next owner, and is no sending more",
    async (store) => {
      const key = await enrolled(store, "1");
      const former = await attached(store, key, "l1");
      await accepted(store, asking(key, "a"));
      const claim = claiming(key, "a", { pair: former, call: "1" });
      await store.commit("claim-call", claim);
      const connection = { ...connectionOf("l1", "e2", "light"), openedAt: at(20) };
      await store.commit("open-light-connection", lightOpening(key, "l1", { connection }));
      const pair = { ...former, generation: former.generation + 1 };
      const again = claiming(key, "a", { pair, call: "1" });
      assert.deepEqual(await store.commit("claim-call", again), { held: true });
      assert.deepEqual(await store.commit("claim-call", again), { held: true });
      const operation = await store.operation(idOf("a"));
      assert.deepEqual(await store.commit("claim-call", claim), { held: false }, "the owner before may not");
      assert.deepEqual([operation?.claim?.generation, operation?.attempts], [pair.generation, 1]);
    },
  );

  on(
    "a session that is announced to another engine is that one's, and not the first one's again",
    async (store) => {
      const key = await enrolled(store, "1");
      const first = { ...connectionOf("c1", "e1"), openedAt: at(10) };
      const again = { ...connectionOf("c1", "e2"), openedAt: at(20) };
      for (const connection of [first, again]) {
        const opened = await store.commit("open-connection", opening(key, "c1", { connection }));
        assert.equal(opened.type, "opened");
      }
      const late = opening(key, "c1", { connection: first });
      assert.deepEqual(await store.commit("open-connection", late), { type: "superseded" });
      assert.equal((await store.device(key))?.generation, 2);
    },
  );
}

function wakes(on: On): void {
  on("one engine wakes a device at a time", async (store) => {
    const key = await enrolled(store, "1");
    const claim = { device: key, generation: 0, attempts: 0, at: at(1), until: at(31) };
    assert.deepEqual(await store.commit("claim-wake", { ...claim, engine: one }), { held: true });
    assert.deepEqual(await store.commit("claim-wake", { ...claim, engine: one }), { held: true });
    assert.deepEqual(await store.commit("claim-wake", { ...claim, engine: other }), { held: false });
    const late = { ...claim, engine: other, at: at(31), until: at(61) };
    assert.deepEqual(await store.commit("claim-wake", late), { held: true });
  });

  on("who has not seen that a device was woken, or came, does not wake it", async (store) => {
    const key = await enrolled(store, "1");
    const claim = { device: key, engine: one, generation: 0, attempts: 0, at: at(1), until: at(31) };
    await store.commit("claim-wake", claim);
    const last = { at: at(2), result: "accepted", detail: "200" } as const;
    const woken = { device: key, generation: 0, wake: { attempts: 1, last }, events: [] };
    assert.deepEqual(await store.commit("record-wake", woken), { held: true });
    const unseeing = { ...claim, engine: other, at: at(3), until: at(33) };
    assert.deepEqual(await store.commit("claim-wake", unseeing), { held: false });
    const seeing = { ...unseeing, attempts: 1 };
    assert.deepEqual(await store.commit("claim-wake", seeing), { held: true });
    const { generation } = await connected(store, key, "c1");
    assert.deepEqual(await store.commit("claim-wake", seeing), { held: false });
    const asleep = { ...claim, generation, at: at(4), until: at(34) };
    assert.deepEqual(
      await store.commit("claim-wake", asleep),
      { held: true },
      "its coming ended the one before",
    );
    const outdated = { ...woken, wake: { attempts: 2, last } };
    assert.deepEqual(await store.commit("record-wake", outdated), { held: false });
  });
}

function duties(on: On): void {
  on("a duty is one engine's until its term is over, or it leaves it", async (store) => {
    const term = { name: "keeper", at: at(0), until: at(9) };
    assert.deepEqual(await store.commit("take-duty", { ...term, engine: one }), { held: true });
    assert.deepEqual(await store.commit("take-duty", { ...term, engine: other }), { held: false });
    const renewed = { ...term, engine: one, at: at(3), until: at(12) };
    assert.deepEqual(await store.commit("take-duty", renewed), { held: true });
    const early = { ...term, engine: other, at: at(11), until: at(20) };
    assert.deepEqual(await store.commit("take-duty", early), { held: false });
    const due = { ...early, at: at(12), until: at(21) };
    assert.deepEqual(await store.commit("take-duty", due), { held: true });
    assert.deepEqual(await store.commit("leave-duty", { name: "keeper", engine: one }), { held: true });
    assert.deepEqual(await store.commit("take-duty", { ...due, engine: one }), { held: false });
    await store.commit("leave-duty", { name: "keeper", engine: other });
    assert.deepEqual(await store.commit("take-duty", { ...due, engine: one }), { held: true });
  });

  on("duties are apart from each other", async (store) => {
    const term = { at: at(0), until: at(9) };
    assert.deepEqual(await store.commit("take-duty", { ...term, name: "a", engine: one }), { held: true });
    assert.deepEqual(await store.commit("take-duty", { ...term, name: "b", engine: other }), { held: true });
  });
}
