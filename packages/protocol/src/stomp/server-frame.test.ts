import assert from "node:assert/strict";
import { test } from "node:test";
import { closeCodes } from "../close-codes.ts";
import { problems, type ProblemReason } from "../problems.ts";
import { encodeClientFrame } from "./client-frame.ts";
import { NO_BODY, NO_HEADERS } from "./frame.ts";
import { writeFrame } from "./frame-writer.ts";
import {
  decodeServerFrame,
  encodeServerFrame,
  errorFrame,
  referenceTo,
  versionError,
} from "./server-frame.ts";
import type { ServerFrame } from "./server-frame.ts";
import { oneFrame, textOf } from "./stream.fixture.ts";
import type { StompVersion } from "./version.ts";

function said(text: string, version: StompVersion = "1.2"): ServerFrame {
  const frame = decodeServerFrame(oneFrame(text, { version }), version);
  assert.ok(frame.ok, frame.ok ? "" : `${frame.problem.at}: ${frame.problem.detail}`);
  return frame.value;
}

function refusal(text: string, version: StompVersion = "1.2"): readonly [reason: string, at: string] {
  const frame = decodeServerFrame(oneFrame(text, { version }), version);
  assert.ok(!frame.ok, "it is read");
  return [frame.problem.reason, frame.problem.at];
}

function written(frame: ServerFrame): string {
  const bytes = writeFrame(encodeServerFrame(frame), "1.2");
  assert.ok(bytes.ok);
  return textOf(bytes.value);
}

test("CONNECTED names the version, and from a server of 1.0 none [STOMP-CONNECT-4]", () => {
  const connected = {
    command: "CONNECTED",
    heartBeat: { sends: 0, wants: 0 },
    session: undefined,
    server: undefined,
    headers: NO_HEADERS,
  };
  assert.deepEqual(said("CONNECTED\n\n\0"), { ...connected, version: "1.0" });
  assert.deepEqual(
    said("CONNECTED\nversion:1.2\nsession:s\nserver:heliograph/0.1\nheart-beat:1,2\ntoken:t\n\n\0"),
    {
      command: "CONNECTED",
      version: "1.2",
      heartBeat: { sends: 1, wants: 2 },
      session: "s",
      server: "heliograph/0.1",
      headers: new Map([["token", "t"]]),
    },
  );
  assert.deepEqual(refusal("CONNECTED\nversion:1.3\n\n\0"), ["bad-header", "CONNECTED.version"]);
  assert.deepEqual(refusal("CONNECTED\nheart-beat:1\n\n\0"), ["bad-header", "CONNECTED.heart-beat"]);
});

test("MESSAGE names its destination, its id and its subscription [STOMP-SUBSCRIBE-7]", () => {
  const message = {
    command: "MESSAGE",
    destination: "/r",
    messageId: "7",
    subscription: "0",
    ack: undefined,
    contentType: undefined,
    headers: NO_HEADERS,
    body: NO_BODY,
  };
  const text = "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/r\n\n\0";
  for (const version of ["1.0", "1.1", "1.2"] as const) assert.deepEqual(said(text, version), message);
  const short = "MESSAGE\nmessage-id:7\ndestination:/r\n\n\0";
  assert.deepEqual(said(short, "1.0"), { ...message, subscription: "/r" });
  for (const version of ["1.1", "1.2"] as const) {
    assert.deepEqual(refusal(short, version), ["bad-header", "MESSAGE.subscription"]);
  }
  assert.deepEqual(refusal("MESSAGE\nsubscription:0\nmessage-id:7\n\n\0"), [
    "bad-header",
    "MESSAGE.destination",
  ]);
  assert.deepEqual(refusal("MESSAGE\nsubscription:0\ndestination:/r\n\n\0"), [
    "bad-header",
    "MESSAGE.message-id",
  ]);
});

test("an ACK is for the message's ack in 1.2, for the message before [STOMP-ACK-1, STOMP-ACK-2]", () => {
  const text = "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/r\nack:5\n\n\0";
  const ackOf = (version: StompVersion): string => {
    const message = said(text, version);
    assert.ok(message.command === "MESSAGE");
    const reference = referenceTo(message, version);
    assert.ok(reference !== undefined);
    const ack = { command: "ACK", reference, transaction: undefined, receipt: undefined } as const;
    const bytes = writeFrame(encodeClientFrame({ ...ack, headers: NO_HEADERS }), version);
    assert.ok(bytes.ok);
    return textOf(bytes.value);
  };
  assert.equal(ackOf("1.2"), "ACK\nid:5\n\n\0");
  assert.equal(ackOf("1.1"), "ACK\nsubscription:0\nmessage-id:7\n\n\0");
  assert.equal(ackOf("1.0"), "ACK\nsubscription:0\nmessage-id:7\n\n\0");
  const before = said(text, "1.1");
  assert.ok(before.command === "MESSAGE");
  assert.deepEqual([before.ack, before.headers.get("ack")], [undefined, "5"]);
  const unasked = said("MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/r\n\n\0");
  assert.ok(unasked.command === "MESSAGE");
  assert.equal(referenceTo(unasked, "1.2"), undefined);
});

test("RECEIPT names the receipt [STOMP-HEADER-5]", () => {
  assert.deepEqual(said("RECEIPT\nreceipt-id:1\n\n\0"), {
    command: "RECEIPT",
    receiptId: "1",
    headers: NO_HEADERS,
  });
  assert.deepEqual(refusal("RECEIPT\nreceipt:1\n\n\0"), ["bad-header", "RECEIPT.receipt-id"]);
});

test("a frame of a client is none of a server's [STOMP-FRAME-7]", () => {
  for (const command of ["CONNECT", "STOMP", "SEND", "SUBSCRIBE", "ACK", "DISCONNECT"]) {
    assert.deepEqual(refusal(`${command}\n\n\0`), ["unknown-command", "command"]);
  }
});

test("every frame is written as it was read [STOMP-WRITE-1]", () => {
  for (const text of [
    "CONNECTED\nversion:1.2\nheart-beat:1,2\nsession:s\nserver:heliograph\ntoken:t\n\n\0",
    "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/r\nack:5\ncontent-type:application/json\nmethod:Reboot\ncontent-length:2\n\n{}\0",
    "RECEIPT\nreceipt-id:1\n\n\0",
    "ERROR\nmessage:no\nreceipt-id:1\ncontent-type:text/plain\ncontent-length:3\n\nwhy\0",
    "ERROR\n\n\0",
  ]) {
    assert.equal(written(said(text)), text);
  }
});

test("ERROR says what is wrong, where, and about which frame [STOMP-ERROR-2, STOMP-ERROR-3]", () => {
  const problem = { reason: "bad-header", at: "SEND.destination", detail: "it is missing" } as const;
  assert.equal(
    written(errorFrame(problem, "r1")),
    "ERROR\nmessage:missing or malformed header\nreceipt-id:r1\ncontent-type:text/plain\ncontent-length:31\n\nSEND.destination: it is missing\0",
  );
  assert.equal(errorFrame(problem).receiptId, undefined);
});

test("ERROR names the versions that are spoken where there is none in common [STOMP-VERSION-3]", () => {
  assert.equal(
    written(versionError(["1.1", "1.2"])),
    "ERROR\nmessage:no common version of the protocol\ncontent-type:text/plain\nversion:1.1,1.2\ncontent-length:39\n\nSupported protocol versions are 1.1 1.2\0",
  );
});

test("every refusal of a reader has a message that any version carries, and a close code [STOMP-ERROR-4]", () => {
  const refusals = [
    ...["not-a-frame", "unknown-command", "bad-header", "no-common-version", "out-of-turn"],
    ...["id-in-use", "unknown-id", "over-limit"],
  ];
  for (const [reason, { stompError }] of Object.entries(problems)) {
    assert.match(stompError, /^[a-z][a-z ]+$/);
    assert.ok(stompError.length < 64, reason);
  }
  const codes = new Map<string, number | undefined>(
    Object.entries(problems).map(([reason, { closeCode }]) => [reason, closeCode]),
  );
  for (const reason of refusals) {
    const expected = reason === "over-limit" ? closeCodes.tooLarge : closeCodes.unreadable;
    assert.equal(codes.get(reason), expected.code, reason);
  }
  const unwritable: ProblemReason = "unwritable";
  assert.equal(problems[unwritable].closeCode, undefined);
});
