import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gzipSync, deflateSync } from "node:zlib";
import type { OperationRequest } from "@heliograph/api";
import { tempDir } from "@heliograph/testkit";
import { envelopeText, informText, transferCompleteText, valuesText } from "../envelopes.ts";
import { BareDevice, postText, proofOf, readCall } from "../quirks/bare-device.ts";
import { RunningServer } from "../running-server.ts";

const resources = new AsyncDisposableStack();
const server = resources.use(await RunningServer.start(resources.use(tempDir()), "loopback"));
after(() => resources.disposeAsync());

const read: OperationRequest = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };
const reboot: OperationRequest = { method: "Reboot", params: { CommandKey: "k" } };
const rebooted = envelopeText("<cwmp:RebootResponse/>");
const values = { ParameterList: { "Device.": { X: "1" } } };

/** A text of the device with an entry in its SOAP header. */
const under = (entry: string, text: string): string => text.replace("<s:Header>", `<s:Header>${entry}`);

test("what comes before an Inform is refused, and changes nothing [RPCS-SESSION-1]", async () => {
  await using device = await BareDevice.known(server);
  await device.wanted(read);
  await device.hangUp();
  for (const text of [valuesText(), transferCompleteText(), rebooted]) {
    const { status, body } = await device.post(text, {});
    assert.deepEqual([status, body], [400, "no such session: begin with an Inform\n"]);
  }
  assert.ok(!(await server.eventNames(device.key)).includes("transfer-complete-report"));
});

test("a further Inform ends the session before it, and the call there is unanswered [RPCS-SESSION-2]", async () => {
  await using device = await BareDevice.known(server);
  const wanted = await device.wanted(read);
  await device.post(device.inform());
  const { id } = readCall(await device.post(""));
  const late = postText(valuesText(id), device.cookie);
  const old = await device.wire();
  await device.reconnect();
  assert.equal((await device.post(device.inform(), {})).status, 200);
  old.write(late);
  assert.equal((await old.reply()).status, 400);
  assert.equal(readCall(await device.post("")).method, "GetParameterValues");
  assert.equal((await device.post(valuesText())).status, 204);
  assert.deepEqual(await device.kept(wanted), { state: "done", attempts: 2, result: values });
});

test("one envelope at a time is sent, whatever the Inform says of MaxEnvelopes and RetryCount [RPCS-SESSION-3, RPCS-SESSION-10]", async () => {
  await using device = await BareDevice.known(server);
  for (const wanted of [read, reboot]) await device.wanted(wanted);
  const generous = device.inform().replace("<MaxEnvelopes>1<", "<MaxEnvelopes>16<");
  const informed = await device.post(generous.replace("<RetryCount>0<", "<RetryCount>4294967295<"));
  assert.match(informed.body, /<MaxEnvelopes>1<\/MaxEnvelopes>/);
  const called = await device.post("");
  assert.equal(called.body.split("<soap-env:Envelope").length, 2);
  assert.equal(readCall(called).method, "GetParameterValues");
  assert.equal(readCall(await device.post(valuesText())).method, "Reboot");
  assert.equal((await device.post(rebooted)).status, 204);
});

test("a device asks before its first empty POST and between its answers, and each is answered in its turn [RPCS-SESSION-4, RPCS-SESSION-5, RPCS-SESSION-6]", async () => {
  await using device = await BareDevice.known(server);
  const operations = [await device.wanted(read), await device.wanted(reboot)];
  await device.post(device.inform());
  for (const key of ["one", "two"]) {
    assert.match((await device.post(transferCompleteText(key))).body, /<cwmp:TransferCompleteResponse/);
  }
  const { id } = readCall(await device.post(""));
  assert.match((await device.post(transferCompleteText("three"))).body, /<cwmp:TransferCompleteResponse/);
  assert.equal(readCall(await device.post(valuesText(id))).method, "Reboot");
  assert.equal((await device.post(rebooted)).status, 204);
  for (let count = 0; count < 2; count += 1) {
    const { status, body } = await device.post("");
    assert.deepEqual([status, body], [204, ""]);
  }
  assert.deepEqual(await server.states(operations), ["done", "done"]);
});

test("an ID is given back as it came; an answer under another is the call's, under the last call's it is not [RPCS-SESSION-7]", async () => {
  await using device = await BareDevice.known(server);
  const operations = [await device.wanted(read), await device.wanted(read)];
  const odd = `a &amp; ${"0".repeat(300)}`;
  assert.ok((await device.post(device.inform({ id: odd }))).body.includes(`>${odd}</cwmp:ID>`));
  readCall(await device.post(""));
  const second = readCall(await device.post(valuesText("my own")));
  assert.equal((await device.kept(operations[0] ?? assert.fail())).state, "done");
  await device.post(valuesText(second.id));
  const third = await device.wanted(read);
  await device.post(device.inform());
  const { id } = readCall(await device.post(""));
  const fourth = await device.wanted(read);
  const next = readCall(await device.post(valuesText(id)));
  assert.notEqual(next.id, id);
  assert.equal(readCall(await device.post(valuesText(id))).id, next.id, "that was said before");
  assert.equal((await device.post(valuesText(next.id))).status, 204);
  assert.deepEqual(await server.states([...operations, third, fourth]), ["done", "done", "done", "done"]);
});

for (const entry of ["HoldRequests", "NoMoreRequests"]) {
  test(`a session goes on as ever under ${entry}, and hears nothing of it [RPCS-SESSION-8, RPCS-SESSION-9]`, async () => {
    await using device = await BareDevice.known(server);
    const wanted = await device.wanted(read);
    const header = `<cwmp:${entry} s:mustUnderstand="1">1</cwmp:${entry}>`;
    const informed = await device.post(under(header, device.inform()));
    const called = await device.post("");
    assert.equal(readCall(called).method, "GetParameterValues");
    assert.equal((await device.post(under(header, valuesText()))).status, 204);
    for (const { body } of [informed, called]) assert.ok(!body.includes(entry));
    assert.equal((await device.kept(wanted)).state, "done");
  });
}

for (const [listed, used] of [
  ["1.0", "1.0"],
  ["1.0,1.1", "1.1"],
  ["1.2, 1.0", "1.2"],
  ["1.0,1.1,1.2,1.3", "1.3"],
  ["1.4 1.0", "1.4"],
  ["1.9, 1.4", "1.4"],
  ["", undefined],
] as const) {
  test(`a device that lists "${listed}" is told to use ${used ?? "nothing in particular"} [RPCS-SESSION-12]`, async () => {
    await using device = await BareDevice.known(server);
    const list = `<cwmp:SupportedCWMPVersions>${listed}</cwmp:SupportedCWMPVersions>`;
    const { body } = await device.post(listed === "" ? device.inform() : under(list, device.inform()));
    const [, version] = /<cwmp:UseCWMPVersion[^>]*>([^<]*)</.exec(body) ?? [];
    assert.equal(version, used);
    assert.match(body, /<cwmp:InformResponse>/);
  });
}

test("a device all of whose versions are unknown gets fault 8006, and no session [RPCS-FAULT-7, RPCS-SESSION-12]", async () => {
  await using device = await BareDevice.known(server);
  const list = "<cwmp:SupportedCWMPVersions>2.0, 2.1</cwmp:SupportedCWMPVersions>";
  const { status, body } = await device.post(under(list, device.inform()), {});
  assert.equal(status, 200);
  assert.match(body, /<FaultCode>8006<\/FaultCode><FaultString>ACS version incompatible with CPE</);
  await device.hangUp();
  assert.equal((await device.post(valuesText(), {})).status, 400);
});

for (const version of ["1-0", "1-1", "1-2", "1-3", "1-4"]) {
  test(`a device that writes in cwmp-${version} is answered, called and refused in it [RPCS-SESSION-13]`, async () => {
    await using device = await BareDevice.known(server);
    const namespace = `urn:dslforum-org:cwmp-${version}`;
    const wanted = await device.wanted(read);
    const informed = await device.post(device.inform({ namespace }));
    const called = await device.post("");
    const refused = await device.post(envelopeText("<cwmp:Dance/>", { namespace }));
    assert.match(refused.body, /<FaultCode>8000</);
    for (const { body } of [informed, called, refused]) {
      assert.ok(body.includes(` xmlns:cwmp="${namespace}"`), body);
    }
    assert.equal((await device.post(valuesText().replace("cwmp-1-2", `cwmp-${version}`))).status, 204);
    assert.deepEqual(await device.kept(wanted), { state: "done", attempts: 1, result: values });
  });
}

test("a read that an empty POST answers is sent once more, a reboot is not, and its outcome is unknown [RPCS-SESSION-14]", async () => {
  await using device = await BareDevice.known(server);
  const [asked, wanted] = [await device.wanted(read), await device.wanted(reboot)];
  await device.post(device.inform());
  const first = await device.post("");
  assert.equal((await device.post("")).bytes, first.bytes, "once more, byte for byte");
  assert.equal(readCall(await device.post("")).method, "Reboot", "the second ends it");
  assert.equal((await device.post("")).status, 204);
  await device.post(device.inform({ events: ["2 PERIODIC"] }));
  const again = await device.post("");
  if (again.status === 200) await device.post(valuesText(readCall(again).id));
  assert.equal((await device.kept(wanted)).state, "outcome-unknown");
  assert.equal((await device.kept(wanted)).attempts, 1);
  assert.notEqual((await device.kept(asked)).state, "running");
});

test("an empty POST without the Authorization of its Inform is challenged while an answer is due, and the call goes on [RPCS-SESSION-15]", async () => {
  await using device = await BareDevice.equipped(server);
  const { login } = device.own;
  const wanted = await device.wanted(reboot);
  const opening = proofOf(await device.post(device.inform(), {}), login);
  await device.post(device.inform(), opening);
  assert.equal(readCall(await device.post("", { ...device.cookie, ...opening })).method, "Reboot");
  const proof = proofOf(await device.post(""), login);
  assert.deepEqual(await device.kept(wanted), { state: "running", attempts: 1 });
  assert.equal((await device.post(rebooted, { ...device.cookie, ...proof })).status, 204);
  assert.equal((await device.kept(wanted)).state, "done");
});

test("what answers nothing that was asked is never answered with a fault [RPCS-SESSION-16]", async () => {
  await using device = await BareDevice.known(server);
  const fault =
    "<s:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>" +
    "<FaultCode>9005</FaultCode></cwmp:Fault></detail></s:Fault>";
  for (const answer of [fault, "<cwmp:RebootResponse/>", "<cwmp:DanceResponse/>"]) {
    await device.post(device.inform());
    const { status, body } = await device.post(envelopeText(answer));
    assert.deepEqual([status, body], [204, ""]);
  }
});

test("what cannot be read is refused with 8003, and ends the call that is out [RPCS-FAULT-4, RPCS-SESSION-17]", async () => {
  await using device = await BareDevice.known(server);
  const wanted = await device.wanted(reboot);
  await device.post(device.inform());
  assert.equal(readCall(await device.post("")).method, "Reboot");
  const { status, body } = await device.post("<Letter><Body/></Letter>");
  assert.equal(status, 400);
  assert.match(body, /<FaultCode>8003</);
  await device.hangUp();
  await device.post(device.inform(), {});
  assert.equal((await device.post("")).status, 204);
  assert.equal((await device.kept(wanted)).state, "outcome-unknown");
});

test("an Inform that names no device gets fault 8003 [RPCS-FAULT-4]", async () => {
  await using device = new BareDevice(server);
  const { status, body } = await device.post(informText({ serial: "" }), {});
  assert.equal(status, 200);
  assert.match(body, /<FaultCode>8003</);
});

test("an envelope that is deeper than any is refused with 8004 [RPCS-FAULT-5]", async () => {
  await using device = new BareDevice(server);
  const { status, body } = await device.post("<a>".repeat(1_000), {});
  assert.equal(status, 413);
  assert.match(body, /<FaultCode>8004</);
});

for (const bytes of [32_768, 500_000]) {
  test(`an Inform of ${bytes} bytes is taken, and an answer of as many [RPCS-SESSION-18]`, async () => {
    await using device = await BareDevice.known(server);
    const wanted = await device.wanted(read);
    const filling = "x".repeat(bytes);
    const inform = device.inform({ parameters: { Rootless: filling } });
    assert.equal((await device.post(inform)).status, 200);
    readCall(await device.post(""));
    assert.equal((await device.post(valuesText().replace(">1<", `>${filling}<`))).status, 204);
    const result = { ParameterList: { "Device.": { X: filling } } };
    assert.deepEqual(await device.kept(wanted), { state: "done", attempts: 1, result });
  });
}

test("the cookie finds the session again over another connection, with the call that is out [RPCS-SESSION-19]", async () => {
  await using device = await BareDevice.known(server);
  const wanted = await device.wanted(reboot);
  await device.post(device.inform());
  assert.equal(readCall(await device.post("")).method, "Reboot");
  await device.hangUp();
  assert.equal((await device.post(rebooted)).status, 204);
  assert.deepEqual(await device.kept(wanted), { state: "done", attempts: 1, result: {} });
});

test("gzip and deflate are read, another encoding is 415, and the device comes again without [RPCS-SESSION-20]", async () => {
  await using device = await BareDevice.known(server);
  const packed = {
    gzip: gzipSync(device.inform()),
    deflate: deflateSync(device.inform()),
    compress: Buffer.from("x"),
  };
  for (const [encoding, bytes] of Object.entries(packed)) {
    const wire = await device.reconnect();
    const head = postText("", { "Content-Encoding": encoding });
    wire.write(head.replace("Content-Length: 0", `Content-Length: ${bytes.length}`));
    wire.write(bytes);
    assert.equal((await wire.reply()).status, encoding === "compress" ? 415 : 200, encoding);
  }
  await device.hangUp();
  assert.equal((await device.post(device.inform(), {})).status, 200);
});
