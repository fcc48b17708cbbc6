import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { informText, valuesText } from "../../../test/envelopes.ts";

const SOAP_HEAD =
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"' +
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

test("a session from Inform to 204, byte for byte", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
  const device = await bench.connect();

  const informed = await device.post(informText({ id: "77" }));
  assert.equal(informed.status, 200);
  assert.equal(
    informed.body,
    `${SOAP_HEAD} xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">77</cwmp:ID></soap-env:Header>` +
      "<soap-env:Body><cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></soap-env:Body></soap-env:Envelope>",
  );
  assert.match(informed.headers.get("set-cookie")?.join() ?? "", /^session=[0-9a-f]{32}; Path=\/; HttpOnly$/);
  assert.deepEqual(informed.headers.get("content-type"), ["text/xml; charset=utf-8"]);
  assert.deepEqual(informed.headers.get("content-length"), [String(informed.body.length)]);
  assert.deepEqual(informed.headers.get("connection"), ["keep-alive"]);
  assert.equal(informed.headers.has("transfer-encoding"), false);

  const cookie = cookieOf(informed);
  const called = await device.post("", cookie);
  assert.equal(called.status, 200);
  assert.equal(
    called.body,
    `${SOAP_HEAD} xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">a1</cwmp:ID></soap-env:Header>` +
      '<soap-env:Body><cwmp:GetParameterValues><ParameterNames soap-enc:arrayType="xsd:string[1]"><string>Device.X</string></ParameterNames>' +
      "</cwmp:GetParameterValues></soap-env:Body></soap-env:Envelope>",
  );
  assert.equal(called.headers.has("set-cookie"), false);

  const over = await device.post(valuesText(), cookie);
  assert.equal(over.status, 204);
  assert.equal(over.body, "");
  assert.deepEqual(over.headers.get("connection"), ["keep-alive"]);
  for (const name of ["content-type", "content-length", "soapaction", "transfer-encoding"]) {
    assert.equal(over.headers.has(name), false, name);
  }
  assert.deepEqual(
    bench.engine.asks.map(({ ended }) => ended),
    [
      undefined,
      {
        callId: "a1",
        outcome: { type: "answered", outcome: { result: { ParameterList: { "Device.": { X: "1" } } } } },
      },
    ],
  );
  const { connection } = await bench.engine.closed.take();
  assert.equal(connection, bench.engine.announcements[0]?.connection);
});
