import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFrame } from "@heliograph/protocol";
import type { StompCommand } from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { connectionId } from "../../ports/index.ts";
import type { SeenMessage } from "../../ports/index.ts";
import { tapOf, type TappedLink } from "./link-tap.ts";
import { redactSeen } from "./redact-seen.ts";

interface TapBench {
  readonly tap: ReturnType<typeof tapOf>;
  /** What is kept, a line each. */
  readonly shown: () => readonly string[];
}

function openTap(subprotocol: TappedLink["subprotocol"], link: Partial<TappedLink> = {}): TapBench {
  const seen: SeenMessage[] = [];
  const tap = tapOf({
    writer: { add: (message) => seen.push(message) },
    clock: new VirtualClock(),
    subprotocol,
    connection: connectionId("c1"),
    maxMessageBytes: 65_536,
    isWhole: true,
    unfinished: () => 0,
    ...link,
  });
  const bounds = { maxHeadChars: 8_192, maxBodyChars: 65_536 };
  return {
    tap,
    shown: () =>
      seen.map((message) => {
        const { direction, note, head, text } = redactSeen(message, bounds);
        return [direction, note, head, text].filter((part) => part !== undefined).join(" ");
      }),
  };
}

function frame(command: StompCommand, headers: Readonly<Record<string, string>>, body = ""): Buffer {
  const written = writeFrame(
    { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    "1.2",
  );
  assert.ok(written.ok);
  return Buffer.from(written.value);
}

const CONNECT = frame("CONNECT", { "accept-version": "1.2", host: "acs", passcode: "hush-passcode" });
const ANSWER = frame(
  "SEND",
  { destination: "/responses", "request-id": "a1", status: "ok" },
  '{"ParameterList":{"Device.":{"Password":"hush-password"}}}',
);

test("frames are shown whole, wherever their stream is cut, and a secret in no piece of it", () => {
  const stream = Buffer.concat([CONNECT, Buffer.from("\n\n"), ANSWER]);
  for (const pieceBytes of [1, 2, 7, 50, stream.length]) {
    const { tap, shown } = openTap("v12.stomp");
    for (let at = 0; at < stream.length; at += pieceBytes) tap.received(stream.subarray(at, at + pieceBytes));
    assert.deepEqual(shown(), [
      "received CONNECT\naccept-version: 1.2\nhost: acs\npasscode: (redacted)",
      "received SEND\ndestination: /responses\nrequest-id: a1\nstatus: ok " +
        '{"ParameterList":{"Device.":{"Password":"(redacted)"}}}',
    ]);
  }
});

test("a frame that began before anybody looked is not shown", () => {
  let unfinished = 20;
  const { tap, shown } = openTap("v12.stomp", { isWhole: false, unfinished: () => unfinished });
  tap.received(ANSWER.subarray(20));
  unfinished = 0;
  tap.received(ANSWER);
  const [first, second] = shown();
  assert.equal(first, `received ${ANSWER.length - 20} bytes of a frame that began before the trace`);
  assert.match(second ?? "", /^received SEND/);
});

test("what cannot be read as frames is not shown, and neither is what follows", () => {
  const { tap, shown } = openTap("v12.stomp");
  tap.received(Buffer.from("HUSH hush\n\nhush\0"));
  tap.received(Buffer.from("passcode:hush"));
  assert.equal(shown().length, 2);
  assert.match(shown()[0] ?? "", /cannot be read as STOMP, and is not shown/);
  assert.ok(!shown().join("").includes("hush"));
});

const ASKED = { ParameterNames: ["Device.A", "Device.B"], Shape: "values" };
const ASKED_SECRET = { ParameterNames: ["Device.A", "Device.Password"], Shape: "values" };
const VALUES = '{"Values":["one","two"]}';

test("values without names are shown where no secret was asked for", () => {
  const { tap, shown } = openTap("cwmp.json");
  const say = (id: string | number, params: object): void => {
    tap.sent(JSON.stringify({ jsonrpc: "2.0", id, method: "GetParameterValues", params }));
  };
  say("a1", ASKED);
  say("a2", ASKED_SECRET);
  say(3, ASKED);
  for (const id of ['"a1"', '"a2"', "3", '"3"', '"a1"']) {
    tap.received(`{"jsonrpc":"2.0","id":${id},"result":${VALUES}}`);
  }
  const answers = shown().filter((line) => line.startsWith("received"));
  assert.deepEqual(
    answers.map((line) => line.includes('["one","two"]')),
    [true, false, true, false, false],
  );
});

test("so they are where the ids stand in the headers of frames", () => {
  const { tap, shown } = openTap("v12.stomp");
  const call = (id: string, params: object): void => {
    const headers = { destination: "/requests", subscription: "q", "message-id": id, "request-id": id };
    tap.sent(frame("MESSAGE", headers, JSON.stringify(params)));
  };
  tap.received(CONNECT);
  call("a1", ASKED);
  call("a2", ASKED_SECRET);
  for (const id of ["a1", "a2"]) {
    tap.received(frame("SEND", { destination: "/responses", "request-id": id }, VALUES));
  }
  const [, , , first = "", second = ""] = shown();
  assert.ok(first.includes('["one","two"]') && !second.includes("one"));
});

test("signs of life are left out, and the end of the connection is told", () => {
  const { tap, shown } = openTap("cwmp.json");
  tap.received("");
  tap.sent("");
  tap.closing({ code: 4000, reason: "replaced" });
  tap.closed({ code: 1006, reason: "" });
  assert.deepEqual(shown(), [
    "noted the ACS closes the connection: 4000 replaced",
    "noted the connection is closed: 1006",
  ]);
});
