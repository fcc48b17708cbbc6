import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionId, engineId, gatewayId, type DeviceConnection } from "../ports/index.ts";
import { nextTime } from "./device.ts";
import {
  after,
  aLightDevice,
  anId,
  aRead,
  anOperation,
  asleep,
  at,
  attached,
  connected,
  decide,
  effects,
  endings,
  first,
  leaving,
  light,
  newer,
  opened,
  ready,
  returned,
  story,
} from "./device.fixture.ts";
import { isIdle, type Decision, type DeviceInput } from "./state.ts";

const get = aRead("a", 1);
const other = aRead("b", 2);
const set = anOperation("SetParameterValues", { id: anId("c"), sequence: 3 });
const add = anOperation("AddObject", { params: { ObjectName: "Device.Hosts." } });
const answer = { type: "answered", outcome: { result: {} } } as const;
const owed = { type: "no-answer", detail: "the connection ended", owed: true } as const;
const ended: DeviceInput = { type: "closed", now: at(20), connection: light, generation: 2, detail: "cut" };
const back = { connection: newer, generation: 3 };
const attachedAgain = attached({ ...back, now: at(31) });

test("nothing is called before the device is ready for it [LIGHT-ATTACH-1]", () => {
  const here = story(connected([get]));
  assert.deepEqual(effects(here), []);
  assert.deepEqual(leaving(decide(here.state, attached())), ["call-1"]);
});

test("reads run side by side, as many as the device takes [LIGHT-ATTACH-5]", () => {
  const third = aRead("d", 4);
  const decision = story(connected([get, other, third]), attached({ maxInFlight: 2 }));
  assert.deepEqual(effects(decision), ["claim-call", "call", "claim-call", "call"]);
  assert.deepEqual(leaving(decision), ["call-2", "call-2-1"]);
  const next = decide(decision.state, returned("call-2-1", answer));
  assert.deepEqual(effects(next), ["record-outcome", "claim-call", "call"]);
});

test("each call has an id of its own, however many leave at once, and on the next connection again [LIGHT-LOSS-1]", () => {
  const reads = ["a", "b", "c", "d"].map((digit, index) => aRead(digit, index + 1));
  const first = story(connected(reads), attached({ maxInFlight: 8 }));
  const released = reads.map((read) => ({ ...read, attempts: 1 }));
  const again = story({ type: "time", now: at(9) }, connected(released), attached({ maxInFlight: 8 }));
  const ids = [...leaving(first), ...leaving(again)];
  assert.equal(new Set(ids).size, 8, ids.join(" "));
});

test("a write waits for what came before it, and what comes after waits for the write", () => {
  const after_ = aRead("d", 4);
  const begun = story(connected([get, other, set, after_]), attached({ maxInFlight: 8 }));
  assert.deepEqual(leaving(begun), ["call-2", "call-2-1"]);
  const one = decide(begun.state, returned("call-2", answer));
  assert.deepEqual(effects(one), ["record-outcome"], "the other read is out");
  const both = decide(one.state, returned("call-2-1", answer));
  assert.deepEqual(leaving(both), ["call-1"]);
  assert.equal(both.state.queue[0]?.id, set.id);
  const written = decide(both.state, returned("call-1", answer));
  assert.deepEqual(effects(written), ["record-outcome", "claim-call", "call"]);
});

test("the RPCs of one operation run one after the other", () => {
  const two = { ...get, rpcs: [...get.rpcs, ...other.rpcs] };
  const begun = story(connected([two]), attached({ maxInFlight: 8 }));
  assert.deepEqual(leaving(begun), ["call-2"]);
  const next = story(connected([two]), attached({ maxInFlight: 8 }), returned("call-2", answer));
  assert.deepEqual(effects(next), ["record-outcome", "claim-call", "call"]);
});

test("an operation whose calls are all made is not tried, and nothing waits for it", () => {
  const over = { ...set, outcomes: [{ result: {} }] };
  const decision = story(connected([over, add]), attached());
  assert.deepEqual(effects(decision), ["claim-call", "call"]);
  assert.equal(decision.state.queue.find(({ claim }) => claim !== undefined)?.id, add.id);
});

test("work that comes is called at once, and wakes nobody", () => {
  const here = after(connected([]), attached());
  const decision = decide(here, { type: "accepted", now: at(12), operation: get });
  assert.deepEqual(effects(decision), ["claim-call", "call"]);
  const before = decide(after(connected([])), { type: "accepted", now: at(12), operation: get });
  assert.deepEqual(effects(before), [], "the device is not ready yet");
  assert.equal(before.state.wake.nextAt, undefined);
});

test("a call that is out on a session is settled first, and its answer counts [LIGHT-HAND-4]", () => {
  const calling = after(opened([get]), ready());
  const here = [connected([...calling.queue, other]), attached({ maxInFlight: 8 })].reduce<Decision>(
    ({ state }, input) => decide(state, input),
    { state: calling, effects: [] },
  );
  assert.deepEqual(effects(here), [], "nothing leaves beside it");
  const decision = decide(here.state, ready(answer));
  assert.deepEqual(effects(decision), ["record-outcome", "claim-call", "call", "superseded"]);
  const [effect] = decision.effects;
  assert.ok(effect?.type === "commit" && effect.change.type === "record-outcome");
  assert.equal(effect.change.change.connection, light, "by who holds the device now");
});

test("an Inform beside the light connection makes the gateway probe it [LIGHT-HAND-5]", () => {
  const doubted: DeviceInput = { type: "doubted", now: at(12) };
  const here = after(connected([]), attached());
  const {
    effects: [probe],
  } = decide(here, doubted);
  assert.deepEqual(probe, { type: "probe", gateway: gatewayId("g"), connection: light });
  assert.deepEqual(effects(decide(asleep, doubted)), []);
  assert.deepEqual(effects(decide(after(opened([])), doubted)), []);
});

test("the newest connection wins: the one before is closed, and its calls are owed [LIGHT-OPEN-10]", () => {
  const calling = after(connected([add]), attached());
  const replaced: DeviceConnection = {
    id: light,
    transport: "light",
    gateway: gatewayId("g0"),
    engine: engineId("e"),
    openedAt: at(10),
  };
  const decision = decide(calling, connected(calling.queue, { ...back, replaced }));
  assert.deepEqual(decision.effects, [
    {
      type: "disconnect",
      gateway: gatewayId("g0"),
      connection: light,
      code: 4000,
      reason: "the device opened another connection",
    },
  ]);
  assert.deepEqual(decision.state.out, []);
  const late = decide(decision.state, ended);
  assert.deepEqual(
    late,
    { state: decision.state, effects: [] },
    "the late end of the old one is none of the new",
  );
});

test("a connection that takes no call is tried no more, until the device attaches again", () => {
  for (const outcome of [{ type: "not-sent" } as const, owed]) {
    const given = story(connected([get, other]), attached(), returned("call-2", outcome));
    assert.deepEqual(effects(given), ["release-call"]);
    const more = decide(given.state, { type: "accepted", now: at(13), operation: set });
    assert.deepEqual(effects(more), []);
    assert.deepEqual(effects(decide(more.state, attached())), ["claim-call", "call"]);
  }
});

test("a call that never left is not lost, whatever it is", () => {
  const given = story(
    connected([{ ...add, attempts: 7 }]),
    attached(),
    returned("call-2", { type: "not-sent" }),
  );
  assert.deepEqual(effects(given), ["release-call"]);
});

test("work whose time is over is not sent; what waits behind it is", () => {
  const late = { ...set, expiresAt: at(11) };
  const decision = story(connected([late, other]), attached());
  assert.deepEqual(effects(decision), ["end-operation", "claim-call", "call"]);
  assert.deepEqual(endings(decision), ["expired"]);
});

test("an operation expires in its time behind one that is out", () => {
  const here = after(connected([add, { ...other, expiresAt: at(100) }]), attached());
  assert.equal(nextTime(here), at(100));
  assert.deepEqual(endings(decide(here, { type: "time", now: at(100) })), ["expired"]);
});

test("a device gets its credentials before anything else, once on a connection", () => {
  const device = aLightDevice({ credentials: "none" });
  const decision = story(connected([get], { device }), attached({ maxInFlight: 8 }));
  assert.deepEqual(effects(decision), ["send-credentials", "claim-call", "call"]);
  const alone = story(connected([get], { device }), attached());
  assert.deepEqual(effects(alone), ["send-credentials"]);
  const settled = decide(alone.state, returned("call-2", answer));
  assert.deepEqual(effects(settled), ["settle-credentials", "claim-call", "call"]);
  const lost = story(connected([get], { device }), attached(), ended);
  const again = decide(lost.state, connected([get], { device, ...back })).state;
  assert.deepEqual(effects(decide(again, attachedAgain)), ["send-credentials"]);
});

test("new credentials go to a device that is here at once, to others when they come", () => {
  const rotated: DeviceInput = { type: "rotated", now: at(12) };
  const here = decide(after(connected([]), attached()), rotated);
  assert.deepEqual(
    here.effects.map(({ type }) => type),
    ["send-credentials", "answer-rotate"],
  );
  assert.deepEqual(here.effects.at(-1), { type: "answer-rotate", answer: "now" });
  const away = decide(asleep, rotated);
  assert.deepEqual(away.effects, [{ type: "answer-rotate", answer: "later" }]);
  const busy = decide(after(connected([add]), attached()), rotated);
  assert.deepEqual(effects(busy), ["answer-rotate"]);
  assert.deepEqual(effects(decide(busy.state, returned("call-1", answer))), [
    "record-outcome",
    "send-credentials",
  ]);
});

test("a device that is connected is kept, one that went without work is forgotten", () => {
  const here = after(connected([]), attached());
  assert.equal(isIdle(here), false);
  assert.equal(nextTime(here), undefined, "nothing waits for the time");
  const gone = decide(here, ended);
  assert.deepEqual(effects(gone), ["close-connection"]);
  assert.equal(isIdle(gone.state), true);
});

test("work that waits when the connection ends wakes the device [LIGHT-HAND-6]", () => {
  const here = after(connected([get]));
  assert.deepEqual(effects(decide(here, ended)), ["close-connection", "wake"]);
});

test("why a connection ended is told with its event", () => {
  const {
    effects: [effect],
  } = decide(after(connected([])), ended);
  assert.ok(effect?.type === "commit" && effect.change.type === "close-connection");
  assert.deepEqual(effect.change.change.events[0]?.data, { detail: "cut" });
});

test("an Attach of a connection that is not the device's any more changes nothing", () => {
  const here = after(connected([get]));
  const stale = attached({ connection: connectionId("l0") });
  assert.deepEqual(decide(here, stale), { state: here, effects: [] });
  assert.deepEqual(effects(decide(after(opened([get])), attached({ connection: first }))), []);
});
