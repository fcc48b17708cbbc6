import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Arrivals, ScriptedAcs } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { eventsOf, until } from "./classic-device.fixture.ts";
import { openLightBench } from "./light-bench.fixture.ts";

const temperature = (): ReturnType<typeof dataModel> =>
  dataModel({ "Device.Temperature": { type: "int", value: 20, notification: 2 } });

test("a device that was referred opens the socket once the session has ended, and attaches [LIGHT-REFER-3, LIGHT-OPEN-3]", async () => {
  await using it = await openLightBench();
  it.offer("t.o.k");
  await it.start();
  assert.deepEqual(eventsOf(await it.classic.session()), ["0 BOOTSTRAP", "1 BOOT"]);
  const upgrade = await it.sockets.upgrades.take();
  assert.equal(upgrade.authorization, "Bearer t.o.k");
  assert.equal(upgrade["sec-websocket-protocol"], "cwmp.json");
  assert.equal(upgrade["sec-websocket-extensions"], undefined);
});

test("Attach says what the device takes and keeps; then it is attached", async () => {
  await using it = await openLightBench();
  it.offer();
  await it.start({ light: { maxInFlight: 3, replayWindow: 5, keepAlive: true } });
  const socket = await it.sockets.socket();
  assert.equal(it.classic.device.isAttached, false);
  assert.deepEqual(await socket.attach(), { MaxInFlight: 3, ReplayWindow: 5, KeepAlive: true });
  await until(() => it.classic.device.isAttached);
  assert.deepEqual(
    it.classic.activities.filter(({ type }) => type === "referred" || type === "attached"),
    [
      { type: "referred", url: it.sockets.url },
      { type: "attached", url: it.sockets.url },
    ],
  );
});

test("while it is attached, events go over the socket and no session is held [LIGHT-EVENT-1]", async () => {
  await using it = await openLightBench(temperature());
  const socket = await it.attach();
  it.classic.model.set("Device.Temperature", 90);
  const changed = await socket.informed();
  assert.deepEqual(eventsOf(changed), ["4 VALUE CHANGE"]);
  assert.deepEqual(changed.ParameterList["Device."]?.["Temperature"], ["90", "int"]);
  await until(() => it.classic.activities.at(-1)?.type === "informed");
  await it.classic.clock.advance(300_000);
  assert.deepEqual(eventsOf(await socket.informed()), ["2 PERIODIC"]);
  assert.equal(it.classic.acs.informs.untaken, 0);
});

test("informNow resolves when the Inform over the socket was answered", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  let isTold = false;
  const told = it.classic.device.informNow("8 DIAGNOSTICS COMPLETE").then(() => (isTold = true));
  const { id, params } = await socket.asked("Inform");
  assert.deepEqual(eventsOf(params), ["8 DIAGNOSTICS COMPLETE"]);
  assert.equal(isTold, false);
  socket.answer(id, { MaxEnvelopes: 1 });
  await told;
});

test("a transfer is told of over the socket, by Inform and TransferComplete", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({ transfer: async () => undefined });
  socket.call("a1", "Upload", { CommandKey: "u", FileType: "2 Vendor Log File", URL: "http://files/log" });
  assert.deepEqual(await socket.replied("a1"), {
    Status: 1,
    StartTime: "0001-01-01T00:00:00Z",
    CompleteTime: "0001-01-01T00:00:00Z",
  });
  await it.classic.clock.advance(0);
  assert.deepEqual(eventsOf(await socket.informed()), ["M Upload u", "7 TRANSFER COMPLETE"]);
  const { id, params } = await socket.asked("TransferComplete");
  assert.equal(params.CommandKey, "u");
  socket.answer(id, {});
  const told = it.classic.device.informNow();
  assert.deepEqual(eventsOf(await socket.informed()), ["2 PERIODIC"]);
  await told;
});

test("calls are served as many at once as Attach said, and one more is refused", async () => {
  const running = new Arrivals<(value: { readonly result: object }) => void>("a call that runs");
  await using it = await openLightBench();
  const socket = await it.attach({
    light: { maxInFlight: 2 },
    handlers: {
      X_00D09E_Wait: async () => {
        const { promise, resolve } = Promise.withResolvers<{ readonly result: object }>();
        running.add(resolve);
        await promise;
        return { result: {} };
      },
    },
  });
  for (const id of ["a1", "a2", "a3"]) socket.call(id, "X_00D09E_Wait");
  const [first, second] = [await running.take(), await running.take()];
  assert.match(JSON.stringify(await socket.replied("a3")), /9004/);
  second({ result: {} });
  assert.deepEqual(await socket.replied("a2"), {});
  first({ result: {} });
  assert.deepEqual(await socket.replied("a1"), {});
  assert.equal(running.untaken, 0);
});

test("the RPCs of the ACS reach the data model, values by themselves included [LIGHT-LIST-7]", async () => {
  await using it = await openLightBench(
    dataModel({ "Device.Name": { type: "string", value: "a", writable: true }, "Device.Count": 3 }),
  );
  const socket = await it.attach();
  socket.call("a1", "SetParameterValues", { ParameterList: { "Device.": { Name: "b" } }, ParameterKey: "k" });
  assert.deepEqual(await socket.replied("a1"), { Status: 0 });
  assert.equal(it.classic.model.get("Device.Name"), "b");
  const ParameterNames = ["Device.Count", "Device.Name"];
  socket.call("a2", "GetParameterValues", { ParameterNames, Shape: "values" });
  assert.deepEqual(await socket.replied("a2"), { Values: [3, "b"] });
  socket.call("a3", "GetParameterValues", { ParameterNames });
  assert.deepEqual(await socket.replied("a3"), { ParameterList: { "Device.": { Name: "b", Count: 3 } } });
  socket.call("a4", "AddObject", { ObjectName: "Device.No." });
  assert.match(JSON.stringify(await socket.replied("a4")), /9005/);
});

test("Reboot is answered, then the socket is closed with 1000, then the device boots over HTTP", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({ restartMs: 10_000 });
  socket.call("a1", "Reboot", { CommandKey: "r1" });
  assert.deepEqual(await socket.replied("a1"), {});
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  assert.equal(it.classic.device.isAttached, false);
  it.offer("t.new");
  await it.classic.clock.advance(10_000);
  assert.deepEqual(eventsOf(await it.classic.session()), ["M Reboot r1", "1 BOOT"]);
  assert.equal((await it.sockets.upgrades.take()).authorization, "Bearer t.new");
});

test("a reboot waits until the calls that run beside it are answered", async () => {
  const { promise: asked, resolve: end } = Promise.withResolvers<undefined>();
  await using it = await openLightBench();
  const socket = await it.attach({
    handlers: {
      X_00D09E_Wait: async () => {
        await asked;
        return { result: {} };
      },
    },
  });
  socket.call("a1", "X_00D09E_Wait");
  socket.call("a2", "Reboot");
  assert.deepEqual(await socket.replied("a2"), {});
  await socket.settled();
  assert.equal(it.classic.device.isAttached, true);
  end(undefined);
  assert.deepEqual(await socket.replied("a1"), {});
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
});

test("a reboot whose answer could not leave happens all the same", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({
    handlers: {
      X_00D09E_Cut: () => {
        socket.drop();
        return { result: {} };
      },
    },
  });
  socket.call("a1", "X_00D09E_Cut");
  socket.call("a2", "Reboot", { CommandKey: "r" });
  await until(() => it.classic.activities.some(({ type }) => type === "restarting"));
  await it.classic.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.classic.session()), ["M Reboot r", "1 BOOT"]);
});

test("a factory reset ends the socket and bootstraps over HTTP", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  socket.call("a1", "FactoryReset");
  assert.deepEqual(await socket.replied("a1"), {});
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  await it.classic.clock.advance(1_000);
  assert.deepEqual(eventsOf(await it.classic.session()), ["0 BOOTSTRAP", "1 BOOT"]);
});

test("new firmware ends the socket, and is told of after the restart into it", async () => {
  await using it = await openLightBench();
  const socket = await it.attach({ transfer: async () => undefined });
  const params = { CommandKey: "f", FileType: "1 Firmware Upgrade Image", URL: "http://files/f" };
  socket.call("a1", "Download", params);
  await socket.replied("a1");
  await it.classic.clock.advance(0);
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  assert.equal(socket.untaken, 0);
  await it.classic.clock.advance(1_000);
  const told = ["M Download f", "7 TRANSFER COMPLETE", "1 BOOT"];
  assert.deepEqual(eventsOf(await it.classic.session()), told);
});

test("what came up since the session goes over the socket before Attach [LIGHT-EVENT-1]", async () => {
  await using it = await openLightBench(temperature());
  it.offer();
  await it.start({
    onActivity: ({ type }) => {
      if (type === "referred") it.classic.model.set("Device.Temperature", 90);
    },
  });
  const socket = await it.sockets.socket();
  const { id, params } = await socket.asked("Inform");
  assert.deepEqual(eventsOf(params), ["4 VALUE CHANGE"]);
  await socket.settled();
  assert.equal(socket.untaken, 0);
  socket.answer(id, { MaxEnvelopes: 1 });
  await socket.attach();
});

test("an ACS that is told to be another one is left, and the new one hears BOOTSTRAP", async () => {
  await using it = await openLightBench();
  await using other = await new ScriptedAcs().open();
  const socket = await it.attach();
  const leaves = { URL: other.url };
  socket.call("a1", "SetParameterValues", { ParameterList: { "Device.ManagementServer.": leaves } });
  assert.deepEqual(await socket.replied("a1"), { Status: 0 });
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  assert.deepEqual(eventsOf(await other.informs.take()), ["0 BOOTSTRAP"]);
});

test("a device that is closed ends its socket with 1000, and stays away", async () => {
  await using it = await openLightBench();
  const socket = await it.attach();
  await it.classic.device.close();
  assert.deepEqual(await socket.ends.take(), [1000, ""]);
  await setImmediate();
  assert.equal(it.classic.clock.waiting, 0);
  await assert.rejects(it.classic.device.informNow(), /closed/);
});

test("a device that is closed before it could restart does not boot again", async () => {
  const { promise: asked, resolve: end } = Promise.withResolvers<undefined>();
  await using it = await openLightBench();
  const socket = await it.attach({
    handlers: {
      X_00D09E_Wait: async () => {
        await asked;
        return { result: {} };
      },
    },
  });
  socket.call("a1", "X_00D09E_Wait");
  socket.call("a2", "Reboot");
  assert.deepEqual(await socket.replied("a2"), {});
  await it.classic.device.close();
  end(undefined);
  await setImmediate();
  assert.equal(it.classic.clock.waiting, 0);
});
