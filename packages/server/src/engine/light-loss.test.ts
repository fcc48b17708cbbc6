import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTime } from "./device.ts";
import {
  after,
  aLightDevice,
  aRead,
  anOperation,
  asleep,
  at,
  attached,
  claimed,
  closed,
  connected,
  decide,
  effects,
  endings,
  leaving,
  light,
  newer,
  opened,
  ready,
  returned,
  story,
} from "./device.fixture.ts";
import type { Decision, DeviceInput } from "./state.ts";

const get = aRead("a", 1);
const other = aRead("b", 2);
const add = anOperation("AddObject", { params: { ObjectName: "Device.Hosts." } });
const reboot = anOperation("Reboot", { params: { CommandKey: "k" } });
const vendor = anOperation("X_00D09E_Dump");
const answer = { type: "answered", outcome: { result: {} } } as const;
const silent = { type: "no-answer", detail: "no answer within 60 s" } as const;
const owed = { type: "no-answer", detail: "the connection ended", owed: true } as const;
const ended: DeviceInput = { type: "closed", now: at(20), connection: light, generation: 2, detail: "cut" };
const back = { connection: newer, generation: 3 };
const attachedAgain = attached({ ...back, now: at(31) });
const replaying = attached({ ...back, now: at(31), replayWindow: 8 });

/** The operations as the store has them, once these decisions were performed. */
function connectedAgain({ state }: Decision): DeviceInput {
  return connected(state.queue, { ...back, now: at(30) });
}

test("a session that breaks under its call leaves it to the light connection", () => {
  const calling = after(opened([get]), ready());
  const here = [connected(calling.queue), attached()].reduce(
    (state, input) => decide(state, input).state,
    calling,
  );
  const decision = decide(here, closed());
  assert.deepEqual(effects(decision), ["release-call", "record-strain", "claim-call", "call"]);
  const writing = after(opened([reboot]), ready());
  const left = [connected(writing.queue), attached(), closed()].reduce<Decision>(
    ({ state }, input) => decide(state, input),
    { state: writing, effects: [] },
  );
  assert.deepEqual(effects(left), [], "it may have run: the device may tell");
  assert.equal(left.state.queue[0]?.state, "running");
});

test("a read that was lost with the connection is asked again on the next one, as another call [LIGHT-LOSS-4]", () => {
  const lost = story(connected([get]), attached(), ended);
  assert.deepEqual(effects(lost), ["close-connection", "release-call", "wake"]);
  const again = story(connected([get]), attached(), ended, connectedAgain(lost), attachedAgain);
  assert.deepEqual(effects(again), ["claim-call", "call"]);
  assert.deepEqual(leaving(again), ["call-5"]);
});

test("a read that is lost over and over is given up after five sendings", () => {
  const lost = story(connected([{ ...get, attempts: 4 }]), attached(), ended);
  assert.deepEqual(effects(lost), ["close-connection", "end-operation"]);
  assert.deepEqual(endings(lost), ["outcome-unknown"]);
});

for (const operation of [add, reboot, vendor]) {
  const [rpc] = operation.rpcs;
  test(`a lost ${rpc?.method} is kept, and asked again with its id where the device keeps answers [LIGHT-LOSS-3]`, () => {
    const lost = story(connected([operation]), attached(), ended);
    assert.deepEqual(effects(lost), ["close-connection"]);
    assert.equal(
      lost.state.wake.nextAt,
      at(11 + 120),
      "a device that may be coming back is left alone for a while",
    );
    const again = story(connected([operation]), attached(), ended, connectedAgain(lost), replaying);
    assert.deepEqual(effects(again), ["claim-call", "call"]);
    assert.deepEqual(leaving(again), ["call-2"]);
    assert.equal(again.state.queue[0]?.attempts, 2);
    const over = decide(again.state, returned("call-2", answer, back));
    assert.deepEqual(effects(over), ["record-outcome"]);
  });

  test(`a lost ${rpc?.method} is awaited for a minute where the device keeps none, and never sent again [LIGHT-LOSS-4]`, () => {
    const lost = story(connected([operation]), attached(), ended);
    const here = story(connected([operation]), attached(), ended, connectedAgain(lost), attachedAgain);
    assert.deepEqual(effects(here), []);
    assert.equal(nextTime(here.state), at(31 + 60));
    assert.deepEqual(effects(decide(here.state, { type: "time", now: at(90) })), []);
    const over = decide(here.state, { type: "time", now: at(91) });
    assert.deepEqual(endings(over), ["outcome-unknown"]);
    assert.deepEqual(over.state.queue, []);
  });
}

test("an answer that comes late, on a newer connection, counts, and the work behind it goes on [LIGHT-LOSS-2]", () => {
  const lost = story(connected([add, other]), attached(), ended);
  const here = story(connected([add, other]), attached(), ended, connectedAgain(lost), attachedAgain);
  const told = decide(here.state, returned("call-2", answer, back));
  assert.deepEqual(effects(told), ["record-outcome", "claim-call", "call"]);
  assert.equal(told.state.owedUntil, undefined, "nothing is awaited any more");
});

test("the last answer of a connection counts where its end is heard of first [LIGHT-LOSS-2]", () => {
  const gone = story(connected([reboot, other]), attached(), ended);
  const told = decide(gone.state, returned("call-2", answer));
  assert.deepEqual(effects(told), ["record-outcome"]);
  const [kept] = told.effects.flatMap((effect) => (effect.type === "commit" ? [effect.change.change] : []));
  assert.partialDeepStrictEqual(kept, { callId: "call-2", connection: light, generation: 2 });
  assert.deepEqual(
    told.state.queue.map(({ id }) => id),
    [other.id],
  );
});

test("an answer to a call that nobody waits for is dropped", () => {
  const here = after(connected([]), attached());
  assert.deepEqual(decide(here, returned("call-9", answer)), { state: here, effects: [] });
});

test("the end of a call on the connection before does not touch the call that left again with its id", () => {
  const lost = story(connected([add]), attached(), ended);
  const again = story(connected([add]), attached(), ended, connectedAgain(lost), replaying);
  const stale = decide(again.state, returned("call-2", owed));
  assert.deepEqual(stale, { state: again.state, effects: [] });
});

test("a call that could not be asked for again may still have run the first time: it stays owed, and takes no other id", () => {
  const lost = story(connected([add]), attached(), ended);
  const again = story(connected([add]), attached(), ended, connectedAgain(lost), replaying);
  const unsent = decide(again.state, returned("call-2", { type: "not-sent" }, back));
  assert.deepEqual(effects(unsent), []);
  assert.deepEqual(unsent.state.queue[0]?.claim?.callId, "call-2");
  const next = { connection: light, generation: 4 };
  const third = [
    connected(unsent.state.queue, { ...next, now: at(40) }),
    attached({ ...next, now: at(41), replayWindow: 8 }),
  ].reduce<Decision>(({ state }, input) => decide(state, input), unsent);
  assert.deepEqual(leaving(third), ["call-2"]);
});

test("what a connection owes is awaited on the next one, not by the clock of one that broke", () => {
  const lost = story(connected([add]), attached(), ended);
  const here = story(connected([add]), attached(), ended, connectedAgain(lost), attachedAgain);
  const gone = decide(here.state, { ...ended, ...back, now: at(40) });
  assert.deepEqual(effects(gone), ["close-connection"]);
  const later = decide(gone.state, { type: "time", now: at(91) });
  assert.equal(later.state.queue[0]?.state, "running");
  assert.deepEqual(endings(later), []);
});

test("a device that says only later that it keeps answers is asked then; saying so again asks nothing", () => {
  const lost = story(connected([add]), attached(), ended);
  const here = story(connected([add]), attached(), ended, connectedAgain(lost), attachedAgain).state;
  const renewed = decide(here, attached({ ...back, now: at(60) }));
  assert.equal(renewed.state.owedUntil, at(31 + 60), "to attach again gives no more time");
  const asked = decide(renewed.state, attached({ ...back, now: at(61), replayWindow: 8 }));
  assert.deepEqual(leaving(asked), ["call-2"]);
  assert.deepEqual(effects(decide(asked.state, attached({ ...back, now: at(62), replayWindow: 8 }))), []);
});

test("a call that was made before the device booted does not leave again: the Inform of the boot settles it [LIGHT-LOSS-4]", () => {
  const lost = story(connected([reboot]), attached(), ended).state.queue;
  const booted = { ...aLightDevice(), lastBootAt: at(25) };
  const here = story(connected(lost, { ...back, now: at(30), device: booted }), replaying);
  assert.deepEqual(effects(here), [], "it may have forgotten that it ran");
  const told = decide(here.state, {
    type: "informed",
    now: at(32),
    events: [{ code: "M Reboot", commandKey: "k" }],
  });
  assert.deepEqual(effects(told), ["record-outcome"]);
  assert.equal(nextTime(here.state), at(31 + 5), "an engine that heard the Inform tells by then");
  assert.deepEqual(endings(decide(here.state, { type: "time", now: at(36) })), ["outcome-unknown"]);
  const earlier = { ...aLightDevice(), lastBootAt: at(5) };
  const asked = story(connected(lost, { ...back, now: at(30), device: earlier }), replaying);
  assert.deepEqual(leaving(asked), ["call-2"]);
});

test("reads that an earlier engine left are asked again within what the device takes", () => {
  const left = [get, other].map((operation) => claimed(operation));
  const here = story(connected(left), attached({ replayWindow: 8 }));
  assert.deepEqual(effects(here), ["release-call", "release-call", "claim-call", "call"]);
});

test("a call that the device leaves unanswered, while it is there, is given up", () => {
  const read = story(connected([get, other]), attached(), returned("call-2", silent));
  assert.deepEqual(effects(read), ["end-operation", "record-strain", "claim-call", "call"]);
  const vendors = story(connected([vendor, other]), attached(), returned("call-2", silent));
  assert.deepEqual(effects(vendors), ["end-operation", "claim-call", "call"]);
});

test("a device that keeps answers is asked once on a connection", () => {
  const keeping = attached({ replayWindow: 8 });
  const silence = story(connected([reboot]), keeping, returned("call-2", silent));
  assert.deepEqual(effects(silence), []);
  assert.deepEqual(effects(decide(silence.state, keeping)), []);
});

test("a reboot that is not answered is given a minute to happen", () => {
  const waiting = story(connected([reboot, other]), attached(), returned("call-2", silent));
  assert.deepEqual(effects(waiting), []);
  const over = decide(waiting.state, { type: "time", now: at(12 + 60) });
  assert.deepEqual(endings(over), ["outcome-unknown"]);
  assert.deepEqual(leaving(over), ["call-1"], "what waited behind it goes on");
});

test("a boot that the device informs of settles what was left, and not what is out [LIGHT-LOSS-4]", () => {
  const boot = { code: "1 BOOT", commandKey: "" };
  const proof = { code: "M Reboot", commandKey: "k" };
  const lost = story(connected([reboot]), attached(), ended);
  const informed = (events: readonly (typeof boot)[]): DeviceInput => ({
    type: "informed",
    now: at(31),
    events,
  });
  const here = decide(lost.state, connectedAgain(lost)).state;
  assert.deepEqual(effects(decide(here, informed([boot, proof]))), ["record-outcome"]);
  assert.deepEqual(endings(decide(here, informed([boot]))), ["outcome-unknown"]);
  assert.deepEqual(effects(decide(here, informed([{ code: "4 VALUE CHANGE", commandKey: "" }]))), []);
  const out = after(connected([add]), attached());
  assert.deepEqual(effects(decide(out, informed([boot]))), [], "its gateway will tell");
  const rebooting = after(connected([reboot, other]), attached());
  const proven = decide(rebooting, informed([proof]));
  assert.deepEqual(effects(proven), ["record-outcome"]);
  assert.deepEqual(
    effects(decide(proven.state, returned("call-1", silent))),
    ["claim-call", "call"],
    "its gateway is heard first",
  );
});

test("what a boot proves counts also where the light connection is over already, and nothing else is open", () => {
  const lost = story(connected([reboot]), attached(), ended);
  const proof = { code: "M Reboot", commandKey: "k" };
  const told = decide(lost.state, { type: "informed", now: at(21), events: [proof] });
  assert.deepEqual(effects(told), ["record-outcome"]);
  assert.deepEqual(told.state.queue, []);
});

test("a call that the owner before made on the same connection is asked for again, and does not leave twice", () => {
  const calling = after(connected([add]), attached());
  const [left] = calling.queue;
  assert.ok(left !== undefined);
  const taken = (asked: number): Decision => {
    const { state } = decide(asleep, connected([left], { generation: 3, now: at(asked) }));
    return decide(state, attached({ generation: 3, now: at(asked) }));
  };
  const again = taken(30);
  assert.deepEqual(effects(again), ["claim-call", "call"]);
  assert.deepEqual(leaving(again), ["call-1"]);
  const [call] = again.effects.flatMap((effect) => (effect.type === "call" ? [effect] : []));
  assert.equal(call?.again, true);
  assert.deepEqual(again.state.queue[0]?.claim, { ...left.claim, generation: 3 });
  assert.equal(again.state.queue[0].attempts, 1);
  const late = taken(90);
  assert.deepEqual(effects(late), [], "its gateway may not know any more");
  assert.equal(nextTime(late.state), at(150));
});

test("what the owner before is told of a call that was asked for again on the same connection does not end it", () => {
  const calling = after(connected([add]), attached());
  const [left] = calling.queue;
  assert.ok(left !== undefined);
  const taken = decide(asleep, connected([left], { generation: 3, now: at(30) })).state;
  const again = decide(taken, attached({ generation: 3, now: at(31) })).state;
  const stale = decide(again, returned("call-1", { type: "not-sent" }));
  assert.deepEqual(stale, { state: again, effects: [] });
  assert.deepEqual(effects(decide(again, returned("call-1", answer))), ["record-outcome"]);
});

test("a connection that is announced once more where it is open stays as it is, and its calls stay out", () => {
  const calling = after(connected([add]), attached());
  assert.deepEqual(decide(calling, connected(calling.queue, { now: at(30) })), {
    state: calling,
    effects: [],
  });
});

test("a connection that took no call, and of whose end nobody hears, is given up, and its device told to come back", () => {
  const calling = after(connected([add]), attached());
  const unsent = decide(calling, returned("call-1", { type: "not-sent" })).state;
  assert.equal(nextTime(unsent), at(12 + 10));
  const again = decide(unsent, attached({ now: at(15) }));
  assert.deepEqual(effects(again), ["claim-call", "call"], "it attached again");
  assert.equal(nextTime({ ...again.state, queue: [] }), undefined);
  const over = decide(unsent, { type: "time", now: at(22) });
  assert.deepEqual(effects(over), ["close-connection", "disconnect", "wake"]);
  assert.equal(over.state.connection, undefined);
});

test("an engine that starts gives up no call of a device that attaches, and asks its reads again", () => {
  const attaches = { ...asleep, attaches: true };
  const resumed: DeviceInput = { type: "resumed", now: at(40) };
  const write = decide({ ...attaches, queue: [claimed(add)] }, resumed);
  assert.deepEqual(effects(write), []);
  assert.equal(write.state.wake.nextAt, at(120));
  assert.deepEqual(effects(decide({ ...attaches, queue: [claimed(get)] }, resumed)), [
    "release-call",
    "wake",
  ]);
  assert.deepEqual(endings(decide({ ...asleep, queue: [claimed(add)] }, resumed)), ["outcome-unknown"]);
});

test("work that a failed turn left is taken up over the connection that is open", () => {
  const here = after(connected([]), attached());
  const decision = decide({ ...here, queue: [get] }, { type: "resumed", now: at(40) });
  assert.deepEqual(effects(decision), ["claim-call", "call"]);
});

test("a device that keeps few answers gets its credentials after the write whose answer it may still owe", () => {
  const device = aLightDevice({ credentials: "rotating" });
  const come = (replayWindow: number): Decision =>
    story(connected([claimed(add)], { device }), attached({ replayWindow, maxInFlight: 4 }));
  assert.deepEqual(effects(come(1)), ["claim-call", "call"]);
  assert.deepEqual(effects(come(16)), ["claim-call", "call", "send-credentials"]);
});
