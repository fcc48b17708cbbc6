import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeClientFrame, encodeClientFrame, type ClientFrame } from "./client-frame.ts";
import { NO_BODY, NO_HEADERS } from "./frame.ts";
import { writeFrame } from "./frame-writer.ts";
import { oneFrame, textOf } from "./stream.fixture.ts";
import { stompVersions, type StompVersion } from "./version.ts";

/** What a frame of the wire means. */
function said(text: string, version: StompVersion = "1.2"): ClientFrame {
  const frame = decodeClientFrame(oneFrame(text, { version }), version);
  assert.ok(frame.ok, frame.ok ? "" : `${frame.problem.at}: ${frame.problem.detail}`);
  return frame.value;
}

function refusal(text: string, version: StompVersion = "1.2"): readonly [reason: string, at: string] {
  const frame = decodeClientFrame(oneFrame(text, { version }), version);
  assert.ok(!frame.ok, "it is read");
  return [frame.problem.reason, frame.problem.at];
}

function written(frame: ClientFrame): string {
  const bytes = writeFrame(encodeClientFrame(frame), "1.2");
  assert.ok(bytes.ok);
  return textOf(bytes.value);
}

const bare = { receipt: undefined, headers: NO_HEADERS };

test("CONNECT and STOMP mean the same [STOMP-CONNECT-1]", () => {
  const headers = "accept-version:1.1,1.2\nhost:acs\nheart-beat:1,2\nlogin:a\npasscode:b\nextra:c\n\n\0";
  const expected = {
    acceptVersions: ["1.1", "1.2"],
    host: "acs",
    heartBeat: { sends: 1, wants: 2 },
    login: "a",
    passcode: "b",
    headers: new Map([["extra", "c"]]),
  };
  assert.deepEqual(said(`CONNECT\n${headers}`), { command: "CONNECT", ...expected });
  assert.deepEqual(said(`STOMP\n${headers}`), { command: "STOMP", ...expected });
});

test("CONNECT may say nothing: it is of 1.0, without heart-beats and without a host [STOMP-VERSION-1, STOMP-BEAT-1, STOMP-CONNECT-5]", () => {
  assert.deepEqual(said("CONNECT\n\n\0"), {
    command: "CONNECT",
    acceptVersions: ["1.0"],
    host: undefined,
    heartBeat: { sends: 0, wants: 0 },
    login: undefined,
    passcode: undefined,
    headers: NO_HEADERS,
  });
  assert.deepEqual(refusal("CONNECT\nheart-beat:soon\n\n\0"), ["bad-header", "CONNECT.heart-beat"]);
});

test("SEND names a destination, and may name more [STOMP-SEND-1, STOMP-BODY-6, STOMP-HEADER-4]", () => {
  const headers = "destination:/r\ncontent-type:application/json\ntransaction:t\nreceipt:1\nmethod:Inform";
  const frame = said(`SEND\n${headers}\n\n{}\0`);
  assert.ok(frame.command === "SEND");
  const { body, ...rest } = frame;
  assert.equal(textOf(body), "{}");
  assert.deepEqual(rest, {
    command: "SEND",
    destination: "/r",
    contentType: "application/json",
    transaction: "t",
    receipt: "1",
    headers: new Map([["method", "Inform"]]),
  });
  assert.deepEqual(said("SEND\ndestination:\n\n\0"), {
    ...bare,
    command: "SEND",
    destination: "",
    contentType: undefined,
    transaction: undefined,
    body: NO_BODY,
  });
});

test("SUBSCRIBE has an id, a destination and a mode [STOMP-SUBSCRIBE-1, STOMP-SUBSCRIBE-3]", () => {
  const plain = { ...bare, command: "SUBSCRIBE", id: "0", destination: "/r", ack: "auto" };
  for (const version of stompVersions) {
    assert.deepEqual(said("SUBSCRIBE\nid:0\ndestination:/r\n\n\0", version), plain);
    for (const ack of ["auto", "client"]) {
      const frame = said(`SUBSCRIBE\nid:0\ndestination:/r\nack:${ack}\n\n\0`, version);
      assert.deepEqual(frame, { ...plain, ack });
    }
    for (const ack of ["", "Client", "client ", "none"]) {
      const text = `SUBSCRIBE\nid:0\ndestination:/r\nack:${ack}\n\n\0`;
      assert.deepEqual(refusal(text, version), ["bad-header", "SUBSCRIBE.ack"]);
    }
  }
  const individual = "SUBSCRIBE\nid:0\ndestination:/r\nack:client-individual\n\n\0";
  for (const version of ["1.1", "1.2"] as const) {
    assert.deepEqual(said(individual, version), { ...plain, ack: "client-individual" });
  }
  assert.deepEqual(refusal(individual, "1.0"), ["bad-header", "SUBSCRIBE.ack"]);
});

test("in 1.0 the destination stands for the id of a subscription [STOMP-SUBSCRIBE-1, STOMP-SUBSCRIBE-4]", () => {
  const subscribe = said("SUBSCRIBE\ndestination:/r\n\n\0", "1.0");
  assert.ok(subscribe.command === "SUBSCRIBE");
  assert.equal(subscribe.id, "/r");
  const unsubscribe = { ...bare, command: "UNSUBSCRIBE" };
  assert.deepEqual(said("UNSUBSCRIBE\ndestination:/r\n\n\0", "1.0"), { ...unsubscribe, id: "/r" });
  assert.deepEqual(said("UNSUBSCRIBE\ndestination:/r\nid:0\n\n\0", "1.0"), { ...unsubscribe, id: "0" });
  assert.deepEqual(said("UNSUBSCRIBE\nid:0\n\n\0"), { ...unsubscribe, id: "0" });
  for (const version of ["1.1", "1.2"] as const) {
    assert.deepEqual(refusal("UNSUBSCRIBE\ndestination:/r\n\n\0", version), ["bad-header", "UNSUBSCRIBE.id"]);
  }
});

for (const command of ["ACK", "NACK"] as const) {
  test(`in 1.2 ${command} names the ack of its message [STOMP-ACK-1, STOMP-ACK-3]`, () => {
    assert.deepEqual(said(`${command}\nid:7\nsubscription:0\ntransaction:t\n\n\0`), {
      command,
      reference: { by: "ack", ack: "7" },
      transaction: "t",
      receipt: undefined,
      headers: new Map([["subscription", "0"]]),
    });
    const text = `${command}\nmessage-id:7\nsubscription:0\n\n\0`;
    assert.deepEqual(refusal(text), ["bad-header", `${command}.id`]);
  });

  test(`in 1.1 ${command} names its message and its subscription [STOMP-ACK-2, STOMP-ACK-3]`, () => {
    const frame = said(`${command}\nmessage-id:7\nsubscription:0\n\n\0`, "1.1");
    assert.deepEqual(frame, {
      ...bare,
      command,
      reference: { by: "message", messageId: "7", subscription: "0" },
      transaction: undefined,
    });
    const at = (header: string): readonly string[] => ["bad-header", `${command}.${header}`];
    assert.deepEqual(refusal(`${command}\nmessage-id:7\n\n\0`, "1.1"), at("subscription"));
    assert.deepEqual(refusal(`${command}\nsubscription:0\nid:7\n\n\0`, "1.1"), at("message-id"));
  });
}

test("in 1.0 ACK names its message, and there is no NACK [STOMP-ACK-2, STOMP-ACK-3]", () => {
  assert.deepEqual(said("ACK\nmessage-id:7\n\n\0", "1.0"), {
    ...bare,
    command: "ACK",
    reference: { by: "message", messageId: "7", subscription: undefined },
    transaction: undefined,
  });
  assert.deepEqual(refusal("NACK\nmessage-id:7\n\n\0", "1.0"), ["unknown-command", "command"]);
});

test("a frame without a header it needs is refused [STOMP-HEADER-5]", () => {
  for (const [text, at] of [
    ["SEND", "SEND.destination"],
    ["SUBSCRIBE\nid:0", "SUBSCRIBE.destination"],
    ["SUBSCRIBE\ndestination:/r", "SUBSCRIBE.id"],
    ["UNSUBSCRIBE", "UNSUBSCRIBE.id"],
    ["BEGIN", "BEGIN.transaction"],
    ["COMMIT\nreceipt:1", "COMMIT.transaction"],
    ["ABORT", "ABORT.transaction"],
  ] as const) {
    for (const version of ["1.1", "1.2"] as const) {
      assert.deepEqual(refusal(`${text}\n\n\0`, version), ["bad-header", at]);
    }
  }
  assert.deepEqual(said("DISCONNECT\n\n\0"), { ...bare, command: "DISCONNECT" });
});

test("a frame of a server is none of a client's [STOMP-FRAME-7]", () => {
  for (const command of ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR"]) {
    assert.deepEqual(refusal(`${command}\n\n\0`), ["unknown-command", "command"]);
  }
});

test("every frame is written as it was read [STOMP-WRITE-1]", () => {
  for (const text of [
    "CONNECT\naccept-version:1.2\nhost:acs\nheart-beat:0,0\nlogin:a\npasscode:b\nextra:c\n\n\0",
    "STOMP\naccept-version:1.1,1.2\nheart-beat:1,2\n\n\0",
    "SEND\ndestination:/r\ncontent-type:text/xml\ntransaction:t\nreceipt:1\nmethod:m\ncontent-length:2\n\n{}\0",
    "SUBSCRIBE\nid:0\ndestination:/r\nack:client\nreceipt:1\nepoch:e\n\n\0",
    "UNSUBSCRIBE\nid:0\n\n\0",
    "ACK\nid:7\ntransaction:t\nreceipt:1\n\n\0",
    "BEGIN\ntransaction:t\n\n\0",
    "COMMIT\ntransaction:t\nreceipt:1\n\n\0",
    "ABORT\ntransaction:t\n\n\0",
    "DISCONNECT\nreceipt:1\n\n\0",
  ]) {
    assert.equal(written(said(text)), text);
  }
  const nack = said("NACK\nsubscription:0\nmessage-id:7\n\n\0", "1.1");
  assert.equal(written(nack), "NACK\nsubscription:0\nmessage-id:7\n\n\0");
});

test("what STOMP defines for a frame counts before the sender's own", () => {
  const frame = said("UNSUBSCRIBE\nid:0\n\n\0");
  const headers = new Map([
    ["id", "1"],
    ["a", "b"],
  ]);
  assert.equal(written({ ...frame, headers }), "UNSUBSCRIBE\nid:0\na:b\n\n\0");
});
