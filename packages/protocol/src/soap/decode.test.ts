import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../limits.ts";
import { groupedValue } from "../model/grouped.ts";
import { decodeEnvelope } from "./decode.ts";

const reading = { role: "acs", limits: defaultLimits } as const;

const refused: readonly (readonly [what: string, text: string, reason: string, at: string])[] = [
  ["an empty body", "", "not-xml", "0"],
  ["JSON", '{"method":"Inform"}', "not-xml", "0"],
  ["a web form", "a=1&b=2", "not-xml", "0"],
  ["HTML that is no XML", "<html><body><br></body></html>", "not-xml", "16"],
  ["another document", "<html><body/></html>", "not-soap", "html"],
  ["an envelope without a body", "<e:Envelope><e:Header/></e:Envelope>", "not-soap", "Envelope/Body"],
  [
    "an envelope with an empty body",
    "<e:Envelope><e:Body> </e:Body></e:Envelope>",
    "not-soap",
    "Envelope/Body",
  ],
  ["a document type", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "forbidden-markup", "0"],
];
for (const [what, text, reason, at] of refused) {
  test(`${what} is refused as ${reason}`, () => {
    const envelope = decodeEnvelope(text, reading);
    assert.ok(!envelope.ok);
    assert.deepEqual([envelope.problem.reason, envelope.problem.at], [reason, at]);
  });
}

test("a message longer than the limit is refused before it is read", () => {
  const envelope = decodeEnvelope("x".repeat(11), {
    role: "acs",
    limits: { ...defaultLimits, maxChars: 10 },
  });
  assert.ok(!envelope.ok);
  assert.equal(envelope.problem.reason, "over-limit");
});

test("names such as __proto__ are data, as methods, parameters and members", () => {
  const list =
    "<ParameterValueStruct><Name>__proto__.__proto__</Name><Value>v</Value></ParameterValueStruct>" +
    "<ParameterValueStruct><Name>constructor</Name><Value>w</Value></ParameterValueStruct>";
  const inform = decodeEnvelope(
    `<e:Envelope><e:Body><GetParameterValuesResponse><ParameterList>${list}</ParameterList></GetParameterValuesResponse></e:Body></e:Envelope>`,
    reading,
  );
  assert.ok(
    inform.ok && inform.value.body.kind === "answer" && inform.value.body.method === "GetParameterValues",
  );
  const { ParameterList: values } = inform.value.body.result;
  assert.equal(groupedValue(values, "__proto__.__proto__"), "v");
  assert.equal(groupedValue(values, "constructor"), "w");
  assert.equal(groupedValue(values, "toString"), undefined);
  assert.equal(Object.getPrototypeOf(values), null);
  for (const method of ["__proto__", "constructor", "toString", "hasOwnPropertyResponse"]) {
    const odd = decodeEnvelope(`<e:Envelope><e:Body><${method}/></e:Body></e:Envelope>`, reading);
    assert.equal(odd.ok && odd.value.body.kind, "unknown-method");
  }
  const vendor = decodeEnvelope(
    "<e:Envelope><e:Body><X_A_B><__proto__><polluted>1</polluted></__proto__></X_A_B></e:Body></e:Envelope>",
    reading,
  );
  assert.ok(vendor.ok && vendor.value.body.kind === "request");
  assert.equal(JSON.stringify(vendor.value.body.params), '{"__proto__":{"polluted":"1"}}');
  assert.equal("polluted" in {}, false);
});

test("a long unknown method is cut short in what is said of it", () => {
  const odd = decodeEnvelope(`<e:Envelope><e:Body><${"M".repeat(500)}/></e:Body></e:Envelope>`, reading);
  assert.ok(odd.ok && odd.value.body.kind === "unknown-method");
  assert.equal(odd.value.body.method.length, 64);
});

const pieces = [
  ..."<e:Envelope> </e:Envelope> <e:Header> </e:Header> <e:Body> </e:Body> <c:ID>1</c:ID> <c:Inform> </c:Inform>".split(
    " ",
  ),
  ..."<DeviceId> </DeviceId> <SerialNumber>S</SerialNumber> <Event> </Event> <EventStruct> </EventStruct>".split(
    " ",
  ),
  ..."<EventCode>1</EventCode> <RetryCount>x</RetryCount> <ParameterList> </ParameterList> <Name>A.b</Name>".split(
    " ",
  ),
  ..."<ParameterValueStruct> </ParameterValueStruct> <Value>1</Value> <e:Fault> </e:Fault> <detail> </detail>".split(
    " ",
  ),
  ..."<FaultCode>9</FaultCode> <X_A_B> </X_A_B> <GetRPCMethodsResponse/> <c:Fault> </c:Fault> & text".split(
    " ",
  ),
];

test("any soup of message parts gives an envelope or a declared problem, for either side", () => {
  const reasons = ["not-xml", "not-soap", "forbidden-markup", "over-limit"];
  const kinds = ["request", "answer", "fault", "unknown-method", "malformed"];
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join(""));
  const framed = soup.map(
    (inner) => `<e:Envelope><e:Body><c:Inform>${inner}</c:Inform></e:Body></e:Envelope>`,
  );
  fc.assert(
    fc.property(fc.oneof(soup, framed), fc.constantFrom("acs", "device"), (text, role) => {
      const envelope = decodeEnvelope(text, { role, limits: defaultLimits });
      assert.ok(
        envelope.ok ? kinds.includes(envelope.value.body.kind) : reasons.includes(envelope.problem.reason),
      );
    }),
    { seed: 20_260_105, numRuns: 20_000 },
  );
});
