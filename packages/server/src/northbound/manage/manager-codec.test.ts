import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "./answers.ts";
import { ManagerCodec } from "./manager-codec.ts";
import type { ManagerSaid } from "./manager-language.ts";

const CONNECT = "CONNECT\naccept-version:1.2\nhost:acs\npasscode:t\n\n\0";
const LISTEN = "SUBSCRIBE\nid:0\ndestination:/user/responses\n\n\0";
const ANSWER: Answer = { requestId: "q1", status: "ok", contentType: "application/json", body: "{}" };

test("a session begins with CONNECT, whose passcode is the token", () => {
  const codec = opened();
  assert.deepEqual(said(codec, CONNECT), [{ type: "connect", passcode: "t" }]);
  assert.match(
    String(codec.writeConnected("s1")),
    /^CONNECTED\nversion:1.2\nheart-beat:30000,30000\nsession:s1\n/,
  );
  assert.equal(codec.writeConnected("s1"), undefined);
});

test("nothing is asked before CONNECTED, and nobody subscribes to what there is not", () => {
  assert.equal(said(opened(), LISTEN)[0]?.type, "unreadable");
  const codec = connected();
  const [refused] = said(codec, LISTEN.replace("/user", "/device/00D09E-X-1"));
  assert.equal(refused?.type, "unreadable");
  assert.match(
    String(codec.writeClosing({ code: 1008, reason: "" })),
    /^ERROR\n[^]*close-code:1008\n[^]*no such destination/,
  );
  assert.deepEqual(said(codec, LISTEN), []);
});

test("an answer goes to who listens, and is dropped where nobody does", () => {
  const codec = connected();
  assert.equal(codec.writeAnswer(ANSWER), "drop");
  said(codec, LISTEN);
  const written = codec.writeAnswer({ ...ANSWER, operation: "o1" });
  assert.ok(typeof written === "object");
  assert.match(
    String(written.message),
    /^MESSAGE\nsubscription:0\nmessage-id:r1\ndestination:\/user\/responses\n[^]*request-id:q1\nstatus:ok\noperation:o1\n[^]*\{\}\0$/,
  );
});

test("answers wait where as many are not acknowledged as may be, and go on once some are", () => {
  const codec = connected();
  said(codec, LISTEN.replace("id:0", "id:0\nack:client"));
  const written = Array.from({ length: 257 }, () => codec.writeAnswer(ANSWER));
  assert.ok(written.slice(0, 256).every((each) => typeof each === "object"));
  assert.equal(written[256], "wait");
  assert.deepEqual(said(codec, "ACK\nid:200\n\n\0"), [{ type: "receptive" }]);
  assert.ok(typeof codec.writeAnswer(ANSWER) === "object");
});

test("who sends bytes is answered by bytes", () => {
  const codec = connected();
  const [receipted] = said(codec, Buffer.from(LISTEN.replace("id:0", "id:0\nreceipt:r")));
  assert.ok(receipted?.type === "reply" && Buffer.isBuffer(receipted.message));
  assert.deepEqual(codec.writeHeartBeat(), Uint8Array.of(0x0a));
});

test("one SEND of a transaction that leads nowhere undoes all of it", () => {
  const codec = connected();
  const sent = (destination: string) => `SEND\ndestination:${destination}\ntransaction:t\n\n{}\0`;
  said(codec, `BEGIN\ntransaction:t\n\n\0${sent("/device/00D09E-X-1/requests")}${sent("/nowhere")}`);
  assert.equal(said(codec, "COMMIT\ntransaction:t\nreceipt:r\n\n\0")[0]?.type, "unreadable");
  assert.match(String(codec.writeClosing({ code: 1008, reason: "" })), /receipt-id:r/);
});

function opened(): ManagerCodec {
  return new ManagerCodec({ spoken: ["1.2"], heartBeatMs: 30_000, maxBodyBytes: 1024 });
}

function connected(): ManagerCodec {
  const codec = opened();
  said(codec, CONNECT);
  codec.writeConnected("s1");
  return codec;
}

function said(codec: ManagerCodec, message: string | Buffer): readonly ManagerSaid[] {
  return [...codec.read(message)].filter(({ type }) => type !== "nothing");
}
