import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFrame } from "@heliograph/protocol";
import type { StompCommand } from "@heliograph/protocol";
import { fuzz } from "@heliograph/testkit";
import { transferCompleteText, valuesText } from "../../../test/envelopes.ts";
import { callId } from "../../ports/index.ts";
import type { LightCodec, Said } from "./codec.ts";
import { stompBinding } from "./stomp-binding.ts";

const MAX_BYTES = 8_192;
const attached = {
  Session: "s",
  Token: "t",
  ExpiresIn: 1,
  PingInterval: 30,
  MaxInFlight: 1,
  MaxMessageBytes: 1,
};
const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
const kicked = '{"Command":"c","Referer":"r","Arg":"a","Next":"n"}';

function frame(command: StompCommand, headers: Readonly<Record<string, string>>, body = ""): string {
  const written = writeFrame(
    { command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) },
    "1.2",
  );
  assert.ok(written.ok);
  return Buffer.from(written.value).toString();
}

const connect = frame("CONNECT", { "accept-version": "1.2", passcode: "p" });
const subscribe = (name: string): string =>
  frame("SUBSCRIBE", { id: name, destination: `/${name}`, ack: "client" });
const ask = { destination: "/requests", method: "Kicked", "request-id": "d1" };
const seeds = [
  connect + subscribe("requests") + subscribe("responses"),
  subscribe("responses") + frame("SEND", { ...ask, receipt: "r" }, kicked),
  subscribe("requests") +
    frame("SEND", { destination: "/responses", "request-id": "a1", status: "ok" }, "{}"),
  frame("SEND", { ...ask, "content-type": "text/xml" }, transferCompleteText()),
  frame("SEND", { destination: "/responses", "request-id": "a1", "content-type": "text/xml" }, valuesText()),
  frame("BEGIN", { transaction: "t" }) +
    frame("SEND", { ...ask, transaction: "t" }, kicked) +
    frame("COMMIT", { transaction: "t" }),
  subscribe("requests") + frame("NACK", { id: "1" }) + frame("DISCONNECT", { receipt: "r" }),
];
const tokens = [
  "\n",
  "\r\n",
  "\0",
  ":",
  "\\c",
  "\\x",
  "content-length:5\n",
  "transaction:t\n",
  "receipt:r\n",
  "SEND\n",
  "/responses",
  "{}",
  "<a/>",
];

function answerTo(codec: LightCodec, said: Said): void {
  switch (said.type) {
    case "request":
      if (said.id !== undefined) codec.writeFault(said.id, { code: 8005, message: "later" });
      return;
    case "refused":
      codec.writeFault(said.id ?? null, said.fault);
      return;
    case "attach":
      if (said.id !== undefined) codec.writeAttached(said.id, attached);
      return;
    case "group":
      for (const each of said.said) answerTo(codec, each);
      return;
    case "unreadable":
      assert.ok([1003, 1009].includes(said.code));
      assert.ok(codec.writeClosing?.({ code: said.code, reason: said.detail }) !== undefined);
      return;
    case "answer":
    case "acknowledged":
    case "channel":
    case "declined":
    case "done":
    case "nothing":
  }
}

/** In a session, and at its beginning. */
function judge(text: string): void {
  for (const before of ["", connect, connect + subscribe("requests")]) {
    const codec = stompBinding("1.2", { maxMessageBytes: MAX_BYTES, pingIntervalMs: 1 }).open({
      url: () => undefined,
      style: undefined,
    });
    for (const message of [...before.split(/(?<=\0)/), text]) {
      for (const said of codec.read(message)) answerTo(codec, said);
      codec.writeCall({ callId: callId("a1"), ...reading }).message?.toString();
    }
  }
}

test("whatever a device sends is understood, refused, or the end of the connection [STOMP-FRAME-10]", (t) =>
  fuzz(t, { seeds, tokens, judge, runs: 2_000, maxChars: 2 * MAX_BYTES }));
