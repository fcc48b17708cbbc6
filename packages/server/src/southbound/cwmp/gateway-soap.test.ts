import assert from "node:assert/strict";
import { test } from "node:test";
import { acsRpcs } from "@heliograph/protocol";
import { asJson, cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;

for (const version of ["1-0", "1-1", "1-2", "1-3", "1-4", "1-9"]) {
  test(`a device that writes in cwmp-${version} is answered, called and refused in it [CWMP-VERSION-2, CWMP-VERSION-3]`, async () => {
    await using bench = await openBench();
    bench.engine.willCall("a1", get);
    const namespace = `urn:dslforum-org:cwmp-${version}`;
    const device = await bench.connect();
    const informed = await device.post(informText({ namespace }));
    const cookie = cookieOf(informed);
    const called = await device.post("", cookie);
    const refused = await device.post(envelopeText("<cwmp:Dance/>", { namespace }), cookie);
    for (const [{ body }, part] of [
      [informed, "<cwmp:InformResponse>"],
      [called, "<cwmp:GetParameterValues>"],
      [refused, "<cwmp:Fault>"],
    ] as const) {
      assert.ok(body.includes(` xmlns:cwmp="${namespace}"`), body);
      assert.ok(body.includes(part), body);
    }
  });
}

/** An Inform with an entry in its SOAP header. */
const informUnder = (entry: string): string => informText().replace("<s:Header>", `<s:Header>${entry}`);

for (const [written, version] of [
  ["1.0,1.1,1.2,1.3,1.4", "1.4"],
  [" 1.4 , 1.0 ", "1.4"],
  ["1.2 1.3\n1.0", "1.3"],
  ["2.0, 1.1", "1.1"],
] as const) {
  test(`a device that lists "${written}" is told that the session is one of CWMP ${version} [CWMP-VERSION-4, CWMP-VERSION-5]`, async () => {
    await using bench = await openBench();
    const device = await bench.connect();
    const entry = `<cwmp:SupportedCWMPVersions s:mustUnderstand="0">${written}</cwmp:SupportedCWMPVersions>`;
    const informed = await device.post(informUnder(entry));
    const used = `<cwmp:UseCWMPVersion soap-env:mustUnderstand="1">${version}</cwmp:UseCWMPVersion>`;
    assert.ok(informed.body.includes(used), informed.body);
    assert.match(informed.body, /<cwmp:InformResponse>/);
    bench.engine.willCall("a1", get);
    assert.doesNotMatch((await device.post("", cookieOf(informed))).body, /CWMPVersion/);
  });
}

test("a device that lists no version that the ACS speaks gets fault 8006, and no session [CWMP-VERSION-6]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const refused = await device.post(
    informUnder("<cwmp:SupportedCWMPVersions>2.0, 2.1</cwmp:SupportedCWMPVersions>"),
  );
  assert.equal(refused.status, 200);
  assert.match(refused.body, /<FaultCode>8006<\/FaultCode><FaultString>ACS version incompatible with CPE</);
  assert.match(refused.body, />d1<\/cwmp:ID>/);
  assert.equal(refused.headers.has("set-cookie"), false);
  assert.equal(bench.engine.announcements.length, 0);
});

for (const entry of ["", "<cwmp:SupportedCWMPVersions/>"]) {
  test(`a device that lists no versions ${entry === "" ? "" : "in its list "}is told of none [CWMP-VERSION-7]`, async () => {
    await using bench = await openBench();
    const device = await bench.connect();
    const { body } = await device.post(informUnder(entry));
    assert.match(body, /<cwmp:InformResponse>/);
    assert.doesNotMatch(body, /CWMPVersion/);
  });
}

test("a device that holds the requests of its ACS, which is not its to do, is called as ever [CWMP-SESSION-8]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const informed = await device.post(
    informUnder('<cwmp:HoldRequests s:mustUnderstand="1">1</cwmp:HoldRequests>'),
  );
  assert.doesNotMatch(informed.body, /HoldRequests/);
  assert.match((await device.post("", cookieOf(informed))).body, /<cwmp:GetParameterValues>/);
});

for (const id of ["77", "", "a &amp; &lt;b&gt;", "0".repeat(300)]) {
  test(`what comes back carries the id of what was asked, as it came: "${id.slice(0, 20)}" [CWMP-SOAP-3]`, async () => {
    await using bench = await openBench();
    const device = await bench.connect();
    const informed = await device.post(informText({ id }));
    const cookie = cookieOf(informed);
    const reported = transferCompleteText().replace(">d1<", `>${id}<`);
    const replies = [
      informed,
      await device.post(reported, cookie),
      await device.post(envelopeText("<cwmp:Dance/>", { id }), cookie),
    ];
    for (const { body } of replies) {
      assert.ok(body.includes(`<cwmp:ID soap-env:mustUnderstand="1">${id}</cwmp:ID>`), body);
    }
  });
}

const noMore = '<cwmp:NoMoreRequests s:mustUnderstand="1">1</cwmp:NoMoreRequests>';
const trace = '<v:Trace xmlns:v="urn:vendor" s:mustUnderstand="0"><v:Hop>1</v:Hop></v:Trace>';
for (const [kind, header] of [
  ["NoMoreRequests", noMore],
  ["a header entry that nobody knows and nobody need understand", trace],
] as const) {
  test(`a session goes on as ever under ${kind} [CWMP-SOAP-6, CWMP-SOAP-7]`, async () => {
    await using bench = await openBench();
    bench.engine.willCall("a1", get);
    const device = await bench.connect();
    const under = (text: string): string => text.replace("<s:Header>", `<s:Header>${header}`);
    const informed = await device.post(under(informText()));
    const cookie = cookieOf(informed);
    const reported = await device.post(under(transferCompleteText()), cookie);
    assert.match(reported.body, /<cwmp:TransferCompleteResponse/);
    const called = await device.post("", cookie);
    assert.match(called.body, /<cwmp:GetParameterValues>/);
    assert.equal((await device.post(under(valuesText()), cookie)).status, 204);
    assert.equal(bench.engine.asks[1]?.ended?.outcome.type, "answered");
    for (const { body } of [informed, reported, called]) assert.doesNotMatch(body, /NoMoreRequests/);
  });
}

test("what nobody knows in the body is passed over: elements, attributes, comments and instructions [CWMP-SOAP-8]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  const plain = informText({ parameters: { "Device.X": "1" } });
  const strewn = plain
    .replace("<s:Body>", "<s:Body><!-- before --><?pi before?>")
    .replace("<DeviceId>", '<DeviceId v:known="no" xmlns:v="urn:vendor"><Colour>red</Colour><!-- c -->')
    .replace("<Event>", "<Mood><Event/></Mood><Event>")
    .replace("<EventStruct>", "<EventStruct><?pi?><Since>today</Since>")
    .replace("<Value>1<", '<Value v:unit="m" xmlns:v="urn:vendor"><!-- one -->1<');
  for (const text of [plain, strewn]) {
    assert.match((await device.post(text)).body, /<cwmp:InformResponse>/);
  }
  const [told, toldStrewn] = bench.engine.announcements.map(({ connection: _, ...rest }) => asJson(rest));
  assert.deepEqual(toldStrewn, told);
});

const fault =
  "<s:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring>" +
  "<detail><cwmp:Fault><FaultCode>9005</FaultCode></cwmp:Fault></detail></s:Fault>";
for (const [kind, answer] of [
  ["a fault", fault],
  [
    "an answer that cannot be understood",
    "<cwmp:AddObjectResponse><InstanceNumber>x</InstanceNumber></cwmp:AddObjectResponse>",
  ],
  ["an answer to what nobody asked", "<cwmp:RebootResponse/>"],
  ["an answer to a method nobody knows", "<cwmp:DanceResponse/>"],
] as const) {
  test(`${kind} is never answered with a fault, whether a call is out or not [CWMP-SOAP-13]`, async () => {
    await using bench = await openBench();
    bench.engine.willCall("a1", { method: "AddObject", params: { ObjectName: "Device.X." } });
    const device = await bench.connect();
    assert.doesNotMatch((await device.post(envelopeText(answer))).body, /Fault/);
    const cookie = cookieOf(await device.post(informText()));
    assert.match((await device.post("", cookie)).body, /<cwmp:AddObject>/);
    for (let count = 0; count < 2; count += 1) {
      const { status, body } = await device.post(envelopeText(answer), cookie);
      assert.deepEqual([status, body], [204, ""]);
    }
  });
}

const at = "2026-01-01T00:00:00Z";
const noFault = "<FaultStruct><FaultCode>0</FaultCode><FaultString/></FaultStruct>";
const times = `<StartTime>${at}</StartTime><CompleteTime>${at}</CompleteTime>`;
const unit =
  "<UUID>00000000-0000-0000-0000-000000000000</UUID><DeploymentUnitRef/><Version/><CurrentState>Installed</CurrentState>" +
  `<Resolved>1</Resolved><ExecutionUnitRefList/>${times}<Fault><FaultCode>0</FaultCode></Fault>`;
const reports = {
  Kicked: "<Command>c</Command><Referer>r</Referer><Arg>a</Arg><Next>n</Next>",
  TransferComplete: `<CommandKey>k</CommandKey>${noFault}${times}`,
  AutonomousTransferComplete:
    "<AnnounceURL/><TransferURL/><IsDownload>1</IsDownload><FileType>1 Firmware Upgrade Image</FileType>" +
    `<FileSize>0</FileSize><TargetFileName/>${noFault}${times}`,
  RequestDownload: "<FileType>1 Firmware Upgrade Image</FileType><FileTypeArg/>",
  DUStateChangeComplete: `<Results>${unit}</Results><CommandKey>k</CommandKey>`,
  AutonomousDUStateChangeComplete: `<Results>${unit}<OperationPerformed>Install</OperationPerformed></Results>`,
} as const;

test("every request a device may make but Inform and GetRPCMethods is a report", () => {
  const others = new Set(["Inform", "GetRPCMethods"]);
  const methods = Object.keys(acsRpcs).filter((method) => !others.has(method));
  assert.deepEqual(Object.keys(reports).toSorted(), methods.toSorted());
});

for (const [method, params] of Object.entries(reports)) {
  test(`${method} is stored, and answered with its own response [CWMP-RPC-21, CWMP-RPC-22, CWMP-RPC-23, CWMP-RPC-24, CWMP-RPC-25, CWMP-RPC-26]`, async () => {
    await using bench = await openBench();
    const device = await bench.connect();
    const cookie = cookieOf(await device.post(informText()));
    const answered = await device.post(envelopeText(`<cwmp:${method}>${params}</cwmp:${method}>`), cookie);
    assert.equal(answered.status, 200);
    assert.ok(answered.body.includes(`<soap-env:Body><cwmp:${method}Response`), answered.body);
    assert.deepEqual(
      bench.engine.reports.map((report) => report.method),
      [method],
    );
  });
}

test("whatever a device says of MaxEnvelopes, it is sent one envelope at a time [CWMP-SESSION-12]", async () => {
  await using bench = await openBench();
  for (const id of ["a1", "a2"]) bench.engine.willCall(id, get);
  const device = await bench.connect();
  const generous = informText().replace("<MaxEnvelopes>1<", "<MaxEnvelopes>16<");
  const informed = await device.post(generous);
  assert.match(informed.body, /<MaxEnvelopes>1<\/MaxEnvelopes>/);
  const cookie = cookieOf(informed);
  for (const id of ["a1", "a2"]) {
    const { body } = await device.post(id === "a1" ? "" : valuesText("a1"), cookie);
    assert.equal(body.split("<soap-env:Envelope").length, 2);
    assert.ok(body.includes(`>${id}</cwmp:ID>`));
  }
});

for (const [kind, parameters] of [
  ["no parameters", {}],
  ["parameters that nobody knows", { "Device.X_001122_Odd.Thing.7.Mood": "good", Rootless: "1" }],
] as const) {
  test(`an Inform with ${kind}, and none of those it should have, is taken as it is [CWMP-INFORM-5]`, async () => {
    await using bench = await openBench();
    const device = await bench.connect();
    assert.match((await device.post(informText({ parameters }))).body, /<cwmp:InformResponse>/);
    const [announced] = bench.engine.announcements;
    assert.ok(announced);
    const told = Object.entries(announced.parameters).flatMap(([object, leaves]) =>
      Object.entries(leaves).map(([leaf, value]) => [object + leaf, value]),
    );
    assert.deepEqual(Object.fromEntries(told), parameters);
  });
}

test("an Inform of far more than 32 768 bytes is taken, and within a session an answer of more than that [CWMP-SIZE-1, CWMP-SIZE-2]", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const informed = await device.post(informText({ parameters: { "Device.Log": "x".repeat(100_000) } }));
  assert.equal(informed.status, 200);
  const cookie = cookieOf(informed);
  await device.post("", cookie);
  const long = valuesText().replace("<Value>1<", `<Value>${"x".repeat(4_000_000)}<`);
  assert.equal((await device.post(long, cookie)).status, 204);
  assert.equal(bench.engine.asks[1]?.ended?.outcome.type, "answered");
});
