import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeenMessage } from "../src/ports/index.ts";
import { redactSeen } from "../src/southbound/trace/redact-seen.ts";
import { cookieOf, openBench } from "./cwmp-bench.ts";
import { informText } from "./envelopes.ts";
import { openLightBench } from "./light-gateway-bench.ts";
import { ScriptedDesk } from "./scripted-desk.ts";
import { openStompWire } from "./stomp-wire.ts";

test("while nobody is traced, a session over HTTP and a light connection ask nobody about it", async () => {
  const traces = new ScriptedDesk(false);
  await using http = await openBench({ traces });
  const wire = await http.connect();
  const reply = await wire.post(informText());
  await wire.post("", cookieOf(reply));
  await using light = await openLightBench({ traces });
  const { device } = await light.attach();
  await device.ask("GetRPCMethods", {});
  assert.equal(traces.asked, 0);
  assert.deepEqual(traces.seen, []);
});

test("a trace has a session from its Inform to its last answer, and names it without its cookie", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openBench({ traces });
  const wire = await bench.connect();
  const reply = await wire.post(informText());
  const cookie = cookieOf(reply);
  await wire.post("", cookie);
  await wire.post("<broken", cookie);
  const { seen } = traces;
  const sessions = seen.map(({ session }) => session);
  assert.equal(sessions[0], undefined, "of an Inform it is not known yet");
  assert.equal(new Set(sessions.slice(1)).size, 1);
  assert.ok(!cookie.Cookie.includes(sessions[1] ?? cookie.Cookie));
  assert.equal(new Set(seen.map(({ connection }) => connection)).size, 1);
  assert.match(seen.at(-1)?.body?.text ?? "", /no XML/);
  assert.deepEqual(traces.take(), [
    "received POST / HTTP/1.1",
    "sent HTTP/1.1 200 OK",
    "received POST / HTTP/1.1",
    "sent HTTP/1.1 204 No Content",
    "received POST / HTTP/1.1",
    "sent HTTP/1.1 400 Bad Request",
  ]);
});

test("a body that cannot be read is not shown, and the trace says why", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openBench({ traces });
  const wire = await bench.connect();
  const cookie = cookieOf(await wire.post(informText()));
  traces.take();
  await wire.post("hush", { ...cookie, "Content-Encoding": "gzip" });
  const [request] = traces.seen;
  assert.equal(request?.body, undefined);
  assert.match(request?.note ?? "", /its body is not shown: the body is not what its Content-Encoding says/);
});

test("a session that ends without the device's word is noted", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openBench({ traces });
  const wire = await bench.connect();
  await wire.post(informText());
  traces.take();
  await bench.clock.advance(600_000);
  assert.deepEqual(traces.take(), ["noted the device said nothing for 30 s"]);
});

test("STOMP by TCP is traced from the frame that opens the session on, and its passcode is not shown", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openLightBench({ traces });
  const { token } = await bench.enrol();
  const wire = await openStompWire(bench.stompPort);
  wire.say("CONNECT", { "accept-version": "1.2", host: "acs", passcode: token });
  const announcement = await bench.engine.connects.take();
  await bench.engine.attaches.take();
  await wire.hear("CONNECTED");
  wire.say("SUBSCRIBE", { id: "q", destination: "/requests", receipt: "r1" });
  await wire.hear("RECEIPT");
  await bench.engine.attaches.take();
  const called = bench.engine.call(announcement, "a1", {
    method: "GetParameterValues",
    params: { ParameterNames: ["Device."] },
  });
  await wire.hear("MESSAGE");
  const answer = { ParameterList: { "Device.": { Password: "hush", Name: "plain" } } };
  wire.say("SEND", { destination: "/responses", "request-id": "a1", status: "ok" }, answer);
  await called;
  const kept = traces.seen.map(shown);
  assert.ok(!kept.join("\n").includes(token) && !kept.join("\n").includes("hush"));
  assert.match(kept.join("\n"), /passcode: \(redacted\)[^]*"Name":"plain"/);
  assert.deepEqual(traces.take(), [
    "received CONNECT",
    "sent CONNECTED",
    "received SUBSCRIBE",
    "sent RECEIPT",
    "sent MESSAGE",
    "received SEND",
  ]);
  wire.socket.destroy();
});

test("a trace that is switched on or off while a connection is open counts from then on", async () => {
  const traces = new ScriptedDesk(false);
  await using bench = await openLightBench({ traces });
  const { device, announcement } = await bench.attach();
  traces.switch(announcement.device, true);
  await device.ask("GetRPCMethods", {});
  const [asked, answered, ...others] = traces.take();
  assert.match(asked ?? "", /^received .*GetRPCMethods/);
  assert.match(answered ?? "", /^sent .*result/);
  assert.deepEqual(others, []);
  traces.switch(announcement.device, false);
  await device.ask("GetRPCMethods", {});
  assert.deepEqual(traces.take(), []);
});

test("a light connection's trace begins with its handshake and ends with why it closed", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openLightBench({ traces });
  const { device } = await bench.attach();
  const [request] = traces.seen;
  assert.ok(request !== undefined);
  assert.match(shown(request), /^GET \/light HTTP\/1\.1\n[^]*Authorization: Bearer \(redacted\)/);
  device.socket.close(1000, "done here");
  await device.ended.take();
  const lines = traces.take();
  assert.deepEqual(lines.slice(0, 2), [
    "received GET /light HTTP/1.1",
    "sent HTTP/1.1 101 Switching Protocols",
  ]);
  assert.match(lines.at(-1) ?? "", /^noted the connection is closed: 1000/);
});

test("a refusal is traced where it is known whose token it was", async () => {
  const traces = new ScriptedDesk(true);
  await using bench = await openLightBench({ traces });
  const { key } = await bench.enrol();
  const token = bench.mint({ device: key, credentialVersion: 7 });
  const { status } = await bench.knock({ token });
  assert.equal(status, 401);
  const [request, refusal] = traces.seen;
  assert.ok(request !== undefined && !shown(request).includes(token));
  assert.match(refusal?.note ?? "", /refused: the token was revoked/);
});

function shown(seen: SeenMessage): string {
  const { head = "", text = "" } = redactSeen(seen, { maxHeadChars: 8_192, maxBodyChars: 65_536 });
  return `${head}\n${text}`;
}
