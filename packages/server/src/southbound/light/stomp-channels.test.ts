import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeServerFrame, defaultStompLimits, StompReader, writeFrame } from "@heliograph/protocol";
import type { ServerFrame, StompCommand } from "@heliograph/protocol";
import { channelName } from "../../ports/index.ts";
import type { Publication } from "../../ports/index.ts";
import { Telling, type Written } from "./channels/telling.ts";
import type { LightCodec, Said } from "./codec.ts";
import { stompBinding } from "./stomp-binding.ts";

const bounds = { maxMessageBytes: 10_000, pingIntervalMs: 30_000 };
const attached = {
  Session: "s1",
  Token: "fresh",
  ExpiresIn: 60,
  PingInterval: 30,
  MaxInFlight: 16,
  MaxMessageBytes: 10_000,
};
const FLEET = "/channel/public/fleet";

test("a device subscribes to its channels, with the place that it has or without [STOMP-CHANNEL-2]", () => {
  const codec = connected();
  const subscribing = { id: "c1", destination: FLEET, epoch: "e1", offset: "41" };
  assert.deepEqual(wishes(say(codec, "SUBSCRIBE", subscribing)), [
    { type: "subscribe", channel: "public/fleet", position: { epoch: "e1", offset: 41 } },
  ]);
  const own = { id: "c2", destination: "/channel/private/config" };
  assert.deepEqual(wishes(say(codec, "SUBSCRIBE", own)), [
    { type: "subscribe", channel: "private/config", position: undefined },
  ]);
  assert.deepEqual(wishes(say(codec, "UNSUBSCRIBE", { id: "c1" })), [
    { type: "unsubscribe", channel: "public/fleet" },
  ]);
});

test("a publication has its epoch and its offset [STOMP-CHANNEL-2]", () => {
  const codec = connected();
  say(codec, "SUBSCRIBE", { id: "c:1", destination: FLEET });
  const message = heard(codec.writePublication?.(Telling.of(publication(42))));
  assert.ok(message.command === "MESSAGE");
  const { destination, subscription, messageId, ack, headers, body } = message;
  assert.deepEqual(
    { destination, subscription, messageId, ack },
    { destination: FLEET, subscription: "c:1", messageId: "e1-42", ack: undefined },
  );
  assert.deepEqual(
    [headers.get("epoch"), headers.get("offset"), headers.get("state")],
    ["e1", "42", undefined],
  );
  assert.deepEqual(JSON.parse(Buffer.from(body).toString()), { Text: "hello" });
});

test("the state of a channel is told as such", () => {
  const codec = connected();
  say(codec, "SUBSCRIBE", { id: "c1", destination: FLEET });
  const channel = { name: publication(1).channel, epoch: "e1", head: 0, first: 1, createdAt: 0 };
  const rules = { publishers: [], subscribers: [], history: { count: 1, bytes: 1 }, answers: false };
  const state = heard(codec.writePublication?.(Telling.stateOf({ ...channel, rules }, undefined)));
  assert.ok(state.command === "MESSAGE");
  assert.deepEqual([state.headers.get("state"), state.headers.get("offset")], ["true", "0"]);
});

test("what is published is told to nobody who has not subscribed to it", () => {
  const codec = connected();
  assert.equal(codec.writePublication?.(Telling.of(publication(1))), "never");
});

test("in the mode client an ACK moves the position over everything up to there [STOMP-CHANNEL-3]", () => {
  const codec = connected();
  const kept = say(codec, "SUBSCRIBE", { id: "c1", destination: FLEET, ack: "client" });
  assert.deepEqual(wishes(kept), [{ type: "subscribe", channel: "public/fleet", position: "kept" }]);
  const acks = [1, 2, 3].map((offset) => ackOf(codec, offset));
  assert.deepEqual(wishes(say(codec, "ACK", { id: acks[1] ?? "" })), [standing(2)]);
  assert.deepEqual(wishes(say(codec, "ACK", { id: acks[2] ?? "" })), [standing(3)]);
});

test("in the mode client-individual the position stays before the first that is not acknowledged [STOMP-CHANNEL-3]", () => {
  const codec = connected();
  say(codec, "SUBSCRIBE", { id: "c1", destination: FLEET, ack: "client-individual" });
  const [first = "", second = "", third = ""] = [1, 2, 3].map((offset) => ackOf(codec, offset));
  assert.deepEqual(wishes(say(codec, "ACK", { id: second })), [standing(0)]);
  assert.deepEqual(wishes(say(codec, "ACK", { id: first })), [standing(2)]);
  assert.deepEqual(wishes(say(codec, "ACK", { id: third })), [standing(3)]);
});

test("as many as may wait for their ACK are told, and the next once one came [STOMP-CHANNEL-3]", () => {
  const codec = connected();
  say(codec, "SUBSCRIBE", { id: "c1", destination: FLEET, ack: "client" });
  const acks = Array.from({ length: 256 }, (_, index) => ackOf(codec, index + 1));
  assert.equal(codec.writePublication?.(Telling.of(publication(257))), "later");
  say(codec, "ACK", { id: acks[0] ?? "" });
  assert.ok(ackOf(codec, 257) !== "");
});

for (const [what, headers] of [
  ["an offset without an epoch", { destination: FLEET, offset: "1" }],
  ["an offset that is no number", { destination: FLEET, epoch: "e1", offset: "one" }],
  ["the channel of another device", { destination: "/channel/private/00D09E-Box-1/config" }],
  ["a channel that can be none", { destination: "/channel/public/a/b" }],
] as const) {
  test(`a SUBSCRIBE to ${what} ends the session`, () => {
    const codec = connected();
    const [said] = say(codec, "SUBSCRIBE", { id: "c1", ...headers });
    assert.equal(said?.type, "unreadable");
  });
}

test("a channel is subscribed to once", () => {
  const codec = connected();
  say(codec, "SUBSCRIBE", { id: "c1", destination: FLEET });
  const [said] = say(codec, "SUBSCRIBE", { id: "c2", destination: FLEET });
  assert.equal(said?.type, "unreadable");
});

function publication(offset: number): Publication {
  const channel = channelName("public/fleet");
  assert.ok(channel !== undefined);
  const place = { channel, epoch: "e1", offset, sequence: offset };
  return { ...place, at: 0, by: "ann", answer: false, data: { Text: "hello" } };
}

function connected(): LightCodec {
  const codec = stompBinding("1.2", bounds).open({ url: () => undefined, style: undefined });
  say(codec, "CONNECT", { "accept-version": "1.2", host: "acs" });
  codec.writeAttached("CONNECT", attached);
  return codec;
}

/** What the codec makes of a frame, one thing after the other. */
function say(
  codec: LightCodec,
  command: StompCommand,
  headers: Readonly<Record<string, string>>,
): readonly Said[] {
  const frame = { command, headers: new Map(Object.entries(headers)), body: new Uint8Array() };
  const written = writeFrame(frame, "1.2");
  assert.ok(written.ok);
  return [...codec.read(Buffer.from(written.value).toString())].flatMap((said) =>
    said.type === "group" ? said.said : [said],
  );
}

function wishes(said: readonly Said[]): readonly unknown[] {
  return said.flatMap((each) => (each.type === "channel" ? [each.wish] : []));
}

function standing(offset: number) {
  return { type: "acknowledge", channel: "public/fleet", position: { epoch: "e1", offset } };
}

function heard(written: Written | string | undefined): ServerFrame {
  assert.ok(typeof written === "object" && written.isText);
  const [item] = new StompReader(defaultStompLimits).read(written.bytes);
  assert.ok(item?.ok === true && item.value.kind === "frame");
  const frame = decodeServerFrame(item.value.frame, "1.2");
  assert.ok(frame.ok);
  return frame.value;
}

/** Tells the device of one more, and gives what it acknowledges that by. */
function ackOf(codec: LightCodec, offset: number): string {
  const message = heard(codec.writePublication?.(Telling.of(publication(offset))));
  assert.ok(message.command === "MESSAGE");
  return message.ack ?? "";
}
