import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reference } from "../light/reference.ts";
import { defaultRetryPolicy } from "../retry.ts";
import { noContact } from "./contact-state.ts";
import type { ContactEffect, ContactInput, ContactState } from "./contact-state.ts";
import { decide } from "./decide.ts";

const reference: Reference = {
  url: "ws://acs/light",
  subprotocols: ["cwmp.json"],
  token: "t",
  expiresAt: 600_000,
};
const wanted: ContactInput = { type: "wanted", urgency: "as-due" };
const urgent: ContactInput = { type: "wanted", urgency: "at-once" };
const opened: ContactInput = { type: "link-opened", hasUndelivered: false };
const lost: ContactInput = { type: "link-closed", code: 1006, reason: "" };
const attachAnswer = attachedWith("t2", 86_400);
const referred: ContactInput = { type: "session-ended", reference };
const time = (timer: "session-retry" | "link-retry" | "steady" | "renewal"): ContactInput => {
  return { type: "time", timer };
};

function attachedWith(token: string, expiresIn: number): ContactInput {
  return { type: "attached", fresh: { token, expiresIn } };
}

/** A device and the effects since they were looked at last. Each input is considered, as the loop does it. */
class Play {
  state: ContactState = noContact;
  now = 0;
  #effects: ContactEffect[] = [];

  constructor(...inputs: readonly ContactInput[]) {
    this.hear({ type: "booted" }, ...inputs);
    this.#effects = [];
  }

  hear(...inputs: readonly ContactInput[]): this {
    for (const input of inputs) {
      this.#decide(input);
      this.#decide({ type: "considered" });
    }
    return this;
  }

  /** What it did, but for what is shown and timers that are stopped. */
  did(): readonly string[] {
    const effects = this.#effects.flatMap((effect) => {
      switch (effect.type) {
        case "start-timer":
          return [`${effect.timer} in ${effect.delayMs}`];
        case "note":
          return [`${effect.eventCode} ${effect.urgency}`];
        case "hold-session":
        case "tell-over-link":
          return [`${effect.type} ${effect.retryCount}`];
        case "open-link":
          return [`${effect.type} ${effect.reference.token}`];
        case "attach":
        case "close-link":
          return [effect.type];
        case "stop-timer":
        case "show":
          return [];
      }
    });
    this.#effects = [];
    return effects;
  }

  #decide(input: ContactInput): void {
    const moment = { now: this.now, fraction: 0, policy: defaultRetryPolicy };
    const { state, effects } = decide(this.state, input, moment);
    this.state = state;
    this.#effects.push(...effects);
  }
}

const attachedDevice = (): Play => new Play(urgent, referred, opened, attachAnswer);
const waitingDevice = (): Play => new Play(urgent, referred, opened, attachAnswer, lost);

test("a device without power does nothing", () => {
  const play = new Play({ type: "going-down" });
  assert.deepEqual(play.hear(urgent, { type: "session-failed", reason: "x" }, time("link-retry")).did(), []);
});

test("one session is held at a time; what comes up in it makes one more", () => {
  const play = new Play(urgent);
  assert.deepEqual(play.hear(wanted, urgent).did(), []);
  assert.deepEqual(play.hear({ type: "session-ended", reference: undefined }).did(), ["hold-session 0"]);
  assert.deepEqual(play.hear({ type: "session-ended", reference: undefined }).did(), []);
});

test("after a failed session what is due waits, what is urgent does not", () => {
  const play = new Play(urgent);
  assert.deepEqual(play.hear({ type: "session-failed", reason: "x" }).did(), ["session-retry in 5000"]);
  assert.deepEqual(play.hear(wanted).did(), []);
  assert.deepEqual(play.hear(urgent).did(), ["hold-session 1"]);
  assert.deepEqual(play.hear({ type: "session-failed", reason: "x" }).did(), ["session-retry in 10000"]);
  assert.deepEqual(play.hear(time("session-retry")).did(), ["hold-session 2"]);
});

test("a device that was referred opens a link, attaches, and lasts", () => {
  const play = new Play(urgent);
  assert.deepEqual(play.hear(referred).did(), ["open-link t"]);
  assert.deepEqual(play.hear(opened).did(), ["attach"]);
  assert.deepEqual(play.hear(attachAnswer).did(), ["renewal in 43200000", "steady in 60000"]);
});

test("what is undelivered goes over the link before Attach, however urgent [LIGHT-EVENT-1]", () => {
  const play = new Play(urgent, referred);
  assert.deepEqual(play.hear({ type: "link-opened", hasUndelivered: true }).did(), ["tell-over-link 0"]);
  assert.deepEqual(play.hear(wanted).did(), []);
  assert.deepEqual(play.hear({ type: "told" }).did(), ["tell-over-link 0"]);
  assert.deepEqual(play.hear({ type: "told" }).did(), ["attach"]);
});

test("what comes up while the device attaches waits for that", () => {
  const play = new Play(urgent, referred, opened);
  assert.deepEqual(play.hear(urgent).did(), []);
  assert.deepEqual(play.hear(attachAnswer).did().at(-1), "tell-over-link 0");
});

test("while it is attached everything is told over the link, one after the other", () => {
  const play = attachedDevice();
  assert.deepEqual(play.hear(wanted, wanted).did(), ["tell-over-link 0"]);
  assert.deepEqual(play.hear({ type: "told" }).did(), ["tell-over-link 0"]);
});

test("what was stored before the link was lost is not tried again, and counts as told", () => {
  const play = attachedDevice().hear(wanted, lost, { type: "told" });
  play.did();
  assert.deepEqual(play.hear(wanted).did(), ["hold-session 0"]);
  assert.deepEqual(play.hear({ type: "told" }, wanted).did(), [], "a session that is held goes on");
});

test("a link that ends before the device is let in is one that could not be opened", () => {
  assert.deepEqual(new Play(urgent, referred).hear(lost).did(), ["link-retry in 5000"]);
  const summoned = waitingDevice().hear({ type: "summoned" });
  summoned.did();
  assert.deepEqual(summoned.hear(lost).did(), ["link-retry in 10000", "6 CONNECTION REQUEST at-once"]);
});

test("what the ACS refuses over the link is told there again by the retry table", () => {
  const play = attachedDevice().hear(wanted);
  play.did();
  assert.deepEqual(play.hear({ type: "not-told", reason: "8004" }).did(), ["session-retry in 5000"]);
  assert.deepEqual(play.hear(time("session-retry")).did(), ["tell-over-link 1"]);
  assert.deepEqual(play.hear({ type: "told" }, wanted).did(), ["tell-over-link 0"]);
});

test("an ACS that takes no Inform before Attach, or no Attach, loses the link", () => {
  const untold = new Play(urgent, referred, { type: "link-opened", hasUndelivered: true });
  assert.deepEqual(untold.hear({ type: "not-told", reason: "x" }).did(), [
    "session-retry in 5000",
    "close-link",
    "link-retry in 5000",
  ]);
  const unattached = new Play(urgent, referred, opened);
  const did = unattached.hear({ type: "not-attached", reason: "x" }).did();
  assert.deepEqual(did, ["close-link", "link-retry in 5000"]);
});

test("an attached device whose token is not renewed keeps it, and asks again half way to its end", () => {
  const play = attachedDevice();
  play.now = 43_200_000;
  assert.deepEqual(play.hear(time("renewal")).did(), ["attach"]);
  assert.deepEqual(play.hear({ type: "not-attached", reason: "x" }).did(), ["renewal in 21600000"]);
  assert.equal(play.state.light.name, "attached");
});

test("a token is renewed before and after what is told, never beside it [LIGHT-ATTACH-6]", () => {
  const play = attachedDevice().hear(wanted);
  play.did();
  assert.deepEqual(play.hear(time("renewal")).did(), []);
  assert.deepEqual(play.hear({ type: "told" }).did(), ["attach"]);
  assert.deepEqual(play.hear(wanted).did(), []);
  assert.deepEqual(play.hear(attachAnswer).did(), ["renewal in 43200000", "tell-over-link 0"]);
});

test("the token of the last Attach opens the next link [LIGHT-ATTACH-3]", () => {
  const play = attachedDevice().hear(time("renewal"), attachedWith("t3", 86_400), lost);
  play.did();
  assert.deepEqual(play.hear(time("link-retry")).did(), ["open-link t3"]);
});

test("a device that is attached without a fresh token comes back with the one that it had", () => {
  const play = new Play(urgent, referred, opened, { type: "attached", fresh: undefined }, lost);
  assert.deepEqual(play.hear(time("link-retry")).did(), ["open-link t"]);
});

test("a token that lives but minutes more is not renewed", () => {
  const play = new Play(urgent, referred, opened);
  assert.deepEqual(play.hear(attachedWith("t2", 100)).did(), ["steady in 60000"]);
});

test("a mere reconnect needs no Inform [LIGHT-LIVE-6]", () => {
  const play = waitingDevice();
  assert.deepEqual(play.hear(time("link-retry")).did(), ["open-link t2"]);
  assert.deepEqual(play.hear(opened).did(), ["attach"]);
});

test("losses in a row are waited for longer, until a link lasted 60 s [LIGHT-LIVE-5]", () => {
  const play = attachedDevice();
  assert.deepEqual(play.hear(lost).did(), ["link-retry in 5000"]);
  play.hear(time("link-retry"), opened, attachAnswer).did();
  assert.deepEqual(play.hear(lost).did(), ["link-retry in 10000"]);
  play.hear(time("link-retry"), opened, attachAnswer, time("steady")).did();
  assert.deepEqual(play.hear(lost).did(), ["link-retry in 5000"]);
});

test("without a link there is classic service, and a new reference brings the device back at once", () => {
  const play = waitingDevice();
  assert.deepEqual(play.did(), []);
  assert.deepEqual(play.hear(wanted).did(), ["hold-session 0"]);
  assert.deepEqual(play.hear(time("link-retry")).did(), [], "not while a session is held");
  assert.deepEqual(play.hear({ type: "session-ended", reference: { ...reference, token: "t4" } }).did(), [
    "open-link t4",
  ]);
});

test("a link whose time came in a session is opened after it", () => {
  const play = waitingDevice().hear(wanted, time("link-retry"));
  play.did();
  assert.deepEqual(play.hear({ type: "session-failed", reason: "x" }).did(), [
    "session-retry in 5000",
    "open-link t2",
  ]);
});

test("an Inform that broke off with the link is told again, over whichever is there first", () => {
  const play = attachedDevice().hear(wanted);
  play.did();
  assert.deepEqual(play.hear(lost).did(), ["session-retry in 5000", "link-retry in 5000"]);
  assert.deepEqual(play.hear(time("session-retry")).did(), ["hold-session 1"]);
});

test("what comes up while a link is being opened goes by HTTP where that fails", () => {
  const play = new Play(urgent, referred);
  play.did();
  assert.deepEqual(play.hear(wanted).did(), []);
  assert.deepEqual(play.hear({ type: "link-refused", reason: "proxy" }).did(), [
    "link-retry in 5000",
    "hold-session 0",
  ]);
});

test("a refused token makes the device Inform for another: at once, then by the table", () => {
  const play = attachedDevice().hear({ type: "link-closed", code: 4001, reason: "" });
  assert.equal(play.did().at(-1), "2 PERIODIC as-due");
  play.hear(wanted, referred).did();
  const again = play.hear({ type: "link-refused", status: 401, reason: "" }).did();
  assert.deepEqual(again, ["link-retry in 5000"]);
  assert.deepEqual(play.hear(time("link-retry")).did(), ["2 PERIODIC as-due"]);
  play.hear(wanted, referred, opened, attachAnswer, time("steady")).did();
  const anew = play.hear({ type: "link-closed", code: 4001, reason: "" }).did();
  assert.deepEqual(anew, ["2 PERIODIC as-due"], "a link that lasted is a new beginning");
});

test("a token that expired while the device waited makes it Inform for another", () => {
  const play = waitingDevice();
  play.now = 86_400_000;
  assert.deepEqual(play.hear(time("link-retry")).did(), ["2 PERIODIC as-due"]);
});

test("a device that is to stay away opens nothing by itself, and comes when it is referred anew", () => {
  const play = attachedDevice().hear({ type: "link-closed", code: 4500, reason: "" });
  assert.ok(!play.did().some((did) => did.startsWith("link-retry")));
  assert.deepEqual(play.hear(time("link-retry")).did(), []);
  assert.deepEqual(play.hear(wanted, referred).did(), ["hold-session 0", "open-link t"]);
});

test("a connection request brings a device back at once where its token is good [LIGHT-HAND-6]", () => {
  assert.deepEqual(waitingDevice().hear({ type: "summoned" }).did().at(-1), "open-link t2");
});

test("a connection request is answered by an Inform where the token is not good [LIGHT-HAND-6]", () => {
  const play = waitingDevice();
  play.did();
  play.now = 86_400_000;
  assert.deepEqual(play.hear({ type: "summoned" }).did(), ["6 CONNECTION REQUEST at-once"]);
});

test("a connection request is answered by an Inform where the link cannot be opened", () => {
  const waiting = waitingDevice().hear({ type: "summoned" });
  waiting.did();
  assert.deepEqual(waiting.hear({ type: "link-refused", reason: "x" }).did(), [
    "link-retry in 10000",
    "6 CONNECTION REQUEST at-once",
  ]);
  const opening = new Play(urgent, referred, { type: "summoned" });
  assert.deepEqual(opening.did(), []);
  assert.equal(
    opening.hear({ type: "link-refused", reason: "x" }).did().at(-1),
    "6 CONNECTION REQUEST at-once",
  );
});

for (const [where, play] of [
  ["in a session", () => new Play(urgent)],
  ["in a session of a device that waits", () => waitingDevice().hear(urgent)],
  ["without a reference", () => new Play(urgent, { type: "session-ended", reference: undefined })],
  ["while it is attached", attachedDevice],
] as const) {
  test(`a connection request that comes ${where} is told of by an Inform`, () => {
    const device = play();
    device.did();
    assert.deepEqual(device.hear({ type: "summoned" }).did(), ["6 CONNECTION REQUEST at-once"]);
  });
}

test("a restart ends the link and forgets the token and the retries", () => {
  const play = attachedDevice().hear(lost, time("link-retry"), opened, attachAnswer);
  play.did();
  assert.deepEqual(play.hear({ type: "going-down" }).did(), ["close-link"]);
  assert.deepEqual(play.hear({ type: "booted" }, urgent).did(), ["hold-session 0"]);
  assert.equal(play.state.lightTries, 0);
});

test("a session that is still open when the device goes down brings it no connection", () => {
  const play = new Play(urgent, { type: "going-down" }, { type: "booted" });
  assert.deepEqual(play.hear(urgent).did(), [], "nor another session before its end");
  const down = new Play(urgent, { type: "going-down" });
  assert.deepEqual(down.hear(referred, { type: "booted" }).did(), []);
  assert.equal(down.state.light.name, "unreferred");
});

test("a device that has another ACS leaves the link and tells the new one", () => {
  const play = attachedDevice();
  play.did();
  assert.deepEqual(play.hear({ type: "moved" }).did(), ["close-link", "hold-session 0"]);
  const waiting = waitingDevice();
  waiting.did();
  assert.deepEqual(waiting.hear({ type: "moved" }, time("link-retry")).did(), ["hold-session 0"]);
});
